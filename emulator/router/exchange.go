package router

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strconv"
	"time"
)

// exchange serves the parsed request whose head is the first size bytes of
// unread, and tells whether the connection can take another.
func (c *client) exchange(ctx context.Context, size int) (keep bool) {
	r := c.router
	c.begin()
	c.consume(size) // the strings of the entry and the head in c.out are copies
	defer c.dropOut()
	if !r.formation.Load().serves(c.entry.Host) {
		return c.unknownHost()
	}
	if c.req.unmet != nil {
		return c.unmet()
	}
	defer r.inFlight.Add(-1)
	if limit := r.options.Limits.InFlight * max(1, r.formation.Load().Web); r.inFlight.Add(1) > int64(limit) {
		return c.fail(H11)
	}
	return c.forward(ctx)
}

// begin fills the access entry and builds the head for the dyno in c.out.
func (c *client) begin() {
	r := c.router
	q := &c.req
	now := r.options.Now()
	out := r.pool.getSmall()[:0]

	out = append(out, q.method...)
	out = append(out, q.target...)
	out = append(out, q.host...)
	if id := q.requestID; len(id) >= 20 && len(id) <= 200 && all(id, &idByte) {
		out = append(out, id...)
	} else {
		out = r.appendID(out)
	}
	mark := len(out)
	for i := range q.fields {
		if f := &q.fields[i]; f.kind == kindForwardedFor && len(f.value) > 0 && !q.nominates(f.name) {
			out = append(append(out, f.value...), ", "...)
		}
	}
	out = append(out, c.ip...)
	text := string(out) // one allocation for all strings of the entry
	method, target, host := len(q.method), len(q.target), len(q.host)
	c.entry = AccessEntry{
		Time: now, At: "info",
		Method:    text[:method],
		Path:      text[method : method+target],
		Host:      text[method+target : method+target+host],
		RequestID: text[method+target+host : mark],
		Fwd:       text[mark:],
		Connect:   -1, Service: -1, Bytes: -1,
		Protocol: "http1.1", TLS: c.tls, Legacy: r.legacy,
	}
	if r.legacy {
		c.entry.Protocol = c.scheme()
	}
	c.affinity = ""
	if r.formation.Load().SessionAffinity {
		c.affinity = q.readAffinity()
	}
	c.out = c.buildRequest(out[:0], now)
}

func (c *client) scheme() string {
	if c.tls != "" {
		return "https"
	}
	return "http"
}

// errReplay tells that a kept connection turned out to be closed before the
// dyno can have acted on the request: it may be sent once more.
var errReplay = errors.New("kept connection was closed")

// forward finds a dyno, sends it the request and brings the response back.
func (c *client) forward(ctx context.Context) (keep bool) {
	var head int
	for fresh := false; ; fresh = true {
		c.watchFrom(c.router.nanos())
		l, code := c.connect(ctx, fresh)
		if code != "" {
			return c.fail(code)
		}
		if head == 0 {
			head = c.complete()
		}
		c.entry.Dyno = l.backend.dyno
		started := c.router.nanos()
		again := false
		keep, again = c.converse(l, started)
		l.backend.leave()
		if !again {
			return keep
		}
	}
}

// complete ends the head in c.out and adds the body when all of it has been
// received already, which saves a goroutine and a write. It returns the length.
func (c *client) complete() int {
	q := &c.req
	if c.router.legacy {
		c.out = strconv.AppendInt(append(c.out, "Connect-Time: "...), max(0, c.entry.Connect.Milliseconds()), 10)
		c.out = append(c.out, "\r\nTotal-Route-Time: "...)
		c.out = strconv.AppendInt(c.out, c.router.options.Now().Sub(c.entry.Time).Milliseconds(), 10)
		c.out = append(c.out, crlf...)
	}
	c.out = append(c.out, crlf...)
	c.upload.reset(q)
	if q.length > 0 && q.length <= int64(len(c.unread())) {
		c.out = append(c.out, c.unread()[:q.length]...)
		c.consume(int(q.length))
		c.upload.left = 0
	}
	return len(c.out)
}

// converse sends what is in c.out and the rest of the body, and relays the
// response. again asks for another try on a new connection.
func (c *client) converse(l *link, started int64) (keep, again bool) {
	if !c.attach(l) {
		l.close()
		return c.fail(c.codeOf(H27)), false
	}
	err := c.send(l)
	if err == nil {
		err = c.readResponse(l)
	}
	if err == nil {
		keep, code := c.relay(l)
		c.account(started)
		return c.finishWith(keep, code), false
	}
	c.stopUpload()
	c.detach()
	l.close()
	if errors.Is(err, errReplay) && c.reason() == becauseNothing {
		return false, true
	}
	c.account(started)
	return c.broken(err), false
}

// account notes how long the dyno took.
func (c *client) account(started int64) {
	c.entry.Service = time.Duration(c.router.nanos() - started)
	c.entry.Bytes = max(0, c.entry.Bytes)
}

// send writes the request and starts the upload if there is more of it.
func (c *client) send(l *link) error {
	if c.req.expect && !c.router.options.EndToEndContinue {
		c.req.expect = false // once, even if the request is sent again
		if !c.upload.complete() {
			if err := c.write(continueLine); err != nil {
				return &clientError{err}
			}
		}
	}
	if c.upload.complete() {
		c.after(c.router.options.Timeouts.FirstByte, becauseFirstByte)
	} else {
		c.due.Store(0)
	}
	if err := l.write(c.out); err != nil {
		if l.used && l.unsent() == len(c.out) {
			return errReplay // not a byte of it left
		}
		if timeout(err) {
			return err
		}
		// The dyno may have answered before it closed: read on.
	}
	if !c.upload.complete() {
		c.startUpload(l)
	}
	return nil
}

var continueLine = []byte("HTTP/1.1 100 Continue\r\n\r\n")

// clientError is a failure on the client's side.
type clientError struct{ err error }

func (e *clientError) Error() string { return e.err.Error() }
func (e *clientError) Unwrap() error { return e.err }

func timeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// readResponse reads the head of the final response into c.res and passes
// informational ones on.
func (c *client) readResponse(l *link) error {
	limits := &c.router.options.Limits
	continued := 0
	for informational := 0; informational <= limits.Informational; informational++ {
		size, err := c.readAnswerHead(l, informational == 0)
		if err != nil {
			return err
		}
		if b := c.res.parse(l.unread()[:size], limits); b != nil {
			return b
		}
		if c.res.status == http.StatusSwitchingProtocols && (!c.req.upgrade || !c.res.upgrade) {
			return malformed
		}
		if !c.res.informational() {
			c.settle(continued)
			c.out = c.buildResponse(c.out[:0])
			l.consume(size)
			return nil
		}
		if c.res.status == http.StatusContinue {
			continued++
		}
		if err := c.passInformational(continued); err != nil {
			return err
		}
		l.consume(size)
	}
	return restriction("too many informational responses")
}

// passInformational sends a 1xx response on to clients that know them.
func (c *client) passInformational(continued int) error {
	if continued > 1 && c.req.expect {
		return malformed
	}
	if c.req.minor == 0 {
		return nil
	}
	if err := c.write(c.buildInformational(nil)); err != nil {
		return &clientError{err}
	}
	return nil
}

// settle closes both sides when the dyno gave its final answer to an Expect
// that was passed to it: the body that was announced may never come.
func (c *client) settle(continued int) {
	if c.req.expect && continued == 0 && !c.upload.complete() {
		c.req.keepAlive, c.res.keepAlive = false, false
	}
}

// readAnswerHead waits for a complete response head.
func (c *client) readAnswerHead(l *link, first bool) (size int, err error) {
	l.scan = headScan{}
	for {
		if have := l.unread(); len(have) > 0 {
			size, fault := l.scan.scan(have, &c.router.answers)
			if fault != headFine {
				return 0, breachOf(fault)
			}
			if size > 0 {
				return size, nil
			}
		}
		if err := l.fill(); err != nil {
			return 0, c.noAnswer(l, first, err)
		}
		c.look.Store(0)
		c.after(c.router.options.Timeouts.Idle, becauseDynoSilent)
	}
}

func breachOf(f headFault) *breach {
	switch f {
	case headFirstTooLong:
		return restriction("oversized status line")
	case headLineTooLong, headTooLarge:
		return restriction("oversized header")
	default:
		return malformed
	}
}

// noAnswer says what the end of a connection means for the request on it.
func (c *client) noAnswer(l *link, first bool, err error) error {
	switch {
	case len(l.unread()) > 0 || !first:
		return errCutShort
	case timeout(err):
		return err
	case l.used && c.idempotent():
		return errReplay
	default:
		return errNoAnswer
	}
}

var (
	errNoAnswer = errors.New("closed without response")
	errCutShort = errors.New("closed in the middle of the response")
)

// codeOf translates the reason of an interruption; nothing becomes other.
func (c *client) codeOf(other Code) Code {
	switch c.reason() {
	case becauseFirstByte:
		return H12
	case becauseDynoSilent, becauseTunnelSilent:
		return H15
	case becauseClientSilent:
		return H28
	case becauseClientGone:
		return H27
	case becauseForced, becauseCut:
		return H24
	default:
		return other
	}
}

// broken answers a request whose response did not come or cannot be used.
// Nothing but informational responses has been sent to the client yet.
func (c *client) broken(err error) (keep bool) {
	var b *breach
	var own *clientError
	switch {
	case c.reason() == becauseBadBody:
		return c.badBody()
	case c.reason() != becauseNothing:
		return c.fail(c.codeOf(H13))
	case errors.As(err, &b):
		if b.code == H25 {
			c.entry.Desc = H25.fact().desc + ": " + b.reason
		}
		return c.fail(b.code)
	case errors.As(err, &own):
		return c.fail(H27)
	case errors.Is(err, errCutShort):
		return c.fail(H18)
	}
	return c.fail(H13)
}

// idempotent tells whether the request may be sent a second time (RFC 9110
// section 9.2.2), narrowed to the methods that usually have no body.
func (c *client) idempotent() bool {
	switch c.entry.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return !c.req.hasBody()
	}
	return false
}

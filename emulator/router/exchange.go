package router

import (
	"context"
	"errors"
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
	if !r.formation.Load().serves([]byte(c.entry.Host)) {
		return c.unknownHost()
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

// nominates tells whether the Connection field names the field, which makes it
// hop-by-hop (RFC 9110 section 7.6.1).
func (q *request) nominates(name []byte) bool { return nominated(q.nominated, name) }

func nominated(list [][]byte, name []byte) bool {
	for _, n := range list {
		if len(n) == len(name) && foldEqual(n, name) {
			return true
		}
	}
	return false
}

func foldEqual(a, b []byte) bool {
	for i := range a {
		if lower[a[i]] != lower[b[i]] {
			return false
		}
	}
	return true
}

// buildRequest appends the head for the dyno, up to but without the empty
// line. The router's own fields cannot be removed by a Connection field of the
// client, since they are written after that was applied.
func (c *client) buildRequest(out []byte, now time.Time) []byte {
	q, e, r := &c.req, &c.entry, c.router
	out = append(append(out, e.Method...), ' ')
	out = append(append(out, e.Path...), " HTTP/1.1\r\nHost: "...)
	out = append(append(out, e.Host...), crlf...)
	via := 0
	for i := range q.fields {
		f := &q.fields[i]
		if f.kind == kindVia {
			via++
		}
		if !c.passes(f) {
			continue
		}
		out = r.appendName(out, f.name)
		out = append(append(append(out, ": "...), f.value...), crlf...)
	}
	switch {
	case q.chunked:
		out = append(out, "Transfer-Encoding: chunked\r\n"...)
	case q.length >= 0:
		out = strconv.AppendInt(append(out, "Content-Length: "...), q.length, 10)
		out = append(out, crlf...)
	}
	switch {
	case q.upgrade:
		out = append(out, "Connection: Upgrade\r\n"...)
	case r.legacy:
		out = append(out, "Connection: close\r\n"...)
	default:
		out = append(out, "Connection: keep-alive\r\n"...)
	}
	out = append(append(append(out, "X-Forwarded-For: "...), e.Fwd...), "\r\nX-Forwarded-Proto: "...)
	out = append(append(append(out, c.scheme()...), "\r\nX-Forwarded-Port: "...), c.port...)
	if r.options.StrictForwarding {
		out = append(append(out, "\r\nX-Forwarded-Host: "...), e.Host...)
	}
	out = append(append(append(out, "\r\nX-Request-Id: "...), e.RequestID...), "\r\nX-Request-Start: "...)
	out = append(strconv.AppendInt(out, now.UnixMilli(), 10), "\r\nVia: "...)
	if via > 0 {
		out = appendVia(out, q.fields)
	}
	return append(append(out, r.via...), crlf...)
}

// appendVia appends the values of all Via fields, ready for one more.
func appendVia(out []byte, fields []field) []byte {
	for i := range fields {
		if fields[i].kind == kindVia && len(fields[i].value) > 0 {
			out = append(append(out, fields[i].value...), ", "...)
		}
	}
	return out
}

// passes tells whether a request field goes to the dyno as it is.
func (c *client) passes(f *field) bool {
	switch f.kind {
	case kindOther, kindAccept, kindCookie, kindServer, kindSetCookie:
	case kindHost, kindConnection, kindKeepAlive, kindTE, kindProxy, kindProxyConnection, kindProxyAuthorization,
		kindHTTP2Settings, kindContentLength, kindTransferEncoding, kindVia,
		kindRequestID, kindRequestStart, kindForwardedFor, kindForwardedPort, kindForwardedProto:
		return false
	case kindExpect:
		return !c.req.expect && len(f.value) == 0
	case kindUpgrade:
		return c.req.upgrade
	case kindConnectTime, kindTotalRouteTime:
		if c.router.legacy {
			return false
		}
	case kindForwarded, kindForwardedHost:
		if c.router.options.StrictForwarding {
			return false
		}
	}
	return len(c.req.nominated) == 0 || !c.req.nominates(f.name)
}

// appendName appends a header name; the legacy router wrote Camel-Case.
func (r *Router) appendName(out, name []byte) []byte {
	if !r.legacy {
		return append(out, name...)
	}
	start := true
	for _, ch := range name {
		ch = lower[ch]
		if start && 'a' <= ch && ch <= 'z' {
			ch -= 'a' - 'A'
		}
		start = ch == '-'
		out = append(out, ch)
	}
	return out
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
		err = c.readResponse(l, started)
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
	if c.req.expect {
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
func (c *client) readResponse(l *link, started int64) error {
	limits := &c.router.options.Limits
	for informational := 0; ; informational++ {
		if informational > limits.Informational {
			return restriction("too many informational responses")
		}
		size, err := c.readAnswerHead(l, informational == 0)
		if err != nil {
			return err
		}
		if b := c.res.parse(l.unread()[:size], limits); b != nil {
			return b
		}
		if c.res.status == 101 && (!c.req.upgrade || !c.res.upgrade) {
			return malformed
		}
		if !c.res.informational() {
			c.out = c.buildResponse(c.out[:0])
			l.consume(size)
			return nil
		}
		if c.req.minor == 1 {
			c.res.length, c.res.chunked = -1, false
			if err := c.write(c.buildInformational(nil)); err != nil {
				return &clientError{err}
			}
		}
		l.consume(size)
	}
}

// readAnswerHead waits for a complete response head.
func (c *client) readAnswerHead(l *link, first bool) (size int, err error) {
	l.scan = headScan{}
	for {
		if have := l.unread(); len(have) > 0 {
			size, fault := l.scan.scan(have, &c.router.answers)
			switch fault {
			case headFine:
			case headFirstTooLong:
				return 0, restriction("oversized status line")
			case headLineTooLong, headTooLarge:
				return 0, restriction("oversized header")
			default:
				return 0, malformed
			}
			if size > 0 {
				return size, nil
			}
		}
		if err := l.fill(); err != nil {
			if len(l.unread()) > 0 || !first {
				return 0, errCutShort
			}
			if timeout(err) {
				return 0, err
			}
			if l.used && c.idempotent() {
				return 0, errReplay
			}
			return 0, errNoAnswer
		}
		c.look.Store(0)
		c.after(c.router.options.Timeouts.Idle, becauseDynoSilent)
	}
}

var (
	errNoAnswer = errors.New("closed without response")
	errCutShort = errors.New("closed in the middle of the response")
)

// buildResponse appends the head for the client and settles whether the
// connection can be kept.
func (c *client) buildResponse(out []byte) []byte {
	p, q, r := &c.res, &c.req, c.router
	head := c.entry.Method == "HEAD"
	framed := p.bodiless(head) || p.length >= 0 || p.chunked && q.minor == 1
	q.keepAlive = q.keepAlive && framed && p.status != 101 && !r.stopping.Load()
	out = append(append(append(out, "HTTP/1.1 "...), p.line...), crlf...)
	out = c.appendResponseFields(out)
	switch {
	case p.chunked && (q.minor == 1 || p.bodiless(head)):
		out = append(out, "Transfer-Encoding: chunked\r\n"...)
	case p.length >= 0:
		out = strconv.AppendInt(append(out, "Content-Length: "...), p.length, 10)
		out = append(out, crlf...)
	}
	if !p.server {
		if r.legacy {
			out = append(out, "Server: Cowboy\r\n"...)
		} else {
			out = append(out, "Server: Heroku\r\n"...)
		}
	}
	switch {
	case p.status == 101:
		out = append(out, "Connection: Upgrade\r\n"...)
	case !q.keepAlive:
		out = append(out, "Connection: close\r\n"...)
	case r.legacy || q.minor == 0:
		out = append(out, "Connection: keep-alive\r\n"...)
	}
	out = appendVia(append(out, "Via: "...), p.fields)
	out = append(append(out, r.via...), crlf...)
	out = c.appendAffinity(out)
	return append(out, crlf...)
}

// buildInformational appends the head of a 1xx response.
func (c *client) buildInformational(out []byte) []byte {
	out = append(append(append(out, "HTTP/1.1 "...), c.res.line...), crlf...)
	return append(c.appendResponseFields(out), crlf...)
}

// appendResponseFields appends what passes of the dyno's fields.
func (c *client) appendResponseFields(out []byte) []byte {
	p := &c.res
	for i := range p.fields {
		f := &p.fields[i]
		switch f.kind {
		case kindConnection, kindKeepAlive, kindTE, kindProxyConnection, kindProxyAuthorization,
			kindContentLength, kindTransferEncoding, kindVia:
			continue
		case kindUpgrade:
			if p.status != 101 && p.status != 426 { // 426 names the protocol it wants
				continue
			}
		}
		if len(p.nominated) > 0 && nominated(p.nominated, f.name) {
			continue
		}
		out = append(append(out, f.name...), ": "...)
		out = append(append(out, f.value...), crlf...)
	}
	return out
}

// codeOf translates the reason of an interruption; nothing becomes other.
func (c *client) codeOf(other Code) Code {
	switch c.reason() {
	case becauseFirstByte:
		return H12
	case becauseDynoSilent:
		return H15
	case becauseClientSilent:
		return H28
	case becauseClientGone:
		return H27
	case becauseForced, becauseCut:
		return H24
	}
	return other
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

// connect returns a connection to a dyno, which has been entered. It tries
// others when one refuses, and when all do it holds the request for a moment:
// most often a restart is under way that the engine has not reported yet.
func (c *client) connect(ctx context.Context, fresh bool) (*link, Code) {
	r := c.router
	begun := r.nanos()
	var tried []*backend
	var failed Code
	pause := 20 * time.Millisecond
	for attempts := 0; ; {
		b, code := c.choose(tried, failed != "")
		if code != "" {
			return nil, code
		}
		if b == nil { // everyone refused
			c.entry.Connect = time.Duration(r.nanos() - begun)
			if failed == H19 || c.entry.Connect >= r.options.Timeouts.Refused {
				return nil, failed
			}
			c.park(pause)
			pause = min(2*pause, 500*time.Millisecond)
			tried = tried[:0]
			continue
		}
		l, err := c.linkTo(ctx, b, fresh)
		if err == nil {
			return l, ""
		}
		b.leave()
		now := r.nanos()
		b.shunned.Store(now + int64(quarantine))
		if tried = append(tried, b); c.reason() != becauseNothing {
			return nil, c.codeOf(H27)
		}
		c.entry.Dyno, c.entry.Connect = b.dyno, time.Duration(now-begun)
		if failed = H21; timedOut(err) {
			failed = H19
		}
		if attempts++; attempts >= r.options.Limits.ConnectAttempts && len(tried) >= r.options.Limits.ConnectAttempts {
			return nil, H34
		}
	}
}

func timedOut(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout() || errors.Is(err, context.DeadlineExceeded)
}

// linkTo takes an unused connection to the dyno or opens one.
func (c *client) linkTo(ctx context.Context, b *backend, fresh bool) (*link, error) {
	r := c.router
	begun := r.nanos()
	if !fresh && !r.legacy {
		if l := b.take(begun); l != nil {
			c.entry.Connect = 0
			return l, nil
		}
	}
	ctx, cancel := context.WithTimeout(ctx, r.options.Timeouts.Connect)
	defer cancel()
	if !c.onInterrupt(cancel) {
		return nil, errStopped
	}
	c.due.Store(0)
	l, err := b.dial(ctx, &r.pool)
	c.onInterrupt(nil)
	c.entry.Connect = time.Duration(r.nanos() - begun)
	return l, err
}

// choose returns a dyno that may be tried and counts the request in; nil
// without code means that every dyno was tried. While none is up but one is
// starting it waits.
func (c *client) choose(tried []*backend, retry bool) (*backend, Code) {
	r := c.router
	var late int64
	for {
		f := r.formation.Load()
		if code := f.verdict(); code != "" {
			return nil, code
		}
		now := r.nanos()
		b := c.pinned(f, tried, now)
		if b == nil {
			b = f.pick(tried, now)
		}
		if b != nil && b.enter() {
			return b, ""
		}
		if b == nil && retry && f.available() {
			return nil, ""
		}
		if late == 0 {
			late = now + int64(r.options.Timeouts.Boot)
			if n := r.parked.Add(1); n > int64(r.options.Limits.Backlog*max(1, f.Web)) {
				r.parked.Add(-1)
				return nil, H11
			}
			defer r.parked.Add(-1)
		}
		if now >= late {
			return nil, H20
		}
		if !c.parkOn(f, time.Duration(late-now)) {
			return nil, c.codeOf(H27)
		}
	}
}

// park waits for a change of the formation, at most d.
func (c *client) park(d time.Duration) { c.parkOn(c.router.formation.Load(), d) }

// parkOn waits until f has a successor, d is over or the client is
// interrupted, and then returns false.
func (c *client) parkOn(f *formation, d time.Duration) bool {
	c.due.Store(0)
	interrupted := make(chan struct{})
	if !c.onInterrupt(func() { close(interrupted) }) {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-f.changed:
	case <-timer.C:
	case <-interrupted:
	}
	return c.onInterrupt(nil)
}

// idempotent tells whether the request may be sent a second time (RFC 9110
// section 9.2.2), narrowed to the methods that usually have no body.
func (c *client) idempotent() bool {
	switch c.entry.Method {
	case "GET", "HEAD", "OPTIONS":
		return !c.req.hasBody()
	}
	return false
}

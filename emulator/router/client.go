package router

import (
	"bytes"
	"context"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// because says why a connection was interrupted.
type because uint8

const (
	becauseNothing      because = iota
	becauseUnused               // no further request within the keep-alive time
	becauseSlowHead             // request headers did not arrive in time
	becauseFirstByte            // H12
	becauseDynoSilent           // H15
	becauseTunnelSilent         // H15 as well, but both sides end at once
	becauseClientSilent         // H28
	becauseClientGone           // H27
	becauseBadBody              // the request body cannot be parsed
	becauseEnoughUpload         // the response is complete, the upload is not
	becauseCut                  // tunnel or idle connection at the end of a dyno or the router
	becauseForced               // H24
)

// client is one connection of a client. The goroutine that runs serve owns all
// fields but those that say otherwise.
type client struct {
	wire
	router *Router
	ip     string
	port   string // of the router, for X-Forwarded-Port
	tls    string // "tls1.3", empty for plain HTTP

	scan     headScan
	req      request
	res      response
	out      []byte // the head being built, then what is written; nil between requests
	entry    AccessEntry
	upload   upload
	affinity string // value of the session affinity cookie
	lingers  bool   // the last answer may still be on its way while the client sends

	due       atomic.Int64            // when and why to interrupt; read by the sweeper
	uploadDue atomic.Int64            // the same for the goroutine that uploads
	look      atomic.Int64            // when to look whether the client is still there, in ms shifted by 8, with the exponent of the pause
	idle      atomic.Bool             // between two requests
	tunnel    atomic.Pointer[backend] // the dyno a tunnel leads to

	mu     sync.Mutex
	why    because // the first reason to interrupt
	link   *link   // in use, to be interrupted as well
	cancel func()  // ends a wait or a dial
}

func newClient(r *Router, conn net.Conn) *client {
	c := &client{router: r}
	c.open(conn, &r.pool)
	c.idle.Store(true)
	c.ip, _, _ = net.SplitHostPort(conn.RemoteAddr().String())
	_, c.port, _ = net.SplitHostPort(conn.LocalAddr().String())
	return c
}

// interrupt stops what the connection is doing, for the first reason that is
// given. Which side is woken depends on who has to be told something.
func (c *client) interrupt(why because) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.why != becauseNothing && why != becauseForced {
		return
	}
	if c.why == becauseNothing {
		c.why = why
	}
	switch why {
	case becauseUnused, becauseSlowHead, becauseEnoughUpload:
		_ = c.conn.SetReadDeadline(past) // fails only on a closed connection
		return
	case becauseFirstByte, becauseDynoSilent, becauseBadBody: // the client still gets an answer
	default:
		c.wire.interrupt()
	}
	if c.link != nil {
		c.link.interrupt()
	}
	if cancel := c.cancel; cancel != nil {
		c.cancel = nil
		cancel()
	}
}

// reason is why the connection was interrupted.
func (c *client) reason() because {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.why
}

// attach makes interrupt reach a link; false means that it is too late.
func (c *client) attach(l *link) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.link = l
	return c.why == becauseNothing
}

// detach takes the link back; clean is false when it was interrupted.
func (c *client) detach() (clean bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.link = nil
	return c.why == becauseNothing
}

// onInterrupt sets what ends the present wait; false means that it is too late.
func (c *client) onInterrupt(cancel func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancel = cancel
	return c.why == becauseNothing
}

// after notes when the present step is late; a later step replaces it.
func (c *client) after(d time.Duration, why because) {
	c.due.Store(int64(c.router.due(d, why)))
}

const firstLook = 100 // ms until a waiting request is asked whether its client is still there

// watchFrom makes the sweeper look after the client while a dyno is waited for.
func (c *client) watchFrom(now int64) { c.look.Store((now/1e6 + firstLook) << 8) }

// watch is called by the sweeper on a connection in use. A client that closed
// its side has gone: nothing that is done for it matters any more.
func (c *client) watch(now int64) {
	at := c.look.Load()
	if at == 0 || at>>8 > now {
		return
	}
	exponent := min(at&0xff+1, 5)
	if !c.look.CompareAndSwap(at, (now+firstLook<<exponent)<<8|exponent) {
		return
	}
	if gone, _ := c.wire.look(); gone {
		c.interrupt(becauseClientGone)
	}
}

// serve handles requests until the connection is done.
func (c *client) serve(ctx context.Context) {
	defer c.router.unregister(c)
	if c.secure(ctx) {
		for c.next(ctx) {
		}
	}
	if c.lingers {
		c.linger()
	}
	c.release()
	_ = c.conn.Close() // nothing to do about a failing close
}

// next handles one request and tells whether another may follow.
func (c *client) next(ctx context.Context) bool {
	c.idle.Store(true)
	c.after(c.router.options.Timeouts.KeepAlive, becauseUnused)
	c.router.sweeper.rouse()
	if c.router.stopping.Load() {
		return false
	}
	size, fault := c.readHead()
	if size == 0 && fault == nil {
		return false
	}
	if fault == nil {
		fault = c.req.parse(c.unread()[:size], &c.router.options.Limits)
	}
	if fault != nil {
		c.refuse(fault)
		return false
	}
	return c.exchange(ctx, size)
}

// maxBlank is how many empty lines before a request are ignored (RFC 9112
// section 2.2 asks for one).
const maxBlank = 4

// readHead waits for a complete head at the start of unread. Size 0 without
// fault means that the connection is over.
func (c *client) readHead() (size int, fault *refusal) {
	c.scan = headScan{}
	blank := 0
	for first := len(c.unread()) == 0; ; {
		for c.scan.line == 0 && c.scan.seen == 0 && bytes.HasPrefix(c.unread(), crlf) && blank < maxBlank {
			c.consume(2)
			blank++
		}
		if have := c.unread(); len(have) > 1 {
			c.busy()
			size, fault := c.scan.scan(have, &c.router.bounds)
			if size > 0 || fault != headFine {
				return size, faultOf(fault)
			}
		}
		if err := c.fill(); err != nil {
			if !first && c.reason() == becauseSlowHead {
				return 0, &refusal{408, "request headers did not arrive in time"}
			}
			return 0, nil
		}
		first = false
		c.busy()
	}
}

// busy ends the idle time once something of a request is there.
func (c *client) busy() {
	if !c.idle.Load() {
		return
	}
	c.after(c.router.options.Timeouts.Head, becauseSlowHead)
	c.idle.Store(false)
	c.router.sweeper.rouse()
}

func faultOf(f headFault) *refusal {
	switch f {
	case headFine:
		return nil
	case headFirstTooLong:
		return &refusal{414, "request line is longer than the limit"}
	case headLineTooLong:
		return bad("header line is longer than the limit")
	case headTooMany:
		return bad("too many headers")
	case headTooLarge:
		return bad("headers are larger than the limit")
	case headNoFirst:
		return bad("request line is missing")
	default:
		return bad("line does not end in CRLF")
	}
}

// refuse answers a request that no app will see, and ends the connection.
func (c *client) refuse(f *refusal) {
	c.due.Store(0)
	body := f.reason + "\n"
	if c.router.options.ErrorPages == ErrorPagesHeroku {
		body = ""
	}
	c.dropOut()
	c.out = c.router.pool.getSmall()[:0]
	c.out = append(c.out, "HTTP/1.1 "...)
	c.out = append(c.out, statusLine(f.status)...)
	c.out = append(c.out, "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: "...)
	c.out = strconv.AppendInt(c.out, int64(len(body)), 10)
	c.out = append(c.out, "\r\n\r\n"...)
	c.out = append(c.out, body...)
	c.lingers = c.write(c.out) == nil
	c.dropOut()
}

func (c *client) dropOut() {
	c.router.pool.put(c.out)
	c.out = nil
}

// lingerTime and lingerBytes bound how long a client that still sends is
// listened to after the last answer, so that the answer is not lost to a reset.
const (
	lingerTime  = 2 * time.Second
	lingerBytes = 16 << 20
)

// linger ends the sending side and reads away what the client still sends.
func (c *client) linger() {
	if c.closeWrite() != nil {
		return
	}
	_ = c.conn.SetReadDeadline(time.Now().Add(lingerTime)) // fails only on a closed connection
	for total := 0; total < lingerBytes; {
		c.release()
		if c.fill() != nil {
			return
		}
		total += len(c.unread())
	}
}

// maxTurned is how many connections over the limit may be waited for at once:
// their descriptors come out of the reserve.
const maxTurned = descriptorReserve / 4

// turnAway answers a connection that is over the limit.
func (c *client) turnAway() {
	_ = c.conn.SetDeadline(time.Now().Add(time.Second)) // fails only on a closed connection
	turned := c.router.turned.Add(1)
	defer c.router.turned.Add(-1)
	if c.write(surplus) == nil && turned <= maxTurned && c.closeWrite() == nil {
		for c.fill() == nil {
			c.release()
		}
	}
	c.release()
	_ = c.conn.Close() // nothing to do about a failing close
}

var surplus = []byte("HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n" +
	"Connection: close\r\nRetry-After: 1\r\nContent-Length: 21\r\n\r\ntoo many connections\n")

// descriptorReserve is what the rest of the process needs beside the router.
const descriptorReserve = 128

// connectionLimit is how many clients may be connected: each can need a
// second descriptor, for its dyno.
func (r *Router) connectionLimit() int {
	if n := r.options.Limits.Connections; n > 0 {
		return n
	}
	files := descriptorLimit()
	if files == 0 {
		return 1 << 20
	}
	return max((files-descriptorReserve)/2, 16)
}

// statusLine is the code and its usual phrase.
func statusLine(status int) string {
	switch status {
	case 400:
		return "400 Bad Request"
	case 404:
		return "404 Not Found"
	case 408:
		return "408 Request Timeout"
	case 414:
		return "414 URI Too Long"
	case 417:
		return "417 Expectation Failed"
	case 502:
		return "502 Bad Gateway"
	}
	return "503 Service Unavailable"
}

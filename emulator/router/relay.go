package router

import (
	"errors"
	"net/http"
)

// relay sends the response whose head is in c.out and the body that follows,
// and returns the code when it broke off. keep tells whether the connection to
// the client can take another request.
func (c *client) relay(l *link) (keep bool, code Code) {
	c.entry.Status = c.res.status
	if c.res.status == 101 {
		return false, c.pipe(l)
	}
	body := c.bodyOf()
	err := c.sendFirst(l, &body)
	for err == nil && !body.complete() {
		err = c.sendMore(l, &body)
	}
	c.due.Store(0)
	if err != nil {
		return false, c.cutShort(l, &body, err)
	}
	uploaded := c.finishUpload()
	if c.detach() && uploaded && c.res.keepAlive && !body.untilClose && !c.router.legacy && len(l.unread()) == 0 {
		l.backend.keep(l, c.router.nanos())
	} else {
		l.close()
	}
	c.lingers = !uploaded
	return c.req.keepAlive && uploaded, ""
}

// body is what is left of a response body.
type body struct {
	upload
	untilClose bool
	unchunk    bool // the client speaks HTTP/1.0: pass the data without the chunks
	ended      bool
}

func (b *body) complete() bool {
	if b.untilClose {
		return b.ended
	}
	return b.upload.complete()
}

// bodyOf says what body the response in c.res has.
func (c *client) bodyOf() body {
	p := &c.res
	switch {
	case p.bodiless(c.entry.Method == http.MethodHead):
		return body{}
	case p.chunked:
		return body{upload: upload{chunked: true}, unchunk: c.req.minor == 0}
	case p.length >= 0:
		return body{upload: upload{left: p.length}}
	}
	return body{untilClose: true}
}

// take marks what of p belongs to the body.
func (b *body) take(p []byte) (n int, err error) {
	if b.untilClose {
		return len(p), nil
	}
	return b.upload.take(p)
}

// sendFirst writes the head with as much of the body as has come along.
func (c *client) sendFirst(l *link, b *body) error {
	have := l.unread()
	if b.unchunk || len(have) > cap(c.out)-len(c.out) {
		return c.sendOut(c.out)
	}
	n, err := b.take(have)
	c.out = append(c.out, have[:n]...)
	l.consume(n)
	return errors.Join(c.sendOut(c.out), err)
}

// sendMore passes on what has been received, or else waits for more.
func (c *client) sendMore(l *link, b *body) error {
	have := l.unread()
	if len(have) == 0 {
		return c.receive(l, b)
	}
	if b.unchunk {
		return c.sendUnchunked(l, b)
	}
	n, bad := b.take(have)
	err := c.sendOut(have[:n])
	l.consume(n)
	if err == nil {
		err = bad
	}
	return err
}

// receive waits for bytes from the dyno.
func (c *client) receive(l *link, b *body) error {
	if b.untilClose || b.chunked || b.left > smallBuffer {
		l.want = largeBuffer
	}
	c.after(c.router.options.Timeouts.Idle, becauseDynoSilent)
	c.watchFrom(c.router.nanos())
	err := l.fill()
	c.look.Store(0)
	if err == nil {
		return nil
	}
	if b.untilClose && isEOF(err) {
		b.ended = true
		return nil
	}
	return errCutShort
}

// sendUnchunked passes the data of chunks without their frame.
func (c *client) sendUnchunked(l *link, b *body) error {
	for len(l.unread()) > 0 && !b.complete() {
		have := l.unread()
		n, err := b.chunks.next(have)
		if err != nil {
			return err
		}
		if b.chunks.data {
			if err := c.sendOut(have[:n]); err != nil {
				return err
			}
		}
		l.consume(n)
	}
	return nil
}

// sendOut writes to the client and counts.
func (c *client) sendOut(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	c.after(c.router.options.Timeouts.Idle, becauseClientSilent)
	if err := c.write(p); err != nil {
		return &clientError{err}
	}
	c.entry.Bytes = max(0, c.entry.Bytes) + int64(len(p))
	return nil
}

// cutShort ends a response that has begun. The client must see an error: a body
// with a length shows by itself that it is incomplete, one that lasts until the
// end of the connection does not.
func (c *client) cutShort(l *link, b *body, err error) Code {
	c.stopUpload()
	c.detach()
	l.close()
	code := H18
	if _, own := errors.AsType[*clientError](err); own {
		code = H27
	}
	if b.untilClose || b.unchunk {
		c.abort()
	}
	return c.codeOf(code)
}

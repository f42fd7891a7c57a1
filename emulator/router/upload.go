package router

import "time"

// upload is the part of a request body that is still to come when the head
// goes to the dyno. A goroutine of its own carries it over, so that a response
// that starts early is passed on at once ("HTTP Routing", Dev Center).
type upload struct {
	left    int64 // of a sized body
	chunked bool
	chunks  chunkScan
	broken  bool          // stopped before it was complete
	done    chan struct{} // closed when the goroutine has ended; nil when there is none
}

// reset prepares for the body of a request.
func (u *upload) reset(q *request) {
	*u = upload{left: max(0, q.length), chunked: q.chunked}
}

// complete tells whether nothing is left to carry.
func (u *upload) complete() bool {
	return u.left == 0 && (!u.chunked || u.chunks.done())
}

// take marks what of p belongs to the body.
func (u *upload) take(p []byte) (n int, err error) {
	if u.chunked {
		return u.chunks.scan(p)
	}
	n = int(min(int64(len(p)), u.left))
	u.left -= int64(n)
	return n, nil
}

// startUpload carries the rest of the body to the dyno. The goroutine ends
// when the body does, when either side fails, or by an interruption; whoever
// started it waits in stopUpload or finishUpload.
func (c *client) startUpload(l *link) {
	done := make(chan struct{})
	c.upload.done = done
	c.look.Store(0) // the upload notices when the client goes
	go func() {
		defer close(done)
		why := c.carry(l)
		c.uploadDue.Store(0)
		if why != becauseNothing {
			c.interrupt(why)
		}
	}()
}

// carry copies until the body is complete and returns why it could not.
func (c *client) carry(l *link) because {
	t := &c.router.options.Timeouts
	c.want = largeBuffer
	defer func() { c.want = smallBuffer }()
	for {
		if have := c.unread(); len(have) > 0 {
			n, err := c.upload.take(have)
			c.uploadDue.Store(int64(c.router.due(t.Idle, becauseDynoSilent)))
			if n > 0 && l.write(have[:n]) != nil {
				return becauseNothing // the dyno's answer, if any, says more
			}
			if err != nil {
				return becauseBadBody
			}
			c.consume(n)
		}
		if c.upload.complete() {
			// Only a response that has begun sets due earlier.
			c.due.CompareAndSwap(0, int64(c.router.due(t.FirstByte, becauseFirstByte)))
			c.watchFrom(c.router.nanos())
			return becauseNothing
		}
		c.uploadDue.Store(int64(c.router.due(t.Idle, becauseClientSilent)))
		switch err := c.fill(); {
		case err == nil:
		case timeout(err): // interrupted, for a reason that is known
			return becauseNothing
		default:
			return becauseClientGone
		}
	}
}

// stopUpload ends the goroutine after the dyno failed. A client that was
// interrupted in the middle of its upload cannot send another request.
func (c *client) stopUpload() {
	if c.upload.done == nil {
		return
	}
	select {
	case <-c.upload.done:
	default:
		c.upload.broken = true
		c.mu.Lock()
		_ = c.conn.SetReadDeadline(past) // fails only on a closed connection
		if c.link != nil {
			c.link.interrupt()
		}
		c.mu.Unlock()
		<-c.upload.done
	}
	c.upload.done = nil
}

// uploadGrace is how long the rest of an upload is awaited after the complete
// response has been sent.
const uploadGrace = 2 * time.Second

// finishUpload waits for the goroutine after the response is complete and
// tells whether all of the body was carried.
func (c *client) finishUpload() bool {
	if c.upload.done == nil {
		return c.upload.complete()
	}
	select {
	case <-c.upload.done:
	default:
		grace := uploadGrace
		if !c.req.keepAlive {
			grace = 0 // nothing is gained by waiting
		}
		c.after(grace, becauseEnoughUpload)
		<-c.upload.done
		c.due.Store(0)
	}
	c.upload.done = nil
	return c.upload.complete()
}

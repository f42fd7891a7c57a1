package router

import (
	"errors"
	"io"
	"sync"
)

func isEOF(err error) bool { return errors.Is(err, io.EOF) }

// pipe carries bytes both ways after a 101 until both sides have ended or
// nothing moved for the idle time ("WebSockets", Dev Center: 55 s). An end of
// one side is passed to the other, which may go on sending.
func (c *client) pipe(l *link) Code {
	c.tunnel.Store(l.backend)
	defer c.tunnel.Store(nil)
	c.look.Store(0)
	if c.router.stopping.Load() || l.backend.draining.Load() {
		c.interrupt(becauseCut)
	}
	err := c.sendOut(c.out)
	if err == nil {
		var up sync.WaitGroup
		up.Go(func() { c.pour(&l.wire, &c.wire, false) }) // ends like the loop below, which waits for it
		c.pour(&c.wire, &l.wire, true)
		up.Wait()
	}
	c.due.Store(0)
	c.detach()
	l.close()
	switch c.reason() {
	case becauseTunnelSilent:
		return H15
	case becauseForced:
		return H24
	default:
		return ""
	}
}

// pour copies from one wire to the other until the end or an error. An error
// ends both directions at once.
func (c *client) pour(to, from *wire, counted bool) {
	for {
		if have := from.unread(); len(have) > 0 {
			c.after(c.router.options.Timeouts.Idle, becauseTunnelSilent)
			if to.write(have) != nil {
				break
			}
			if counted {
				c.entry.Bytes += int64(len(have))
			}
			from.consume(len(have))
		}
		c.after(c.router.options.Timeouts.Idle, becauseTunnelSilent)
		if err := from.fill(); err != nil {
			if isEOF(err) && to.closeWrite() == nil {
				return
			}
			break
		}
	}
	// A reset of one side becomes an end of both.
	to.interrupt()
	from.interrupt()
}

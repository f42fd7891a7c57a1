package router

import (
	"context"
	"errors"
	"syscall"
	"time"
)

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
			if !c.park(r.formation.Load(), pause) {
				return nil, c.codeOf(H24)
			}
			pause = min(2*pause, 500*time.Millisecond)
			tried = tried[:0]
			continue
		}
		l, err := c.linkTo(ctx, b, fresh)
		if err == nil {
			return l, ""
		}
		b.leave()
		if failed, code = c.judge(err); code != "" {
			return nil, code
		}
		now := r.nanos()
		b.shunned.Store(now + int64(quarantine))
		tried = append(tried, b)
		c.entry.Dyno, c.entry.Connect = b.dyno, time.Duration(now-begun)
		attempts++
		if attempts >= r.options.Limits.ConnectAttempts && len(tried) >= r.options.Limits.ConnectAttempts {
			return nil, H34
		}
	}
}

// judge says what a failed attempt to connect counts as, or with which code to
// end at once.
func (c *client) judge(err error) (failed, end Code) {
	switch {
	case c.reason() != becauseNothing:
		return "", c.codeOf(H24)
	case outOfDescriptors(err):
		return "", H99
	case timedOut(err):
		return H19, ""
	default:
		return H21, ""
	}
}

// outOfDescriptors tells that the fault is the router's and not the dyno's.
func outOfDescriptors(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
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
		if l := b.take(begun, !c.idempotent()); l != nil {
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
	f, b, code := c.chooseNow(tried)
	if b != nil || code != "" || retry && f.available() {
		return b, code
	}
	size := int64(len(c.out))
	defer r.parkedBytes.Add(-size)
	defer r.parked.Add(-1)
	number, bytes := r.parked.Add(1), r.parkedBytes.Add(size)
	if l := &r.options.Limits; number > int64(l.Backlog*max(1, f.Web)) || bytes > int64(l.BacklogBytes) {
		return nil, H11
	}
	for late := r.nanos() + int64(r.options.Timeouts.Boot); ; {
		now := r.nanos()
		if now >= late {
			return nil, H20
		}
		if !c.park(f, time.Duration(late-now)) {
			return nil, c.codeOf(H24)
		}
		f, b, code = c.chooseNow(tried)
		if b != nil || code != "" || retry && f.available() {
			return b, code
		}
	}
}

// chooseNow is choose without waiting; nothing at all means to wait for a
// change of the formation that is returned.
func (c *client) chooseNow(tried []*backend) (*formation, *backend, Code) {
	f := c.router.formation.Load()
	if code := f.verdict(); code != "" {
		return f, nil, code
	}
	now := c.router.nanos()
	b := c.pinned(f, tried, now)
	if b == nil {
		b = f.pick(tried, now)
	}
	if b != nil && !b.enter() {
		b = nil
	}
	return f, b, ""
}

// park waits until f has a successor or d is over. It returns false when
// waiting is pointless: the client is interrupted or the router stops.
func (c *client) park(f *formation, d time.Duration) bool {
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
	case <-c.router.stopped:
	}
	return c.onInterrupt(nil) && !c.router.stopping.Load()
}

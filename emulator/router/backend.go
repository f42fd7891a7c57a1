package router

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// quarantine is how long a dyno that refused is not chosen while others are
// there ("HTTP Routing", Dev Center: up to 5 s).
const quarantine = 5 * time.Second

// freshIdle is how long an unused connection may have waited to be taken
// without a look whether the dyno closed it meanwhile.
const freshIdle = int64(2 * time.Millisecond)

// backend is one dyno with the connections kept to it.
type backend struct {
	dyno     string
	addrs    []string
	instance string // guarded by the router's mutex

	first    atomic.Int32 // index of the address that answered last
	inFlight atomic.Int64
	draining atomic.Bool
	shunned  atomic.Int64 // in quarantine until then, in router nanoseconds
	drained  chan struct{}

	mu      sync.Mutex
	idle    []*link // last used is last
	retired bool    // not up: connections are closed after use
	era     int     // counts restarts: a link of an earlier era is not kept
}

func newBackend(spec Backend) *backend {
	return &backend{
		dyno: spec.Dyno, instance: spec.Instance,
		addrs:   append([]string{spec.Addr}, spec.Also...),
		drained: make(chan struct{}, 1),
	}
}

// link is a connection to a dyno.
type link struct {
	wire
	backend *backend
	era     int
	used    bool  // has served a request before
	since   int64 // when it was put aside, in router nanoseconds
	scan    headScan
}

// enter counts a request in; false means that the dyno is being drained.
func (b *backend) enter() bool {
	b.inFlight.Add(1)
	if !b.draining.Load() {
		return true
	}
	b.leave()
	return false
}

func (b *backend) leave() {
	if b.inFlight.Add(-1) == 0 && b.draining.Load() {
		select {
		case b.drained <- struct{}{}:
		default:
		}
	}
}

// wait returns when no request is in flight or ctx ends.
func (b *backend) wait(ctx context.Context) error {
	for b.inFlight.Load() > 0 {
		select {
		case <-b.drained:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// restarted makes the dyno a new one: nothing of its past counts.
func (b *backend) restarted() {
	b.draining.Store(false)
	b.shunned.Store(0)
}

// dropIdle closes the unused connections and forgets those in use once they
// are done. With again set the dyno may come back on the same address.
func (b *backend) dropIdle(again bool) {
	b.mu.Lock()
	idle := b.idle
	b.idle = nil
	b.era++
	b.retired = !again
	b.mu.Unlock()
	for _, l := range idle {
		l.close()
	}
}

// take returns an unused connection that is still open, or nil. One that was
// used a moment ago is not looked at unless careful is set, for a request that
// cannot be sent again.
func (b *backend) take(now int64, careful bool) *link {
	for {
		b.mu.Lock()
		n := len(b.idle)
		if n == 0 {
			b.mu.Unlock()
			return nil
		}
		l := b.idle[n-1]
		b.idle[n-1] = nil
		b.idle = b.idle[:n-1]
		b.mu.Unlock()
		if !careful && now-l.since < freshIdle {
			return l
		}
		if gone, stray := l.look(); !gone && !stray {
			return l
		}
		l.close()
	}
}

// keep puts a connection aside for the next request.
func (b *backend) keep(l *link, now int64) {
	l.release()
	l.used, l.since = true, now
	b.mu.Lock()
	kept := !b.retired && l.era == b.era
	if kept {
		b.idle = append(b.idle, l)
	}
	b.mu.Unlock()
	if !kept {
		l.close()
	}
}

// expire closes connections put aside before the given moment and tells
// whether any are left.
func (b *backend) expire(before int64) (left bool) {
	b.mu.Lock()
	n := 0
	for n < len(b.idle) && b.idle[n].since < before {
		n++
	}
	old := slices.Clone(b.idle[:n])
	b.idle = slices.Delete(b.idle, 0, n)
	left = len(b.idle) > 0
	b.mu.Unlock()
	for _, l := range old {
		l.close()
	}
	return left
}

// dial opens a connection, trying the addresses in order, the one that last
// answered first.
func (b *backend) dial(ctx context.Context, pool *buffers) (*link, error) {
	b.mu.Lock()
	era := b.era
	b.mu.Unlock()
	dialer := net.Dialer{KeepAlive: -1}
	first := int(b.first.Load())
	var failure error
	for i := range b.addrs {
		at := (first + i) % len(b.addrs)
		conn, err := dialer.DialContext(ctx, "tcp", b.addrs[at])
		if err == nil {
			b.first.Store(int32(at))
			l := &link{backend: b, era: era}
			l.open(conn, pool)
			return l, nil
		}
		if failure == nil || !errors.Is(err, syscall.ECONNREFUSED) {
			failure = err
		}
	}
	return nil, failure
}

func (l *link) close() {
	l.release()
	_ = l.conn.Close() // nothing to do about a failing close
}

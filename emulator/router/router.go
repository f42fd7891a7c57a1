package router

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Router takes requests on the app's port and forwards each to one web dyno.
// All methods may be called at any time from any goroutine.
type Router struct {
	options Options
	bounds  headBounds // of requests
	answers headBounds // of responses
	legacy  bool
	via     string
	epoch   time.Time
	pool    buffers

	formation atomic.Pointer[formation]
	mu        sync.Mutex // serialises SetFormation

	inFlight    atomic.Int64
	parked      atomic.Int64
	parkedBytes atomic.Int64
	turned      atomic.Int64 // connections over the limit that are being answered
	open        registry
	stopping    atomic.Bool
	stopped     chan struct{} // closed together with stopping
	closed      chan struct{}
	once        sync.Once
	sweeper     sweeper
}

// New returns a router that serves nothing yet: every request is answered with
// H81 until SetFormation was called. It does no I/O and starts no goroutine.
func New(o Options) *Router {
	o.fill()
	r := &Router{
		options: o,
		legacy:  o.Generation == GenerationLegacy,
		via:     "1.1 heroku-router",
		epoch:   time.Now(),
		stopped: make(chan struct{}),
		closed:  make(chan struct{}),
	}
	if r.legacy {
		r.via = "1.1 vegur"
	}
	l := &r.options.Limits
	r.bounds = headBounds{first: l.Method + l.Target + 12, line: l.HeaderName + l.HeaderLine + 8, count: l.HeaderCount, total: l.Head}
	r.answers = headBounds{first: l.StatusLine, line: l.ResponseHeader, count: l.HeaderCount, total: l.ResponseHead}
	r.open.clients = make(map[*client]struct{})
	r.sweeper.wake = make(chan struct{}, 1)
	r.formation.Store(&formation{changed: make(chan struct{})})
	return r
}

// fill puts Heroku's values into zero fields ("HTTP Routing", Dev Center).
func (o *Options) fill() {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.OnRequest == nil {
		o.OnRequest = func(AccessEntry) {}
	}
	o.Generation = cmp.Or(o.Generation, GenerationRouter2)
	o.ErrorPages = cmp.Or(o.ErrorPages, ErrorPagesDevelopment)
	o.DrainTimeout = cmp.Or(o.DrainTimeout, 30*time.Second)
	t := &o.Timeouts
	t.Connect = cmp.Or(t.Connect, 5*time.Second)
	t.FirstByte = cmp.Or(t.FirstByte, 30*time.Second)
	t.Idle = cmp.Or(t.Idle, 55*time.Second)
	t.Boot = cmp.Or(t.Boot, 75*time.Second)
	t.Refused = cmp.Or(t.Refused, 3*time.Second)
	t.Head = cmp.Or(t.Head, 8*time.Second)
	t.DynoIdle = cmp.Or(t.DynoIdle, 90*time.Second)
	if t.KeepAlive == 0 {
		t.KeepAlive = 90 * time.Second
		if o.Generation == GenerationLegacy {
			t.KeepAlive = 60 * time.Second
		}
	}
	l := &o.Limits
	l.Target = cmp.Or(l.Target, 8200)
	l.HeaderLine = cmp.Or(l.HeaderLine, 8192)
	l.HeaderName = cmp.Or(l.HeaderName, 1000)
	l.HeaderCount = cmp.Or(l.HeaderCount, 1000)
	l.Method = cmp.Or(l.Method, 127)
	l.Head = cmp.Or(l.Head, 1<<20)
	l.StatusLine = cmp.Or(l.StatusLine, 8192)
	l.ResponseHeader = cmp.Or(l.ResponseHeader, 512<<10)
	l.ResponseCookie = cmp.Or(l.ResponseCookie, 8192)
	l.ResponseHead = cmp.Or(l.ResponseHead, 1<<20)
	l.Informational = cmp.Or(l.Informational, 5)
	l.Backlog = cmp.Or(l.Backlog, 200)
	l.BacklogBytes = cmp.Or(l.BacklogBytes, 16<<20)
	l.InFlight = cmp.Or(l.InFlight, 2000)
	l.ConnectAttempts = cmp.Or(l.ConnectAttempts, 10)
}

// errStopped is the cause of contexts that end because the router was closed.
var errStopped = errors.New("router stopped")

// Serve accepts connections until ctx ends, then stops accepting, lets the
// requests in flight finish for at most Options.DrainTimeout and cuts what is
// left. It closes the listeners and returns after every goroutine it started
// is gone; nil means a clean end. A router serves once.
func (r *Router) Serve(ctx context.Context, listeners ...net.Listener) error {
	var accepting, serving, sweeping sync.WaitGroup
	stop := make(chan struct{})
	// Requests outlive ctx by the drain timeout; cut ends them.
	running, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	sweeping.Go(func() { r.sweep(stop) }) // until stop, at the end of this function
	failures := make(chan error, len(listeners))
	for _, l := range listeners {
		accepting.Go(func() { failures <- r.accept(running, l, &serving) }) // until the listener is closed
	}
	var failure error
	select {
	case <-ctx.Done():
	case <-r.closed:
	case failure = <-failures:
	}
	r.stopping.Store(true)
	close(r.stopped)
	for _, l := range listeners {
		_ = l.Close() // accept reports what matters
	}
	accepting.Wait()
	r.finish(&serving)
	close(stop)
	sweeping.Wait()
	for _, b := range r.formation.Load().backends {
		b.dropIdle(false)
	}
	return failure
}

// finish lets requests end for the drain timeout, then cuts the rest.
func (r *Router) finish(serving *sync.WaitGroup) {
	for _, c := range r.everyClient() {
		if c.idle.Load() || c.tunnel.Load() != nil {
			c.interrupt(becauseCut)
		}
	}
	done := make(chan struct{})
	go func() { serving.Wait(); close(done) }() // ends with the last connection, which finish waits for
	timer := time.NewTimer(r.options.DrainTimeout)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	case <-r.closed:
	}
	_ = r.Close()
	<-done
}

// Close cuts every connection at once (H24); Serve then returns.
func (r *Router) Close() error {
	r.once.Do(func() { close(r.closed) })
	for _, c := range r.everyClient() {
		c.interrupt(becauseForced)
	}
	return nil
}

// accept hands every connection to a goroutine of its own.
func (r *Router) accept(ctx context.Context, l net.Listener, serving *sync.WaitGroup) error {
	limit := r.connectionLimit()
	for {
		conn, err := l.Accept()
		switch {
		case r.stopping.Load():
			if err == nil {
				_ = conn.Close() // too late for it
			}
			return nil
		case err != nil && temporary(err):
			select { // out of descriptors: the pause lets others be closed
			case <-time.After(5 * time.Millisecond):
			case <-r.closed:
			}
			continue
		case err != nil:
			return err
		}
		c := newClient(r, conn)
		if !r.register(c, limit) {
			serving.Go(c.turnAway)
			continue
		}
		serving.Go(func() { c.serve(ctx) }) // until the connection is closed by either side or interrupted
	}
}

func temporary(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}

// register adds a connection to the open ones unless there are limit already.
func (r *Router) register(c *client, limit int) bool {
	r.open.mu.Lock()
	defer r.open.mu.Unlock()
	if len(r.open.clients) >= limit {
		return false
	}
	r.open.clients[c] = struct{}{}
	return true
}

func (r *Router) unregister(c *client) {
	r.open.mu.Lock()
	defer r.open.mu.Unlock()
	delete(r.open.clients, c)
}

// everyClient is a copy of the set of open connections.
func (r *Router) everyClient() []*client {
	r.open.mu.Lock()
	defer r.open.mu.Unlock()
	every := make([]*client, 0, len(r.open.clients))
	for c := range r.open.clients {
		every = append(every, c)
	}
	return every
}

// nanos is a monotonic clock in nanoseconds.
func (r *Router) nanos() int64 { return int64(time.Since(r.epoch)) }

// appendID appends a new request id: a random UUID of version 4 in lower case
// ("HTTP Request IDs", Dev Center). It identifies and protects nothing, so the
// fast random source will do.
func (r *Router) appendID(dst []byte) []byte {
	if r.options.NewID != nil {
		return append(dst, r.options.NewID()...)
	}
	const digits = "0123456789abcdef"
	high, low := rand.Uint64()&^0xf000|0x4000, rand.Uint64()&^(3<<62)|2<<62
	for i := range 32 {
		word, shift := high, 60-4*i
		if i >= 16 {
			word, shift = low, 60-4*(i-16)
		}
		if i == 8 || i == 12 || i == 16 || i == 20 {
			dst = append(dst, '-')
		}
		dst = append(dst, digits[word>>shift&15])
	}
	return dst
}

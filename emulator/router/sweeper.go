package router

import (
	"sync/atomic"
	"time"
)

// sweeper enforces the timeouts of all connections from one goroutine: a
// request only notes when it becomes late, which is far cheaper than a timer
// of the runtime per read and write. Times are good to one tick.
type sweeper struct {
	wake  chan struct{}
	dozed atomic.Bool // sleeping until woken or until the next idle connection is due
}

// due is a moment and what happens then, packed so that both change at once:
// milliseconds of the router's clock shifted by eight, and the because.
type due int64

func (r *Router) due(after time.Duration, why because) due {
	return due((r.nanos()+int64(after))/1e6<<8 | int64(why))
}

func (d due) why() because { return because(d & 0xff) }

func (d due) late(now int64) bool { return d != 0 && int64(d)>>8 < now }

// tick is how often connections in use are looked at.
func (r *Router) tick() time.Duration {
	t := r.options.Timeouts
	shortest := min(t.Connect, t.FirstByte, t.Idle, t.Boot, t.Head, t.KeepAlive)
	return min(max(shortest/8, 2*time.Millisecond), 100*time.Millisecond)
}

// rouse makes a dozing sweeper look again; it costs one load when it is awake.
func (s *sweeper) rouse() {
	if s.dozed.Load() && s.dozed.CompareAndSwap(true, false) {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

// sweep runs until stop is closed.
func (r *Router) sweep(stop <-chan struct{}) {
	tick := r.tick()
	timer := time.NewTimer(tick)
	defer timer.Stop()
	for {
		// Set before looking: whoever gets busy after the look sees it.
		r.sweeper.dozed.Store(true)
		pause, busy := r.sweepOnce()
		if busy {
			r.sweeper.dozed.Store(false)
			pause = tick
		}
		timer.Reset(max(pause, tick))
		select {
		case <-stop:
			return
		case <-timer.C:
		case <-r.sweeper.wake:
		}
	}
}

// quietTick is how often connections are looked at on which little happens.
const quietTick = 500 * time.Millisecond

// quiet tells whether the connection is a tunnel or has waited for long.
func (c *client) quiet() bool { return c.tunnel.Load() != nil || c.look.Load()&0xff > 4 }

// sweepOnce interrupts what is late. busy tells whether a request is being
// served; else pause is the time to the next idle connection's end.
func (r *Router) sweepOnce() (pause time.Duration, busy bool) {
	nanos := r.nanos()
	now := nanos / 1e6
	next := now + 3600e3
	for _, c := range r.everyClient() {
		d := due(c.due.Load())
		if d.late(now) && c.due.CompareAndSwap(int64(d), 0) {
			c.interrupt(d.why())
		}
		if u := due(c.uploadDue.Load()); u.late(now) && c.uploadDue.CompareAndSwap(int64(u), 0) {
			c.interrupt(u.why())
		}
		if c.idle.Load() {
			next = min(next, int64(d)>>8)
			continue
		}
		c.watch(now)
		if c.quiet() {
			next = min(next, now+quietTick.Milliseconds())
			continue
		}
		busy = true
	}
	for _, b := range r.formation.Load().backends {
		if b.expire(nanos - int64(r.options.Timeouts.DynoIdle)) {
			next = min(next, now+r.options.Timeouts.DynoIdle.Milliseconds()/4)
		}
	}
	return time.Duration(next-now) * time.Millisecond, busy
}

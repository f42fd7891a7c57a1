package emulator

import (
	"context"
	"fmt"
	"sync"

	"github.com/inshore-dev/inshore/emulator/sentinel"
)

// guard is the sentinel of a run and its successors: when the sentinel is
// killed, what it guarded is ended (the sentinel package sees to that) and
// another one takes its place, so that dynos can be restarted under it.
type guard struct {
	opts sentinel.Options
	log  func(string)
	done sync.WaitGroup
	stop context.CancelFunc

	mu      sync.Mutex
	changed *sync.Cond // current was replaced, or will not be
	current *sentinel.Sentinel
	over    bool // no successor will come
}

// startGuard begins to start a sentinel and returns at once: that takes a while,
// in which the run has other things to do. Launch waits for it. failed is told
// when there is no sentinel and none will come.
func startGuard(ctx context.Context, opts sentinel.Options, log func(string), failed func(error)) *guard {
	watchCtx, stop := context.WithCancel(ctx)
	g := &guard{opts: opts, log: log, stop: stop}
	g.changed = sync.NewCond(&g.mu)
	g.done.Go(func() {
		defer g.giveUp()
		if err := g.keep(watchCtx); err != nil && watchCtx.Err() == nil {
			failed(fmt.Errorf("start the sentinel: %w", err))
		}
	})
	return g
}

// keep sees to it that there is always a sentinel, until ctx ends or one cannot
// be started.
func (g *guard) keep(ctx context.Context) error {
	for first := true; ; first = false {
		next, err := sentinel.Start(ctx, g.opts)
		if err != nil {
			return err
		}
		g.mu.Lock()
		g.current = next
		g.changed.Broadcast()
		g.mu.Unlock()
		if !first {
			g.log("the sentinel was killed; its processes were ended and are started again")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-next.Lost():
		}
	}
}

func (g *guard) giveUp() {
	g.mu.Lock()
	g.over = true
	g.changed.Broadcast()
	g.mu.Unlock()
}

// Launch starts a process under the sentinel of the moment. It waits while a
// lost one is being replaced, or the first one is not there yet.
func (g *guard) Launch(spec sentinel.Spec) (*sentinel.Process, error) {
	g.mu.Lock()
	for (g.current == nil || isClosed(g.current.Lost())) && !g.over {
		g.changed.Wait()
	}
	current := g.current
	g.mu.Unlock()
	if current == nil {
		return nil, sentinel.ErrLost
	}
	return current.Launch(spec)
}

func isClosed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

// close ends every process that is left, the add-ons' servers last.
func (g *guard) close(ctx context.Context) {
	g.stop()
	g.done.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.current == nil {
		return
	}
	if err := g.current.Close(ctx); err != nil {
		g.log("stop the sentinel: " + err.Error())
	}
}

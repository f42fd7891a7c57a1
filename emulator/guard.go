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

func startGuard(ctx context.Context, opts sentinel.Options, log func(string)) (*guard, error) {
	first, err := sentinel.Start(ctx, opts)
	if err != nil {
		return nil, fmt.Errorf("start the sentinel: %w", err)
	}
	watchCtx, stop := context.WithCancel(ctx)
	g := &guard{opts: opts, log: log, stop: stop, current: first}
	g.changed = sync.NewCond(&g.mu)
	g.done.Go(func() { g.replaceLost(watchCtx) })
	return g, nil
}

// replaceLost ends with ctx.
func (g *guard) replaceLost(ctx context.Context) {
	defer g.giveUp()
	for {
		g.mu.Lock()
		lost := g.current.Lost()
		g.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-lost:
		}
		next, err := sentinel.Start(ctx, g.opts)
		if err != nil {
			g.log("the sentinel was killed and cannot be started again: " + err.Error())
			return
		}
		g.mu.Lock()
		g.current = next
		g.changed.Broadcast()
		g.mu.Unlock()
		g.log("the sentinel was killed; its processes were ended and are started again")
	}
}

func (g *guard) giveUp() {
	g.mu.Lock()
	g.over = true
	g.changed.Broadcast()
	g.mu.Unlock()
}

// Launch starts a process under the sentinel of the moment. It waits while a
// lost one is being replaced.
func (g *guard) Launch(spec sentinel.Spec) (*sentinel.Process, error) {
	g.mu.Lock()
	for isClosed(g.current.Lost()) && !g.over {
		g.changed.Wait()
	}
	current := g.current
	g.mu.Unlock()
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
	if err := g.current.Close(ctx); err != nil {
		g.log("stop the sentinel: " + err.Error())
	}
}

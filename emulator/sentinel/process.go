//go:build linux || darwin

package sentinel

import (
	"context"
	"fmt"
	"syscall"
	"time"
)

// Process is one child of the sentinel, the leader, together with all its
// descendants, the tree. Its methods may be called from any goroutine.
type Process struct {
	sentinel *Sentinel
	id       uint64
	pid      int // set before Launch returns
	done     chan struct{}
	gone     chan struct{}

	// Written under sentinel.mu before the channel that tells of them is closed.
	exit   Exit
	killed bool
}

// PID is the process id of the leader; it is also its process group.
func (p *Process) PID() int { return p.pid }

// Done is closed when the leader has ended; descendants may live on.
func (p *Process) Done() <-chan struct{} { return p.done }

// Gone is closed when the leader and all its descendants have ended.
func (p *Process) Gone() <-chan struct{} { return p.gone }

// Exit is how the leader ended; the zero value before Done is closed. A leader
// whose sentinel died counts as killed.
func (p *Process) Exit() Exit {
	select {
	case <-p.done:
		return p.exit
	default:
		return Exit{}
	}
}

// Signal sends a signal to every process of the tree: to each process group
// once, so that nobody hears it twice. A tree that is gone takes it silently.
func (p *Process) Signal(sig syscall.Signal) error {
	_, err := p.ask(&message{Op: opSignal, Signal: sig})
	return err
}

// Tree lists the living processes of the tree, the leader first. It is empty
// when the tree is gone.
func (p *Process) Tree() ([]int, error) {
	reply, err := p.ask(&message{Op: opTree})
	return reply.PIDs, err
}

func (p *Process) ask(request *message) (message, error) {
	select {
	case <-p.gone:
		return message{}, nil
	default:
	}
	request.Process = p.id
	return p.sentinel.call(request, nil)
}

// Stop sends the stop signal to the whole tree, waits until no process of it is
// left, and kills what is left after grace; grace 0 kills at once. When ctx
// ends first the rest is killed. A second Stop may shorten the grace of the
// first one. killed tells whether the tree had to be killed.
func (p *Process) Stop(ctx context.Context, grace time.Duration) (killed bool, err error) {
	p.BeginStop(grace)
	select {
	case <-p.gone:
		return p.killed, nil
	case <-ctx.Done():
		p.BeginStop(0)
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-p.gone:
		return p.killed, nil
	case <-timer.C:
		return true, fmt.Errorf("stop process %d: it survives being killed", p.pid)
	}
}

// BeginStop is Stop without the wait: Gone tells when it is done. It has no error
// to return: without a sentinel the tree is killed and Gone is closed as well.
func (p *Process) BeginStop(grace time.Duration) {
	select {
	case <-p.gone:
	default:
		_ = p.sentinel.send(&message{Op: opStop, Process: p.id, Grace: grace}, nil)
	}
}

// markDone and markGone are called with sentinel.mu held.
func (p *Process) markDone(exit Exit) {
	select {
	case <-p.done:
	default:
		p.exit = exit
		close(p.done)
	}
}

func (p *Process) markGone(killed bool) {
	select {
	case <-p.gone:
	default:
		p.killed = killed
		close(p.gone)
	}
}

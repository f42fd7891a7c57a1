//go:build !linux && !darwin

package sentinel

import (
	"context"
	"syscall"
	"time"
)

// Sentinel is the manager's side of a guardian process.
type Sentinel struct{}

// Process is one child of the sentinel together with all its descendants.
type Process struct{}

// Main is what the hidden command runs; it returns the exit code.
func Main() int { return 1 }

// Start executes the sentinel.
func Start(context.Context, Options) (*Sentinel, error) { return nil, ErrUnsupported }

// PID is the process id of the sentinel.
func (s *Sentinel) PID() int { return 0 }

// Launch starts a process.
func (s *Sentinel) Launch(Spec) (*Process, error) { return nil, ErrUnsupported }

// Lost is closed when the sentinel died without having been asked to, after
// its processes have been killed.
func (s *Sentinel) Lost() <-chan struct{} { return nil }

// Close stops every process, those marked Last at the end, and the sentinel.
func (s *Sentinel) Close(context.Context) error { return ErrUnsupported }

// Sweep kills the processes whose RunVariable starts with tagPrefix.
func Sweep(string) (killed []int, err error) { return nil, nil }

// PID is the process id of the process launched.
func (p *Process) PID() int { return 0 }

// Done is closed when the process launched has ended; descendants may live on.
func (p *Process) Done() <-chan struct{} { return nil }

// Gone is closed when the process and all its descendants have ended.
func (p *Process) Gone() <-chan struct{} { return nil }

// Exit is how the process ended; the zero value before Done.
func (p *Process) Exit() Exit { return Exit{} }

// Signal sends a signal to the whole tree.
func (p *Process) Signal(syscall.Signal) error { return ErrUnsupported }

// Tree lists the living processes of the tree, the leader first.
func (p *Process) Tree() ([]int, error) { return nil, ErrUnsupported }

// Stop ends the whole tree; it tells whether it had to kill.
func (p *Process) Stop(context.Context, time.Duration) (killed bool, err error) {
	return false, ErrUnsupported
}

// BeginStop is Stop without the wait.
func (p *Process) BeginStop(time.Duration) {}

package addonstest

import (
	"context"
	"os/exec"
	"time"

	"github.com/inshore-dev/inshore/addons"
)

// process is a server of a test, in a process group of its own.
type process struct {
	name string
	cmd  *exec.Cmd
	stop func() // asks it to end
	done chan struct{}
}

func begin(launch addons.Launch) (*process, error) {
	cmd := exec.Command(launch.Argv[0], launch.Argv[1:]...)
	cmd.Env, cmd.Dir = launch.Env, launch.Dir
	cmd.Stdout, cmd.Stderr = launch.Log, launch.Log
	cmd.WaitDelay = 2 * time.Second
	isolate(cmd, launch.User)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{name: launch.Name, cmd: cmd, done: make(chan struct{})}
	p.stop = func() { ask(cmd, launch.StopSignal) }
	// Ends when the process does; the suite ends every process.
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // a server that was asked to end may do so with any status
		killGroup(cmd)
	}()
	return p, nil
}

func (p *process) PID() int { return p.cmd.Process.Pid }

func (p *process) Done() <-chan struct{} { return p.done }

// Stop asks, waits and kills.
func (p *process) Stop(ctx context.Context, grace time.Duration) error {
	p.stop()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.done:
		return nil
	case <-timer.C:
	case <-ctx.Done():
	}
	killGroup(p.cmd)
	<-p.done
	return nil
}

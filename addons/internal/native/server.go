package native

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Server says how to start one server. All functions are required.
type Server struct {
	// Port finds a free port, the preferred one if possible.
	Port func(ctx context.Context, preferred int) (int, error)
	// Preferred is the port of the last run; 0 for none.
	Preferred int
	// Launch starts the process; its output goes to log.
	Launch func(ctx context.Context, port int, log io.Writer) (Process, error)
	// Ready returns nil when the server answers. An error wrapped by Permanent
	// ends the wait at once, any other is tried again.
	Ready func(ctx context.Context, port int) error

	Log      io.Writer     // takes the output; nil throws it away
	Patience time.Duration // for the whole start; 0 is 60 s
	Grace    time.Duration // for the stop of a start that failed; 0 is 5 s
	// Passing are pieces of output that mean: try again in a moment. That the
	// address is in use is known anyway and leads to another port.
	Passing []string
}

// Running is a server that answers.
type Running struct {
	Process Process
	Port    int
	Output  *Tail
}

// StartError says why a server did not come up.
type StartError struct {
	Err    error
	Exited bool     // the process ended by itself
	Output []string // its last lines
}

// Error is the cause without the output.
func (e *StartError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *StartError) Unwrap() error { return e.Err }

// permanentError marks an error that waiting does not heal.
type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }

// Permanent marks an answer of Ready that waiting does not heal.
func Permanent(err error) error { return permanentError{err} }

// errExited is the failure of a process that ended by itself.
var errExited = errors.New("the server ended while it was starting")

// Start launches the server and waits until it is ready. It tries again on
// another port when the chosen one was taken in between. When it fails, or the
// context ends, no process is left.
func Start(ctx context.Context, s Server) (Running, error) {
	patience, stop := context.WithTimeoutCause(ctx, orDuration(s.Patience, time.Minute),
		errors.New("it did not answer in time"))
	defer stop()
	preferred := s.Preferred
	for attempt := 0; ; attempt++ {
		port, err := s.Port(patience, preferred)
		if err != nil {
			return Running{}, fmt.Errorf("find a port: %w", err)
		}
		running, err := s.once(patience, port)
		var failed *StartError
		if err == nil || !errors.As(err, &failed) || !failed.Exited || attempt == 40 {
			return running, err
		}
		switch {
		case running.Output.Contains("ddress already in use", "Only one usage of each socket address", "EADDRINUSE"):
			preferred = 0
		case running.Output.Contains(s.Passing...):
		default:
			return Running{}, err
		}
		if !pause(patience, 100*time.Millisecond) {
			return Running{}, err
		}
	}
}

// once is a single attempt on a port. The output is set in any case.
func (s Server) once(ctx context.Context, port int) (Running, error) {
	output := NewTail(s.Log)
	running := Running{Port: port, Output: output}
	process, err := s.Launch(ctx, port, output)
	if err != nil {
		return running, &StartError{Err: err}
	}
	err = s.await(ctx, process, port)
	if err == nil {
		running.Process = process
		return running, nil
	}
	// The clean-up must outlive the context that may have ended just now.
	clean, done := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer done()
	grace := orDuration(s.Grace, 5*time.Second)
	stopErr := process.Stop(clean, grace)
	return running, &StartError{
		Err:    errors.Join(err, stopErr),
		Exited: errors.Is(err, errExited),
		Output: output.Lines(12),
	}
}

// await polls Ready until it succeeds, the process ends or the context does.
func (s Server) await(ctx context.Context, process Process, port int) error {
	wait := time.Millisecond
	var last error
	for {
		try, done := context.WithTimeout(ctx, 5*time.Second)
		last = s.Ready(try, port)
		done()
		var permanent permanentError
		if last == nil || errors.As(last, &permanent) {
			return last
		}
		timer := time.NewTimer(wait)
		select {
		case <-process.Done():
			timer.Stop()
			return errExited
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%w (last answer: %w)", context.Cause(ctx), last)
		case <-timer.C:
		}
		wait = min(wait*3/2+time.Millisecond, 25*time.Millisecond)
	}
}

// pause waits, and reports false when the context ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func orDuration(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

package container

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// shown is how many lines of a failed server's log are quoted.
const shown = 20

// Permanent marks an error of Options.Ready that waiting does not heal, such
// as a wrong password.
func Permanent(err error) error { return &permanentError{err} }

type permanentError struct{ err error }

func (e *permanentError) Error() string { return e.err.Error() }
func (e *permanentError) Unwrap() error { return e.err }

// await asks the server until it answers, its container ends, or patience does.
func (s *Server) await(ctx context.Context) error {
	patience := s.options.Patience
	if patience == 0 {
		patience = time.Minute
	}
	deadline := time.Now().Add(patience)
	pause := 10 * time.Millisecond
	lookAgain := time.Now()
	for {
		err := s.ask(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var permanent *permanentError
		if errors.As(err, &permanent) || time.Now().After(deadline) {
			return s.unready(ctx, patience, err)
		}
		if time.Now().After(lookAgain) {
			lookAgain = time.Now().Add(200 * time.Millisecond)
			if gone := s.gone(ctx, patience, err); gone != nil {
				return gone
			}
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(pause*3/2, 100*time.Millisecond)
	}
}

// gone is nil while the container runs.
func (s *Server) gone(ctx context.Context, patience time.Duration, last error) error {
	i, err := s.engine.Inspect(ctx, s.ID())
	if err != nil && ctx.Err() == nil {
		return err
	}
	if err == nil && !i.Running {
		return s.unready(ctx, patience, last)
	}
	return nil
}

func (s *Server) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return s.options.Ready(ctx, s.Port())
}

// unready is problem A002 with what the container has said last.
func (s *Server) unready(ctx context.Context, patience time.Duration, last error) error {
	p := problem.Newf("A002", "%s did not become ready in %s", s.service.Addon, patience).Wrap(last)
	i, err := s.engine.Inspect(ctx, s.ID())
	if err != nil {
		return p.Cause("%s", firstLine(err))
	}
	if i.Running {
		p = p.Cause("%s", firstLine(last))
	} else {
		p.Message = fmt.Sprintf("%s ended while it was starting", s.service.Addon)
	}
	if lines, err := s.engine.Tail(ctx, i.ID, shown); err == nil && len(lines) > 0 {
		p = p.Quote("output", fmt.Sprintf("of container %s, its last lines:", i.Name), lines)
		p = s.explain(p, lines)
	}
	if !i.Running {
		p = p.Cause("%s", ending(i, s.service.memory()))
	}
	return p
}

func (s *Server) explain(p *problem.Problem, lines []string) *problem.Problem {
	if s.options.Explain == nil {
		return p
	}
	cause, fix := s.options.Explain(lines)
	if cause != "" {
		p = p.Cause("%s", cause)
	}
	if fix != "" {
		p = p.Fix("%s", fix)
	}
	return p
}

// ending says in words how a container has ended.
func ending(i Instance, memory int64) string {
	switch {
	case i.OOM:
		return fmt.Sprintf("it used more memory than its limit of %d MB (OOMKilled)", memory>>20)
	case i.ExitCode == 137:
		return "it was killed (exit status 137)"
	default:
		return fmt.Sprintf("exit status %d", i.ExitCode)
	}
}

// sleep waits for a time or for the end of the context.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func splitLines(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

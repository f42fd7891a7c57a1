package emulator

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/dyno"
	"github.com/inshore-dev/inshore/emulator/logs"
	"github.com/inshore-dev/inshore/emulator/problem"
)

// release numbers this run's release and runs its release phase: the release
// process type, once, before any dyno of the formation starts (Dev Center:
// "Release Phase"). When it fails, nothing is started.
func (e *Emulator) release(ctx context.Context) error {
	if err := e.remember(func(s *state) { s.Release++ }); err != nil {
		return err
	}
	p, ok := e.app.Process(releaseType)
	if !ok || e.opts.NoRelease || (len(e.opts.Only) > 0 && !slices.Contains(e.opts.Only, releaseType)) {
		return nil
	}
	e.tell(Event{Kind: EventReleaseStarted, Text: p.Command})
	began := time.Now()
	exit := e.runOnce(ctx, "release.1", p.Command)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	e.tell(Event{Kind: EventReleaseDone, Text: p.Command, Status: exit.Status(), Duration: time.Since(began)})
	if exit.Status() != 0 {
		return e.releaseFailed(p, exit)
	}
	return nil
}

func (e *Emulator) releaseFailed(p app.ProcessType, exit dyno.Exit) *problem.Problem {
	failure := problem.Newf("X004", "release command failed (exit %d): %s - nothing else was started", exit.Status(), p.Command).
		At(p.Place)
	if lines := e.lastLines("release.1"); len(lines) > 0 {
		failure.Quote("last lines", "of release.1", lines)
	}
	if exit.Problem != nil {
		failure.Notes = append(failure.Notes, exit.Problem.Notes...)
	}
	return failure.Fix("correct it, then: inshore up · or skip it once: inshore up --no-release")
}

// runOnce runs a command in a dyno that is never restarted, its output in the
// log, and returns how it ended.
func (e *Emulator) runOnce(ctx context.Context, name, command string, extra ...string) dyno.Exit {
	spec := dyno.Spec{
		Name:    name,
		Command: command,
		Dir:     e.app.Dir,
		Env:     e.environment(append(e.dynoVars(name), extra...)...),
		Grace:   e.opts.Grace,
		Policy:  dyno.PolicyNever,
		Output:  &output{hub: e.hub, process: name},
	}
	spec.Argv = commandArgv(command, e.app.Dir, spec.Env)
	d := dyno.New(e.guard, spec, func(event dyno.Event) {
		if event.Line != "" {
			e.hub.Log(logs.Heroku, name, event.Line)
		}
	})
	ended := make(chan struct{})
	defer close(ended)
	go func() { // ends with the dyno
		select {
		case <-e.killed:
			d.Kill()
		case <-ended:
		}
	}()
	return d.Run(ctx)
}

func itoa(n int) string { return strconv.Itoa(n) }

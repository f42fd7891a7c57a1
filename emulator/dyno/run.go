package dyno

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inshore-dev/inshore/emulator/sentinel"
)

// verdict is how one life of the process ended for the supervisor.
type verdict int

const (
	endedByItself verdict = iota
	wantsRestart
	wantsStop
)

// Run starts the dyno, supervises it, and restarts it as its policy says. It
// returns the last exit once the dyno was stopped, ctx ended (which stops it
// with its grace), or the policy plans no other start. By then none of its
// processes is left. It may be called again afterwards, but not twice at once:
// the second call returns the exit known so far.
func (d *Dyno) Run(ctx context.Context) Exit {
	if !d.begin() {
		return d.lastExit()
	}
	defer d.finish()
	d.crashes = 0
	for {
		switch d.live(ctx) {
		case wantsStop:
			return d.lastExit()
		case wantsRestart:
			d.crashes = 0
			continue
		case endedByItself:
		}
		spec, exit := d.present(), d.lastExit()
		d.crashes = spec.Policy.countCrash(d.crashes, exit.Uptime)
		delay, again := spec.Policy.Delay(d.crashes, d.jitter())
		if !again {
			return exit
		}
		switch d.pause(ctx, delay) {
		case wantsStop:
			return d.lastExit()
		case wantsRestart:
			d.crashes = 0
		case endedByItself:
		}
	}
}

func (d *Dyno) begin() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.running {
		return false
	}
	d.running, d.ended = true, make(chan struct{})
	return true
}

// finish answers whoever still waits for a start that does not come.
func (d *Dyno) finish() {
	d.mu.Lock()
	d.running = false
	d.status.NextStart = time.Time{}
	close(d.ended)
	d.mu.Unlock()
	d.answerRestarts(ErrNotRunning)
}

func (d *Dyno) answerRestarts(err error) {
	for _, c := range d.restarts {
		c.done <- err
	}
	d.restarts = nil
}

func (d *Dyno) present() Spec {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.spec
}

func (d *Dyno) lastExit() Exit {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.status.Exit == nil {
		return Exit{}
	}
	return *d.status.Exit
}

// live is one life of the process, from its start until its tree is empty.
func (d *Dyno) live(ctx context.Context) verdict {
	spec := d.present()
	l := &life{dyno: d, spec: spec}
	if ctx.Err() != nil {
		d.moveQuietly(Stop)
		return wantsStop
	}
	l.announce()
	if err := l.start(); err != nil {
		return l.failed(err)
	}
	d.answerRestarts(nil)
	return l.supervise(ctx)
}

// pause waits until the next start is due.
func (d *Dyno) pause(ctx context.Context, delay time.Duration) verdict {
	if delay > 0 {
		d.mu.Lock()
		d.status.NextStart = time.Now().Add(delay)
		d.mu.Unlock()
	}
	d.emit(Event{Kind: KindDelayed, Delay: delay, Crashes: d.crashes, Exit: d.Status().Exit})
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return endedByItself
	case <-ctx.Done():
		d.move(Stop, Event{})
		return wantsStop
	case c := <-d.commands:
		if c.restart {
			d.restarts = append(d.restarts, c)
			d.emit(Event{Kind: KindRestarting, Line: "Restarting"})
			return wantsRestart
		}
		d.move(Stop, Event{})
		c.done <- nil
		return wantsStop
	}
}

// emit completes an event and hands it to the observer.
func (d *Dyno) emit(e Event) {
	d.mu.Lock()
	if e.From == "" {
		e.From, e.To = d.status.State, d.status.State
	}
	d.mu.Unlock()
	e.Time, e.Dyno = time.Now(), d.name
	d.observe(e)
}

// moveQuietly changes the state without an event; it tells from what to what,
// and whether anything changed.
func (d *Dyno) moveQuietly(on Trigger) (from, to State, changed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	from = d.status.State
	to, err := Transition(from, on)
	if err != nil || to == from {
		return from, from, false // a late trigger means nothing any more
	}
	d.status.State, d.status.Since = to, time.Now()
	return from, to, true
}

// move changes the state and says so in Heroku's words; e carries what else is known.
func (d *Dyno) move(on Trigger, e Event) {
	from, to, changed := d.moveQuietly(on)
	if !changed {
		return
	}
	e.Kind, e.From, e.To = KindState, from, to
	e.Line = fmt.Sprintf("State changed from %s to %s", from, to)
	d.emit(e)
}

// life is one process of a dyno.
type life struct {
	dyno    *Dyno
	spec    Spec
	process *sentinel.Process
	began   time.Time
	outputs outputs
}

// announce says what is about to be started.
func (l *life) announce() {
	d := l.dyno
	d.mu.Lock()
	before := d.status.State
	if d.started {
		d.status.Restarts++
	}
	d.started = true
	d.status.NextStart, d.status.ListenAddr, d.status.Port = time.Time{}, "", l.spec.Port
	d.mu.Unlock()
	e := Event{Kind: KindStarting, Line: "Starting process with command `" + l.spec.Command + "`"}
	switch before {
	case Crashed, Idle:
		d.move(Start, Event{})
	case Down, Up, Starting, Complete:
		// Heroku does not log the change from down to starting.
		e.From, e.To, _ = d.moveQuietly(Start)
	}
	d.emit(e)
}

// start launches the process.
func (l *life) start() error {
	stdout, stderr, err := l.outputs.open(l.spec)
	if err != nil {
		l.outputs.finish()
		return fmt.Errorf("open the log: %w", err)
	}
	l.began = time.Now()
	process, err := l.dyno.launcher.Launch(sentinel.Spec{
		Name: l.spec.Name, Argv: l.spec.Argv, Env: l.spec.Env, Dir: l.spec.Dir,
		Stdin: l.spec.Stdin, Stdout: stdout, Stderr: stderr,
		StopSignal: l.spec.StopSignal, TTY: l.spec.TTY,
	})
	l.outputs.closeOurs()
	if err != nil {
		l.outputs.finish()
		return err
	}
	l.process = process
	l.dyno.mu.Lock()
	defer l.dyno.mu.Unlock()
	l.dyno.process, l.dyno.status.PID = process, process.PID()
	return nil
}

// failed reports a process that could not be started as one that ended at once.
func (l *life) failed(err error) verdict {
	d := l.dyno
	explained := launchProblem(l.spec, err)
	d.emit(Event{Kind: KindLaunchFailed, Problem: explained})
	d.answerRestarts(explained)
	if errors.Is(err, sentinel.ErrClosed) {
		d.move(Stop, Event{})
		return wantsStop
	}
	l.reportExit(Exit{Code: launchStatus(err), Problem: explained})
	l.moveToEnd()
	return endedByItself
}

// reportExit keeps and tells how the process ended.
func (l *life) reportExit(exit Exit) {
	pid := 0
	d := l.dyno
	d.mu.Lock()
	d.status.Exit = &exit
	if l.process != nil {
		pid = l.process.PID()
	}
	d.status.PID = 0
	d.mu.Unlock()
	d.emit(Event{
		Kind: KindExited, Line: fmt.Sprintf("Process exited with status %d", exit.Status()),
		PID: pid, Exit: &exit, Problem: exit.Problem,
	})
}

func (l *life) moveToEnd() {
	exit := l.dyno.lastExit()
	on := End
	if l.spec.Policy == PolicyNever {
		on = Finish
	}
	l.dyno.move(on, Event{Exit: &exit, Problem: exit.Problem})
}

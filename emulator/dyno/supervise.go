package dyno

import (
	"context"
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/inshore-dev/inshore/emulator/problem"
)

const (
	// drainPause is how long the exit waits for the rest of the tree, which
	// mostly ends with its leader: then the log is complete before the exit line.
	drainPause = 50 * time.Millisecond
	// outputPatience is how long descendants may hold the log of an ended process.
	outputPatience = time.Second
	// safetyMargin is added to the sentinel's own deadline: the dyno kills at the
	// grace, the sentinel in case the manager is not able to.
	safetyMargin = 2 * time.Second
	// killPatience is how long we wait for killed processes to be gone.
	killPatience = 10 * time.Second
)

// supervise watches a running process until its tree is empty.
func (l *life) supervise(ctx context.Context) verdict {
	boot := l.beginBoot(ctx)
	defer boot.end()
	for {
		select {
		case <-l.process.Done():
			boot.end()
			return l.endedByItself()
		case addr := <-boot.bound:
			boot.stopTimers()
			l.up(addr)
		case <-boot.hint.C:
			if l.hint() {
				boot.hint.Stop()
			}
		case <-boot.timeout.C:
			boot.end()
			return l.bootTimeout()
		case c := <-l.dyno.commands:
			boot.end()
			return l.halt(&c)
		case <-ctx.Done():
			boot.end()
			return l.halt(nil)
		}
	}
}

// boot is the wait for the port.
type boot struct {
	bound   chan string
	timeout *time.Timer
	hint    *time.Ticker
	cancel  context.CancelFunc
	probing sync.WaitGroup
}

func (l *life) beginBoot(ctx context.Context) *boot {
	b := &boot{
		bound:   make(chan string, 1),
		timeout: time.NewTimer(l.spec.BootTimeout),
		hint:    time.NewTicker(l.spec.HintAfter),
		cancel:  func() {},
	}
	if l.spec.Port == 0 {
		// Dev Center, "Dynos and the Dyno Manager": only web has a boot check.
		b.stopTimers()
		l.up("")
		return b
	}
	probeCtx, cancel := context.WithCancel(ctx)
	b.cancel = cancel
	b.probing.Go(func() { // ends with cancel at the latest
		foreign := func() bool { return heldByAnotherDyno(l.spec.Port, l.dyno.Tree()) }
		if addr := awaitPort(probeCtx, l.spec.Port, foreign); addr != "" {
			b.bound <- addr
		}
	})
	return b
}

func (b *boot) stopTimers() {
	b.timeout.Stop()
	b.hint.Stop()
}

func (b *boot) end() {
	b.stopTimers()
	b.cancel()
	b.probing.Wait()
}

func (l *life) up(addr string) {
	d := l.dyno
	d.mu.Lock()
	d.status.ListenAddr = addr
	d.mu.Unlock()
	d.move(Bound, Event{PID: l.process.PID(), ListenAddr: addr})
}

// hint tells once that the dyno listens on another port.
func (l *life) hint() bool {
	elsewhere := Listeners(l.dyno.Tree())
	if len(elsewhere) == 0 {
		return false
	}
	l.dyno.emit(Event{
		Kind: KindWrongPort, PID: l.process.PID(), Listeners: elsewhere,
		Problem: wrongPortProblem(l.spec, elsewhere),
	})
	return true
}

// bootTimeout ends a dyno that did not open its port (Dev Center, "Heroku Error
// Codes", R10).
func (l *life) bootTimeout() verdict {
	elsewhere := Listeners(l.dyno.Tree())
	explained := bootProblem(l.spec, l.spec.BootTimeout, elsewhere)
	l.dyno.emit(Event{
		Kind: KindBootTimeout, PID: l.process.PID(), Listeners: elsewhere, Problem: explained,
		Line: fmt.Sprintf("Error R10 (Boot timeout) -> Web process failed to bind to $PORT within %s of launch", inSeconds(l.spec.BootTimeout)),
	})
	l.kill()
	l.awaitEnd(killPatience)
	l.exited(explained)
	l.moveToEnd()
	l.clear()
	return endedByItself
}

// kill ends the tree at once and says so.
func (l *life) kill() {
	l.dyno.emit(Event{Kind: KindKilling, Line: "Stopping process with SIGKILL", PID: l.process.PID()})
	l.process.BeginStop(0)
}

func (l *life) awaitEnd(patience time.Duration) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-l.process.Done():
	case <-timer.C:
	}
}

// endedByItself reports an exit nobody asked for and clears away what the
// process left behind, as Heroku does by removing the whole dyno.
func (l *life) endedByItself() verdict {
	timer := time.NewTimer(drainPause)
	defer timer.Stop()
	select {
	case <-l.process.Gone():
		l.outputs.finish()
	case <-timer.C:
	}
	l.exited(nil)
	l.moveToEnd()
	l.process.BeginStop(l.spec.OrphanGrace)
	l.clear()
	return endedByItself
}

// exited reports the exit of the leader.
func (l *life) exited(explained *problem.Problem) {
	got := l.process.Exit()
	exit := Exit{Code: got.Code, Signal: got.Signal, Uptime: time.Since(l.began), Problem: explained}
	if explained == nil && got.Signal == 0 {
		exit.Problem = exitProblem(l.spec, got.Code)
	}
	l.reportExit(exit)
}

// clear waits until the tree is empty and the outputs are done with.
func (l *life) clear() {
	output := time.NewTimer(outputPatience)
	defer output.Stop()
	limit := time.NewTimer(killPatience + l.spec.OrphanGrace)
	defer limit.Stop()
	for gone := false; !gone; {
		select {
		case <-l.process.Gone():
			gone = true
		case <-output.C:
			l.outputs.finish()
		case <-limit.C:
			gone = true // it cannot be killed; the sentinel goes on trying
		}
	}
	l.outputs.finish()
	l.forget()
}

func (l *life) forget() {
	l.dyno.mu.Lock()
	defer l.dyno.mu.Unlock()
	l.dyno.process, l.dyno.status.PID = nil, 0
}

// halt stops the process because somebody asked for it, by a command or by
// ending the context.
func (l *life) halt(c *command) verdict {
	h := &halting{life: l}
	h.take(c)
	d := l.dyno
	if h.verdict == wantsRestart {
		d.emit(Event{Kind: KindRestarting, Line: "Restarting", PID: l.process.PID()})
		d.move(Start, Event{PID: l.process.PID()})
	} else {
		d.move(Stop, Event{PID: l.process.PID()})
	}
	d.emit(Event{Kind: KindStopping, Line: "Stopping all processes with " + signalName(l.spec.StopSignal), PID: l.process.PID()})
	l.process.BeginStop(l.spec.Grace + safetyMargin)
	h.wait()
	for _, stop := range h.stops {
		stop.done <- nil
	}
	return h.verdict
}

// halting is the time between the stop signal and the empty tree.
type halting struct {
	life    *life
	verdict verdict
	stops   []command
}

// take notes what is wanted after the stop; a stop overrides a restart.
func (h *halting) take(c *command) {
	switch {
	case c != nil && c.restart && h.verdict != wantsStop:
		h.verdict = wantsRestart
		h.life.dyno.restarts = append(h.life.dyno.restarts, *c)
	case c != nil && c.restart:
		c.done <- ErrNotRunning
	case c != nil:
		h.stops = append(h.stops, *c)
		h.stop()
	default:
		h.stop()
	}
}

func (h *halting) stop() {
	if h.verdict == wantsRestart {
		h.verdict = wantsStop
		h.life.dyno.move(Stop, Event{})
	}
	h.verdict = wantsStop
}

func (h *halting) wait() {
	l := h.life
	grace := time.NewTimer(l.spec.Grace)
	defer grace.Stop()
	output := time.NewTimer(time.Hour)
	defer output.Stop()
	limit := time.NewTimer(l.spec.Grace + killPatience)
	defer limit.Stop()
	leader := l.process.Done()
	for {
		select {
		case <-leader:
			leader = nil
			output.Reset(outputPatience)
			h.leaderEnded()
		case <-l.process.Gone():
			if leader != nil {
				continue // Done is closed as well; report the exit first
			}
			l.outputs.finish()
			l.forget()
			return
		case <-output.C:
			l.outputs.finish()
		case c := <-l.dyno.commands:
			h.take(&c)
		case <-grace.C:
			l.exitTimeout()
		case <-limit.C:
			l.outputs.finish()
			l.forget()
			return
		}
	}
}

func (h *halting) leaderEnded() {
	l := h.life
	timer := time.NewTimer(drainPause)
	defer timer.Stop()
	select {
	case <-l.process.Gone():
		l.outputs.finish()
	case <-timer.C:
	}
	l.exited(nil)
}

// exitTimeout kills what did not obey the stop signal (Dev Center, "Heroku Error
// Codes", R12).
func (l *life) exitTimeout() {
	l.dyno.emit(Event{
		Kind: KindExitTimeout, PID: l.process.PID(),
		Line: fmt.Sprintf("Error R12 (Exit timeout) -> At least one process failed to exit within %s of %s",
			inSeconds(l.spec.Grace), signalName(l.spec.StopSignal)),
	})
	l.kill()
}

// inSeconds is "30 seconds", as in Heroku's error lines.
func inSeconds(d time.Duration) string {
	return fmt.Sprintf("%g seconds", d.Seconds())
}

// signalName is "SIGTERM" for the signals a dyno is stopped with.
func signalName(sig syscall.Signal) string {
	switch sig {
	case syscall.SIGTERM:
		return "SIGTERM"
	case syscall.SIGINT:
		return "SIGINT"
	case syscall.SIGHUP:
		return "SIGHUP"
	case syscall.SIGQUIT:
		return "SIGQUIT"
	default:
		return sig.String()
	}
}

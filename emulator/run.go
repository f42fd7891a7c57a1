package emulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/control"
	"github.com/inshore-dev/inshore/emulator/footprint"
	"github.com/inshore-dev/inshore/emulator/logs"
	"github.com/inshore-dev/inshore/emulator/router"
	"github.com/inshore-dev/inshore/emulator/sentinel"
)

// errStopRequested is the cause of a stop that somebody asked for through the
// control socket.
var errStopRequested = errors.New("stop requested")

// flushTimeout bounds how long the end of a run waits for a terminal that takes
// no more lines.
const flushTimeout = 2 * time.Second

// settleTime is long enough for the first requests of an impatient script.
const settleTime = time.Second

// Run provisions, builds, releases, starts and supervises until ctx ends, then
// stops everything it started and returns. The error is nil after a clean stop,
// and otherwise says why the run could not go on: a *problem.Problem or a
// problem.List whose code the command layer turns into an exit status.
func (e *Emulator) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	e.mu.Lock()
	e.stop, e.runCtx = stop, ctx
	e.started = time.Now()
	e.mu.Unlock()

	closeFiles, err := e.openFiles()
	if err != nil {
		return err
	}
	defer closeFiles()
	closeLog, err := e.openLog()
	if err != nil {
		return err
	}
	defer closeLog()
	return e.runGuarded(ctx)
}

// openFiles takes the state directory and its lock, and reads what an earlier
// run left there.
func (e *Emulator) openFiles() (func(), error) {
	if e.opts.Ephemeral && e.opts.StateDir == "" {
		dir, err := os.MkdirTemp("", "inshore-"+e.app.Name+"-")
		if err != nil {
			return nil, err
		}
		e.stateDir = dir
	}
	e.id = e.app.Checkout
	if e.stateDir != StateDir(e.app.Dir) {
		e.id = app.CheckoutID(e.stateDir)
	}
	if err := prepareStateDir(e.stateDir); err != nil {
		return nil, err
	}
	held, err := acquireLock(e.stateDir, time.Now())
	if err != nil {
		return nil, err
	}
	closeFiles := func() {
		held.release()
		if e.opts.Ephemeral && e.opts.StateDir == "" {
			os.RemoveAll(e.stateDir)
		}
	}
	recorded, warning, err := loadState(e.statePath(), time.Now())
	if err != nil {
		closeFiles()
		return nil, err
	}
	if warning != nil {
		e.tell(Event{Kind: EventNotice, Problem: warning})
	}
	recorded.Checkout, recorded.App = e.id, e.app.Name
	if recorded.PortBase == 0 {
		recorded.PortBase = defaultPortBase(e.id)
	}
	if e.opts.PortBase != 0 {
		recorded.PortBase = e.opts.PortBase
	}
	e.mu.Lock()
	e.state = recorded
	e.mu.Unlock()
	return closeFiles, nil
}

func (e *Emulator) statePath() string { return filepath.Join(e.stateDir, "state.json") }

// remember changes the recorded state and writes it down.
func (e *Emulator) remember(change func(*state)) error {
	e.mu.Lock()
	before := e.state
	change(&e.state)
	now := e.state
	e.mu.Unlock()
	if before == now {
		return nil
	}
	return saveState(e.statePath(), now)
}

func (e *Emulator) openLog() (func(), error) {
	hub := logs.New(logs.Options{Dir: filepath.Join(e.stateDir, "logs")})
	if err := hub.Start(); err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	var sink *logs.Sink
	if e.opts.Stdout != nil {
		format := e.opts.Formatter
		if format == nil {
			format = logs.NewText(logs.TextOptions{})
		}
		sink = logs.NewSink(e.opts.Stdout, format, logs.SinkOptions{})
		sink.Start(hub)
	}
	e.mu.Lock()
	e.hub, e.sink = hub, sink
	e.mu.Unlock()
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
		defer cancel()
		if sink != nil {
			_ = sink.Close(ctx) // what the terminal did not take in time is in the log
		}
		_ = hub.Close(ctx) // the run is over: there is no log left to say it in
	}, nil
}

// runGuarded is the part of a run during which processes exist: between the
// start of the sentinel and its end.
func (e *Emulator) runGuarded(ctx context.Context) error {
	e.sweep()
	executable, err := e.executable()
	if err != nil {
		return err
	}
	// Clean-up must outlive the cancellation that triggers it; Kill cuts it short.
	stopCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	e.working.Go(func() {
		select {
		case <-e.killed:
			cancel()
		case <-stopCtx.Done():
		}
	})
	defer e.working.Wait()
	defer close(e.over)
	defer cancel()

	e.guard = startGuard(stopCtx, sentinel.Options{
		Executable: executable,
		Tag:        fmt.Sprintf("%s/%d", e.id, os.Getpid()),
		Log:        e.hub.Writer(logs.Inshore, "sentinel"),
	}, func(text string) { e.hub.Log(logs.Inshore, "inshore", text) }, e.stop)
	defer e.guard.close(stopCtx)
	e.ports = newClaims(filepath.Join(e.cacheDir(), "ports"))
	defer e.ports.release()
	e.host = e.addOnHost(executable)

	e.router = router.New(router.Options{OnRequest: e.logRequest, Explain: e.explain})
	serveCtx, stopServing := context.WithCancel(stopCtx)
	defer stopServing()
	if err := e.serveControl(serveCtx); err != nil {
		return err
	}
	return e.runFormation(ctx, stopCtx)
}

// sweep ends what a run of this checkout left behind when it was killed
// together with its sentinel. The lock is ours, so no such run is alive.
func (e *Emulator) sweep() {
	killed, err := sentinel.Sweep(e.id + "/")
	if err != nil {
		e.hub.Log(logs.Inshore, "inshore", "cannot look for processes of an earlier run: "+err.Error())
	}
	if len(killed) > 0 {
		e.note("ended %d processes that an earlier run had left behind", len(killed))
	}
}

func (e *Emulator) serveControl(ctx context.Context) error {
	listener, err := control.Listen(e.stateDir, e.id)
	if err != nil {
		return err
	}
	e.working.Go(func() {
		if err := control.Serve(ctx, listener, platform{e}); err != nil {
			e.hub.Log(logs.Inshore, "inshore", err.Error()) // the app goes on without commands
		}
	})
	return nil
}

// runFormation brings the app up, waits for the end of the run and takes the
// app down again.
func (e *Emulator) runFormation(ctx, stopCtx context.Context) error {
	routing, stopRouting := context.WithCancel(stopCtx)
	defer stopRouting()
	if err := e.openRouter(routing); err != nil {
		return err
	}
	err := e.bringUp(ctx)
	if err == nil {
		e.settle(ctx)
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		err = e.verdict(ctx)
	}
	e.setPhase(phaseStopping)
	e.stop(nil) // watchers and one-off dynos end too, whatever the reason
	stopRouting()
	e.stopFormation(stopCtx)
	e.oneOffs.Wait()
	_ = e.router.Close() // nobody is served any more
	e.stopAddOns(stopCtx)
	e.tell(Event{Kind: EventStopped})
	return err
}

// settle waits until the app has been up for a moment and then gives back the
// memory that starting took.
func (e *Emulator) settle(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-e.ready:
	}
	select {
	case <-ctx.Done():
	case <-time.After(settleTime):
		footprint.Trim()
	}
}

// verdict is the outcome of a run that ended because its context did.
func (e *Emulator) verdict(ctx context.Context) error {
	cause := context.Cause(ctx)
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case errors.Is(cause, errStopRequested):
		return nil
	case e.failed != nil:
		return e.failed
	case cause != nil && !errors.Is(cause, context.Canceled):
		return cause
	}
	return nil
}

// openRouter opens the front door before there is anything behind it: requests
// wait for the first web dyno.
func (e *Emulator) openRouter(ctx context.Context) error {
	if e.opts.NoRouter || e.opts.AddOnsOnly {
		return nil
	}
	listeners, err := e.routerListeners(ctx)
	if err != nil {
		return err
	}
	port := listeners[0].Addr().(*net.TCPAddr).Port
	e.mu.Lock()
	e.url = fmt.Sprintf("http://127.0.0.1:%d", port)
	e.urls = []string{
		fmt.Sprintf("http://localhost:%d", port),
		fmt.Sprintf("http://%s.localhost:%d", e.app.Name, port),
	}
	e.mu.Unlock()
	if err := e.remember(func(s *state) { s.RouterPort = port }); err != nil {
		return err
	}
	e.publish()
	e.working.Go(func() {
		if err := e.router.Serve(ctx, listeners...); err != nil {
			e.stop(err)
		}
	})
	return nil
}

func (e *Emulator) routerListeners(ctx context.Context) ([]net.Listener, error) {
	if e.opts.Ephemeral && e.opts.Port == 0 {
		return listenLoopback(ctx, 0)
	}
	e.mu.Lock()
	recorded := e.state.RouterPort
	e.mu.Unlock()
	return routerListeners(ctx, e.opts.Port, recorded)
}

// bringUp does everything from add-ons to a formation that is up.
func (e *Emulator) bringUp(ctx context.Context) error {
	if err := e.resolveConfig(); err != nil {
		return err
	}
	if err := e.prepare(ctx); err != nil {
		return err
	}
	close(e.configured)
	if e.opts.AddOnsOnly {
		e.becomeReady()
		return nil
	}
	if err := e.release(ctx); err != nil {
		return err
	}
	return e.startFormation(ctx)
}

func (e *Emulator) setPhase(p phase) {
	e.mu.Lock()
	e.phase = p
	e.mu.Unlock()
}

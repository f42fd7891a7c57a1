// Package dyno supervises one dyno with Heroku's semantics: it starts the
// process, waits until the port is open, restarts after a crash with a back-off,
// stops the whole process tree with a grace time, and tells what happened in
// the very lines Heroku's log shows.
//
// A Dyno has one goroutine, the one that calls Run; the other methods only ask
// it. Processes are started through a Launcher, in practice a
// *sentinel.Sentinel, so a dyno never outlives inshore.
//
//	d := dyno.New(guard, dyno.Spec{Name: "web.1", Argv: argv, Port: 41203}, func(e dyno.Event) { … })
//	exit := d.Run(ctx)
package dyno

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/inshore-dev/inshore/emulator/sentinel"
)

// Launcher starts processes. *sentinel.Sentinel is one.
type Launcher interface {
	Launch(sentinel.Spec) (*sentinel.Process, error)
}

// Output takes what a dyno prints.
type Output interface {
	// Open returns the write end of a pipe for the stream, "stdout" or
	// "stderr", for one start of the dyno. The dyno closes file once the
	// process has its copy. It calls finish, when not nil, once nothing more is
	// to be expected: when the process tree is gone, or one second after the
	// process itself ended, since a descendant may hold the pipe for ever.
	Open(stream string) (file *os.File, finish func(), err error)
}

// Defaults of Spec.
const (
	// DefaultBootTimeout is the time a web dyno has to bind $PORT (Dev Center,
	// "Web Dyno Startup": R10 after 60 seconds).
	DefaultBootTimeout = 60 * time.Second
	// DefaultGrace is the time between SIGTERM and SIGKILL (Dev Center, "Dyno
	// Shutdown Behavior": 30 seconds).
	DefaultGrace = 30 * time.Second
	// DefaultHintAfter is when a dyno that listens on another port is told so.
	DefaultHintAfter = 3 * time.Second

	defaultOrphanGrace = time.Second
)

// Spec describes a dyno. Name and Argv have no default.
type Spec struct {
	// Name is the dyno's name, "web.1".
	Name string
	// Command is shown in log lines; empty means Argv joined with blanks.
	Command string
	// Argv, Dir and Env are what is executed, as in sentinel.Spec.
	Argv []string
	Dir  string
	Env  []string
	// Port must be open before the dyno is up; 0 means that it is up at once.
	Port int
	// BootTimeout bounds the wait for Port; 0 means DefaultBootTimeout.
	BootTimeout time.Duration
	// HintAfter is when the WrongPort event may come; 0 means DefaultHintAfter.
	HintAfter time.Duration
	// Grace lies between the stop signal and the kill; 0 means DefaultGrace.
	Grace time.Duration
	// OrphanGrace is Grace for what is left when the process ended by itself;
	// 0 means one second.
	OrphanGrace time.Duration
	// Policy decides when a crashed dyno starts again.
	Policy Policy
	// Output takes stdout and stderr; nil discards them.
	Output Output
	// Stdin is handed to the process and stays the caller's; nil is the null device.
	Stdin *os.File
	// Stdout and Stderr, when set, are handed to the process in place of
	// Output's pipes (an attached one-off dyno) and stay the caller's.
	Stdout, Stderr *os.File
	// TTY makes Stdin the controlling terminal.
	TTY bool
	// StopSignal asks the processes to end; 0 means SIGTERM.
	StopSignal syscall.Signal
}

// withDefaults fills in what the caller left out.
func (s Spec) withDefaults() Spec {
	s.Command = cmp.Or(s.Command, strings.Join(s.Argv, " "))
	s.BootTimeout = cmp.Or(s.BootTimeout, DefaultBootTimeout)
	s.HintAfter = cmp.Or(s.HintAfter, DefaultHintAfter)
	s.Grace = cmp.Or(s.Grace, DefaultGrace)
	s.OrphanGrace = cmp.Or(s.OrphanGrace, defaultOrphanGrace)
	s.StopSignal = cmp.Or(s.StopSignal, syscall.SIGTERM)
	return s
}

// ErrNotRunning is returned by Restart while Run is not active.
var ErrNotRunning = errors.New("the dyno is not running")

// Dyno is one supervised dyno. Its methods may be called from any goroutine.
type Dyno struct {
	launcher Launcher
	name     string
	observe  func(Event)
	jitter   func() float64 // in [0, 1)
	commands chan command   // taken by the goroutine of Run

	// Only the goroutine of Run uses these.
	crashes  int       // in a row
	restarts []command // answered at the next start

	mu      sync.Mutex
	spec    Spec
	status  Status
	process *sentinel.Process // nil when none runs
	ended   chan struct{}     // closed when the present Run returns; nil before the first
	running bool
	started bool // there was a start before
}

// command is a request to the goroutine of Run.
type command struct {
	restart bool       // else stop
	done    chan error // has room for the answer
}

// Status is a snapshot of a dyno.
type Status struct {
	Name       string
	State      State
	PID        int       // 0 when no process runs
	Since      time.Time // when State was entered
	Restarts   int       // starts after the first one
	NextStart  time.Time // when a crashed dyno starts again; zero when none is planned
	Exit       *Exit     // how the last process ended; nil before
	Port       int
	ListenAddr string // where Port was found open, for example "127.0.0.1:41203"
}

// New describes a dyno; nothing is started before Run. observe is called for
// every event, in order, from the goroutine of Run; it must not call the Dyno's
// blocking methods. It may be nil.
func New(launcher Launcher, spec Spec, observe func(Event)) *Dyno {
	if observe == nil {
		observe = func(Event) {}
	}
	spec = spec.withDefaults()
	return &Dyno{
		launcher: launcher,
		name:     spec.Name,
		observe:  observe,
		jitter:   rand.Float64,
		commands: make(chan command),
		spec:     spec,
		status:   Status{Name: spec.Name, State: Down, Port: spec.Port, Since: time.Now()},
	}
}

// Restart stops the process and starts it again; the back-off begins anew. It
// returns when the new process was started, with a *problem.Problem when it could
// not be, or when ctx ended. ErrNotRunning means that Run is not active.
func (d *Dyno) Restart(ctx context.Context) error {
	return d.ask(ctx, true)
}

// Stop stops the dyno and returns when its processes are gone. When ctx ends
// first they are killed. A dyno whose Run is not active is left as it is.
func (d *Dyno) Stop(ctx context.Context) error {
	err := d.ask(ctx, false)
	if err != nil && ctx.Err() != nil {
		d.Kill()
		err = d.ask(context.WithoutCancel(ctx), false)
	}
	if errors.Is(err, ErrNotRunning) {
		return nil
	}
	return err
}

// Kill kills the processes at once, whatever goes on, and does not wait. A dyno
// that is being stopped is then down; any other one has crashed.
func (d *Dyno) Kill() {
	d.mu.Lock()
	process := d.process
	d.mu.Unlock()
	if process != nil {
		process.BeginStop(0)
	}
}

// Signal sends a signal to every process of the dyno.
func (d *Dyno) Signal(sig syscall.Signal) error {
	d.mu.Lock()
	process := d.process
	d.mu.Unlock()
	if process == nil {
		return nil
	}
	return process.Signal(sig)
}

// Replace sets the description to be used from the next start on. Name stays.
func (d *Dyno) Replace(spec Spec) {
	spec = spec.withDefaults()
	spec.Name = d.name
	d.mu.Lock()
	defer d.mu.Unlock()
	d.spec = spec
}

// Status is the dyno's present state.
func (d *Dyno) Status() Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status
}

// Tree lists the process ids of the dyno, its own process first. It is empty
// when none runs.
func (d *Dyno) Tree() []int {
	d.mu.Lock()
	process := d.process
	d.mu.Unlock()
	if process == nil {
		return nil
	}
	pids, err := process.Tree()
	if err != nil {
		return nil
	}
	return pids
}

// ask hands a command to the goroutine of Run and waits for the answer.
func (d *Dyno) ask(ctx context.Context, restart bool) error {
	d.mu.Lock()
	running, ended := d.running, d.ended
	d.mu.Unlock()
	if !running {
		return ErrNotRunning
	}
	c := command{restart: restart, done: make(chan error, 1)}
	select {
	case d.commands <- c:
	case <-ended:
		return ErrNotRunning
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-c.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

package emulator

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/control"
	"github.com/inshore-dev/inshore/emulator/dyno"
	"github.com/inshore-dev/inshore/emulator/logs"
	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/emulator/router"
)

// Options say how to run an app. The zero value runs every process type with
// built-in defaults, prints nothing and listens on the sticky port.
type Options struct {
	Port         int               // router port; 0: the recorded one, else 5300, else the next free pair
	PortBase     int               // first dyno port; 0: the recorded one, else one chosen for the checkout
	Engine       addons.Engine     // auto by default
	Only         []string          // process types to run; empty: all
	Except       []string          // process types not to run
	Without      []string          // add-ons (name, service or slug) not to provision
	Quantities   map[string]int    // dynos wanted by process type; overrides the formation
	NoRelease    bool              // skip the release phase
	NoBuild      bool              // do not build what the Procfile expects to be built
	NoRouter     bool              // dynos and add-ons only
	AddOnsOnly   bool              // provision add-ons, run nothing (one-off commands)
	Metadata     bool              // set DYNO and the HEROKU_* variables, which some apps take for production
	FailFast     bool              // end the run at the first crash of a dyno
	Ephemeral    bool              // own ports, add-on data may be traded for speed; removed at the end
	StateDir     string            // default <app>/.inshore; a temporary directory when Ephemeral
	CacheDir     string            // default the user's cache directory
	Catalogue    *addons.Catalogue // services known; nil: none
	Executable   string            // our own binary, for re-executed helpers; default os.Executable
	Stdout       io.Writer         // where the merged log goes; nil: nowhere
	Formatter    logs.Formatter    // how its lines look; nil: plain text
	Observe      func(Event)       // told every fact in order, never concurrently; nil: nobody
	BootTimeout  time.Duration     // for a web dyno to bind $PORT; 0: 60 s
	Grace        time.Duration     // between SIGTERM and SIGKILL; 0: 30 s
	RestartAfter dyno.Policy       // back-off after a crash; development by default
}

// Emulator runs one app. Create it with New, run it once with Run. Its methods
// may be called from any goroutine.
type Emulator struct {
	app      *app.App
	opts     Options
	stateDir string
	id       string // tells this run's state directory apart: the checkout's id unless it is a directory of its own
	started  time.Time

	hub    *logs.Hub
	sink   *logs.Sink
	router *router.Router
	guard  *guard
	ports  *claims
	host   addons.Host

	ready  chan struct{} // closed once everything wanted was up
	killed chan struct{} // closed by Kill
	kill   func()
	over   chan struct{} // closed when everything has been stopped
	// configured is closed when the config is complete, formed when every dyno of
	// the formation was started once.
	configured, formed chan struct{}
	stop               context.CancelCauseFunc // ends the run; set by Run before anything can call it
	runCtx             context.Context         //nolint:containedctx // of the run: one-off dynos asked for later end with it
	observe            sync.Mutex              // one event at a time
	// changing is held by whoever changes the formation on request: restart,
	// stop, start, scale.
	changing   sync.Mutex
	publishing sync.Mutex     // the router learns of the newest formation last
	oneOffs    sync.WaitGroup // detached one-off dynos

	mu        sync.Mutex
	state     state
	url       string
	urls      []string
	config    []app.ConfigVar // resolved
	addOns    []*provisioned
	externals []control.AddOn // what the user provides
	members   []*member       // in the order of the formation
	counts    map[string]int
	failed    *problem.Problem // first failure of a dyno that was never up
	phase     phase
	working   sync.WaitGroup // goroutines of the run
	buildIn   string         // directory of built programs; empty when nothing was built
}

type phase int

const (
	phaseStarting phase = iota
	phaseUp
	phaseStopping
)

// New validates the options. It does no I/O and starts nothing.
func New(a *app.App, opts Options) (*Emulator, error) {
	if a == nil {
		return nil, fmt.Errorf("no app to run")
	}
	for _, name := range slices.Concat(opts.Only, opts.Except) {
		if _, ok := a.Process(name); !ok {
			return nil, unknownProcessType(a, name)
		}
	}
	if opts.Catalogue == nil {
		opts.Catalogue = &addons.Catalogue{}
	}
	if opts.Observe == nil {
		opts.Observe = func(Event) {}
	}
	killed := make(chan struct{})
	e := &Emulator{
		app:      a,
		opts:     opts,
		stateDir: opts.StateDir,
		ready:    make(chan struct{}),
		killed:   killed,
		over:     make(chan struct{}),

		configured: make(chan struct{}),
		formed:     make(chan struct{}),
		kill:       sync.OnceFunc(func() { close(killed) }),
		counts:     map[string]int{},
		stop:       func(error) {},
	}
	if e.stateDir == "" {
		e.stateDir = StateDir(a.Dir)
	}
	for _, p := range a.Processes {
		if !selected(p.Name, opts) {
			continue
		}
		n := quantity(p, opts)
		if wrong := checkQuantity(p.Name, n); wrong != nil {
			return nil, wrong
		}
		e.counts[p.Name] = n
	}
	return e, nil
}

// StateDir is where inshore keeps everything it writes for the app in dir.
func StateDir(dir string) string { return filepath.Join(dir, ".inshore") }

// Kill makes a stop that is under way immediate (the second Ctrl-C).
func (e *Emulator) Kill() { e.kill() }

// Ready is closed when everything wanted is up for the first time.
func (e *Emulator) Ready() <-chan struct{} { return e.ready }

// URL is where the router answers, for example http://127.0.0.1:5300. It is
// empty until the router listens.
func (e *Emulator) URL() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.url
}

// Config is the resolved config, sorted by name, add-on variables and
// generated secrets included. It is complete once add-ons are provisioned.
func (e *Emulator) Config() []app.ConfigVar {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.config)
}

// Logs is the last n lines of the merged log in Heroku's format, for the
// message of a failed test.
func (e *Emulator) Logs(n int) string {
	if e.hub == nil {
		return ""
	}
	var text []byte
	format := logs.NewHeroku(nil)
	for _, line := range e.hub.Tail(n, logs.Filter{}) {
		text = format.Format(text, &line)
	}
	return string(text)
}

// Status describes the run as `inshore status` shows it.
func (e *Emulator) Status() control.Status { return e.status() }

// tell hands an event to the observer, one at a time.
func (e *Emulator) tell(event Event) {
	e.observe.Lock()
	defer e.observe.Unlock()
	event.Time = time.Now()
	e.opts.Observe(event)
}

// note says something once: to the observer and in the log.
func (e *Emulator) note(format string, args ...any) {
	e.tell(Event{Kind: EventNotice, Text: fmt.Sprintf(format, args...)})
}

func (e *Emulator) executable() (string, error) {
	if e.opts.Executable != "" {
		return e.opts.Executable, nil
	}
	return os.Executable()
}

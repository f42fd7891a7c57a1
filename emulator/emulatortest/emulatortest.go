// Package emulatortest runs an app with its add-ons inside a Go test.
//
//	func TestMain(m *testing.M) { emulatortest.Main(m) }
//
//	func TestSign(t *testing.T) {
//		app := emulatortest.Start(t, "../guestbook")
//		response, err := http.Get(app.URL + "/entries.json")
//		…
//	}
//
// Every Start has its own ports, data and state directory, so tests may run in
// parallel; all of it is gone when the test ends. When the test has failed, the
// last lines of the app's log are shown.
//
// Main is needed because inshore guards its processes by re-executing the
// program it lives in: the test binary becomes that program.
package emulatortest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/postgres"
	"github.com/inshore-dev/inshore/addons/redis"
	"github.com/inshore-dev/inshore/addons/s3"
	"github.com/inshore-dev/inshore/emulator"
	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/sentinel"
)

const (
	defaultReady = 2 * time.Minute
	defaultGrace = 5 * time.Second
	// shownLines is how much of the log a failed test shows.
	shownLines = 200
)

// Options adjust a run. The zero value runs the whole app.
type Options struct {
	Config    map[string]string // config vars, stronger than all others
	Only      []string          // process types to run; empty: all
	Without   []string          // add-ons not to provision
	Engine    addons.Engine     // auto by default
	NoRelease bool              // skip the release phase
	Ready     time.Duration     // how long the app may take to be up; default 2 minutes
	Procfile  string            // another Procfile; default Procfile, never Procfile.dev
}

// App is a running app. Its methods may be called by several goroutines.
type App struct {
	URL string // of the router, without a slash at the end

	emulator *emulator.Emulator
}

// Main runs the tests of a package. It belongs into TestMain; it does not
// return.
func Main(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case sentinel.Command:
			os.Exit(sentinel.Main()) //nolint:forbidigo // this process is the sentinel, not a test
		case s3.Command:
			os.Exit(s3.Main(os.Args[2:])) //nolint:forbidigo // this process is the S3 server, not a test
		case redis.Command:
			os.Exit(redis.Main(os.Args[2:])) //nolint:forbidigo // this process is the limited Redis server, not a test
		}
	}
	_ = os.Setenv(guardedVariable, "1") // should it fail, Start says so
	os.Exit(m.Run())                    //nolint:forbidigo // what TestMain does
}

// guardedVariable tells Start that Main was called, without which no process
// can be started.
const guardedVariable = "INSHORE_EMULATORTEST"

// Start runs the app in dir and returns when everything is up. Any failure ends
// the test. The app is stopped, and its data removed, when the test ends.
func Start(tb testing.TB, dir string, options ...Options) *App {
	tb.Helper()
	if os.Getenv(guardedVariable) == "" {
		tb.Fatal("emulatortest: add this to the package's tests: func TestMain(m *testing.M) { emulatortest.Main(m) }")
	}
	var opts Options
	if len(options) > 0 {
		opts = options[0]
	}
	a := &App{}
	ctx, cancel := context.WithCancel(tb.Context())
	var running sync.WaitGroup
	var runErr error
	e := a.prepare(tb, dir, opts)
	tb.Cleanup(func() {
		cancel()
		running.Wait()
		if tb.Failed() {
			tb.Logf("log of the app in %s:\n%s", dir, e.Logs(shownLines))
		}
	})
	ended := make(chan struct{})
	running.Go(func() {
		defer close(ended)
		runErr = e.Run(ctx)
	})
	select {
	case <-e.Ready():
		a.URL = e.URL()
	case <-ended:
		tb.Fatalf("emulatortest: the app did not come up: %v", runErr)
	case <-time.After(orDefault(opts.Ready, defaultReady)):
		tb.Fatalf("emulatortest: the app was not up in time: %+v", e.Status().Dynos)
	}
	return a
}

func (a *App) prepare(tb testing.TB, dir string, opts Options) *emulator.Emulator {
	tb.Helper()
	catalogue := &addons.Catalogue{}
	for _, service := range []*addons.Service{postgres.Service(), redis.Service(), s3.Service(), s3.Cloudcube()} {
		catalogue.Register(service)
	}
	loaded, problems := app.Load(app.LoadOptions{
		Dir: dir, Environ: os.Environ(), Environment: "test", Procfile: opts.Procfile, Set: pairs(opts.Config),
		AddOnVars: emulator.AddOnVars(catalogue),
	})
	if err := problems.Err(); err != nil {
		tb.Fatalf("emulatortest: %v", err)
	}
	e, err := emulator.New(loaded, emulator.Options{
		Ephemeral: true, FailFast: true, Catalogue: catalogue, Engine: opts.Engine, Only: opts.Only,
		Without: opts.Without, NoRelease: opts.NoRelease, StateDir: stateDir(tb), Grace: defaultGrace,
	})
	if err != nil {
		tb.Fatalf("emulatortest: %v", err)
	}
	a.emulator = e
	return e
}

// stateDir is short, because sockets live in it and their paths are limited.
func stateDir(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "inshore-test-") //nolint:usetesting // the path of t.TempDir is long
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
			tb.Errorf("emulatortest: %v", err)
		}
	})
	return filepath.Join(dir, "state")
}

// Config gives the value of a config var as the app sees it; empty when unset.
func (a *App) Config(name string) string {
	for _, v := range a.emulator.Config() {
		if v.Name == name {
			return v.Value
		}
	}
	return ""
}

// Logs gives the last lines of the app's log in Heroku's format.
func (a *App) Logs() string { return a.emulator.Logs(shownLines) }

// Run runs a command in a one-off dyno and returns its exit status; its output
// is in the log.
func (a *App) Run(ctx context.Context, command string) (int, error) {
	return a.emulator.RunOnce(ctx, command)
}

func pairs(vars map[string]string) []string {
	var list []string
	for name, value := range vars {
		list = append(list, fmt.Sprintf("%s=%s", name, value))
	}
	return list
}

func orDefault(d, fallback time.Duration) time.Duration {
	if d != 0 {
		return d
	}
	return fallback
}

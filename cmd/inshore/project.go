package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/inshore-dev/inshore/emulator"
	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/control"
	"github.com/inshore-dev/inshore/emulator/problem"
)

// project is the folder a command works in. It is known even when its files
// cannot be read, so that a running app can always be looked at and stopped.
type project struct {
	dir      string // absolute, symbolic links resolved
	checkout string
	stateDir string
}

// locate finds the project's folder.
func locate(c *cli.Context) (project, error) {
	dir := cmp.Or(c.String("dir"), ".")
	abs, err := filepath.Abs(dir)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	if err == nil {
		var info os.FileInfo
		if info, err = os.Stat(abs); err == nil && !info.IsDir() {
			err = errors.New("not a directory")
		}
	}
	if err != nil {
		return project{}, problem.Newf("S001", "%s is not a directory that can be read", dir).Wrap(err).Cause("%v", err)
	}
	return project{dir: abs, checkout: app.CheckoutID(abs), stateDir: emulator.StateDir(abs)}, nil
}

// path is a file of the project.
func (p project) path(name string) string { return filepath.Join(p.dir, name) }

// declared tells whether the folder holds something that inshore would run.
func (p project) declared() bool {
	for _, name := range []string{"Procfile", "Procfile.dev", "app.json"} {
		if _, err := os.Stat(p.path(name)); err == nil {
			return true
		}
	}
	return false
}

// dial finds the emulator that runs here.
func (p project) dial() (*control.Client, error) {
	client, err := control.Dial(p.stateDir, p.checkout)
	if errors.Is(err, control.ErrNotRunning) {
		return nil, notRunning()
	}
	return client, err
}

// running finds the project and the emulator that runs it.
func running(c *cli.Context) (*control.Client, project, error) {
	p, err := locate(c)
	if err != nil {
		return nil, p, err
	}
	client, err := p.dial()
	return client, p, err
}

// load reads the app. Warnings are printed, errors returned.
func (inv *invocation) load(c *cli.Context, p project, opts app.LoadOptions) (*app.App, error) {
	opts.Dir, opts.Name, opts.Environ = p.dir, c.String("app"), inv.environ
	opts.AddOnVars = emulator.AddOnVars(newCatalogue())
	a, problems := app.Load(opts)
	if a == nil || problems.Failed() {
		return nil, problems
	}
	if !inv.json {
		inv.problems(problems)
	}
	return a, nil
}

// withRun calls the function with a client of the running emulator, or of one
// that provides nothing but add-ons for as long as the function lasts: the named
// ones, or all of the app's when none is named.
func (inv *invocation) withRun(ctx context.Context, c *cli.Context, only []string, do func(*control.Client, project) error) error {
	client, p, err := running(c)
	if err == nil {
		return do(client, p)
	}
	if !errors.Is(err, control.ErrNotRunning) {
		return err
	}
	a, err := inv.load(c, p, app.LoadOptions{Web: "true"})
	if err != nil {
		return err
	}
	without, err := otherAddOns(p, a, only)
	if err != nil {
		return err
	}
	return inv.withAddOns(ctx, a, without, func() error {
		client, err := p.dial()
		if err != nil {
			return err
		}
		return do(client, p)
	})
}

// otherAddOns names the app's add-ons that are not among the given ones; none
// when none is given.
func otherAddOns(p project, a *app.App, only []string) ([]string, error) {
	if len(only) == 0 {
		return nil, nil
	}
	list, err := declaredAddOns(p, a)
	if err != nil {
		return nil, err
	}
	var others []string
	for _, addOn := range list {
		if !slices.Contains(only, addOn.Name) {
			others = append(others, addOn.Name)
		}
	}
	return others, nil
}

// withAddOns runs an emulator that provides the app's add-ons, and stops it
// when the function has returned.
func (inv *invocation) withAddOns(ctx context.Context, a *app.App, without []string, do func() error) error {
	// Ctrl-C while add-ons start must stop what was started.
	ctx, release := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer release()
	runCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	view := newTranscript(inv.talk, inv.quiet || inv.json)
	e, err := emulator.New(a, emulator.Options{
		AddOnsOnly: true,
		Without:    without,
		Catalogue:  newCatalogue(),
		Observe:    view.event,
	})
	if err != nil {
		return err
	}
	view.status = e.Status
	view.addOnsOnly = true
	ended := make(chan error, 1)
	// Ends when the context does, at the latest on return.
	go func() { ended <- e.Run(runCtx) }()
	select {
	case <-ctx.Done():
		stop()
		<-ended //nolint:errcheck // it says that it was stopped
		return errInterrupted
	case err := <-ended:
		return cmp.Or(err, errors.New("the add-ons could not be started"))
	case <-e.Ready():
	}
	view.clear()
	err = do()
	stop()
	return errors.Join(err, <-ended)
}

// home shortens a path for people.
func (inv *invocation) home(path string) string {
	home := inv.getenv("HOME")
	if home == "" || home == "/" {
		return path
	}
	if rest, ok := strings.CutPrefix(path, strings.TrimSuffix(home, "/")); ok && (rest == "" || rest[0] == '/') {
		return "~" + rest
	}
	return path
}

package emulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/logs"
	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/emulator/sentinel"
)

// provisioned is an add-on of the run.
type provisioned struct {
	request  addons.Request
	resource addons.Resource
	since    time.Time
	lost     bool       // its server ended by itself and is being started again
	work     sync.Mutex // held while the server is replaced on purpose: reset, destroy
}

// prepare provisions the add-ons and builds the app at the same time: neither
// needs the other.
func (e *Emulator) prepare(ctx context.Context) error {
	requests, err := e.addOnRequests()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var building sync.WaitGroup
	var buildErr error
	building.Go(func() {
		if buildErr = e.build(ctx); buildErr != nil {
			cancel()
		}
	})
	provisionErr := e.provision(ctx, requests)
	if provisionErr != nil {
		cancel()
	}
	building.Wait()
	switch {
	case buildErr == nil, provisionErr != nil && errors.Is(buildErr, context.Canceled):
		return provisionErr
	case provisionErr == nil, errors.Is(provisionErr, context.Canceled):
		return buildErr
	}
	return errors.Join(provisionErr, buildErr)
}

// addOnRequests says what to provision: what app.json names, without what the
// user left out or provides.
func (e *Emulator) addOnRequests() ([]addons.Request, error) {
	var wants []addons.Want
	for _, a := range e.app.AddOns {
		if !e.without(a) {
			wants = append(wants, addons.Want{Plan: a.Plan, As: a.As, Options: a.Options, Place: a.Place})
		}
	}
	requests, problems := e.opts.Catalogue.Requests(wants)
	for _, p := range problems {
		if p.Severity != problem.Error {
			e.tell(Event{Kind: EventNotice, Problem: p})
		}
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	requests = slices.DeleteFunc(requests, e.isExternal)
	for i := range requests {
		requests[i].Spec.Ephemeral = e.opts.Ephemeral
	}
	return requests, nil
}

// without tells whether the user asked to leave an add-on out, by its slug, its
// service's kind or an alias.
func (e *Emulator) without(a app.AddOn) bool {
	slug, _, _ := strings.Cut(a.Plan, ":")
	names := []string{slug, a.As}
	if service, _, err := e.opts.Catalogue.Resolve(a.Plan); err == nil {
		names = append(names, service.Kind, service.Slug)
	}
	return slices.ContainsFunc(e.opts.Without, func(name string) bool {
		return name != "" && slices.Contains(names, name)
	})
}

// describeOrigin is for people: ".env:3", "the environment".
func describeOrigin(o app.Origin) string {
	switch {
	case o.Layer == app.LayerAddOn:
		return "add-on " + o.File
	case o.Layer == app.LayerGenerated:
		return "generated"
	case o.Line > 0:
		return o.File + ":" + strconv.Itoa(o.Line)
	case o.File != "":
		return o.File
	default:
		return string(o.Layer)
	}
}

func (e *Emulator) provision(ctx context.Context, requests []addons.Request) error {
	if len(requests) == 0 {
		return nil
	}
	for _, r := range requests {
		e.tell(Event{Kind: EventAddOnStarting, Name: r.Spec.Name})
	}
	host := e.host
	host.Ready = func(r addons.Resource, took time.Duration) {
		e.tell(Event{Kind: EventAddOnReady, Name: r.Info().Name, AddOn: r.Info(), Duration: took})
	}
	resources, notices, err := addons.Provision(ctx, host, requests, e.opts.Engine)
	for _, n := range notices {
		e.tell(Event{Kind: EventNotice, Name: n.Addon, Text: n.Addon + ": " + n.Text})
	}
	if err != nil {
		return err
	}
	e.mu.Lock()
	runCtx := e.runCtx // ctx ends with the provisioning
	e.mu.Unlock()
	for i, resource := range resources {
		added := &provisioned{request: requests[i], resource: resource, since: time.Now()}
		e.mu.Lock()
		e.addOns = append(e.addOns, added)
		e.mu.Unlock()
		e.addVars(resource.Info().Name, resource.Vars())
		e.working.Go(func() { e.watchAddOn(runCtx, added) })
	}
	return nil
}

// watchAddOn starts an add-on again whose server ended by itself. It ends with
// the run.
func (e *Emulator) watchAddOn(ctx context.Context, p *provisioned) {
	for {
		faller, ok := e.resourceOf(p).(addons.Faller)
		if !ok {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-faller.Done():
		}
		if !e.revive(ctx, p) {
			return
		}
	}
}

// revive starts the server of an add-on again unless it was ended on purpose. It
// tells whether there is anything left to watch.
func (e *Emulator) revive(ctx context.Context, p *provisioned) bool {
	p.work.Lock()
	defer p.work.Unlock()
	if e.currentPhase() == phaseStopping || ctx.Err() != nil || !e.has(p) {
		return false
	}
	if faller, ok := e.resourceOf(p).(addons.Faller); ok && !isClosed(faller.Done()) {
		return true // it was replaced meanwhile
	}
	name := p.request.Spec.Name
	e.hub.Log(logs.Inshore, "inshore", name+" ended by itself, starting it again")
	e.setLost(p, true)
	resources, _, err := addons.Provision(ctx, e.host, []addons.Request{p.request}, e.opts.Engine)
	if ctx.Err() != nil {
		return false
	}
	if err != nil {
		e.tell(Event{Kind: EventNotice, Name: name, Problem: addOnLost(name, err)})
		return false
	}
	e.mu.Lock()
	p.resource, p.since, p.lost = resources[0], time.Now(), false
	e.mu.Unlock()
	return true
}

func addOnLost(name string, err error) *problem.Problem {
	return problem.Newf("A010", "%s ended and could not be started again", name).Wrap(err).Cause("%v", err).
		Fix("see its last lines: inshore logs %s · then: inshore down && inshore up", name)
}

func (e *Emulator) setLost(p *provisioned, lost bool) {
	e.mu.Lock()
	p.lost = lost
	e.mu.Unlock()
}

// addOn finds an add-on of the run by its name or its service's slug.
func (e *Emulator) addOn(name string) (*provisioned, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var known []string
	for _, a := range e.addOns {
		if a.request.Spec.Name == name || a.request.Service.Slug == name {
			return a, nil
		}
		known = append(known, a.request.Spec.Name)
	}
	return nil, unknownAddOn(name, known)
}

func (e *Emulator) resourceOf(a *provisioned) addons.Resource {
	e.mu.Lock()
	defer e.mu.Unlock()
	return a.resource
}

func (e *Emulator) has(a *provisioned) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Contains(e.addOns, a)
}

// forget takes an add-on out of the run, so that its end is not an accident.
func (e *Emulator) forget(a *provisioned) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.addOns = slices.DeleteFunc(e.addOns, func(other *provisioned) bool { return other == a })
}

// stopAddOns stops all add-ons at the same time; their data stays, unless the
// run is ephemeral.
func (e *Emulator) stopAddOns(ctx context.Context) {
	e.mu.Lock()
	list := slices.Clone(e.addOns)
	e.mu.Unlock()
	var stopping sync.WaitGroup
	for _, p := range list {
		stopping.Go(func() {
			p.work.Lock() // a revival or reset that is under way ends first
			defer p.work.Unlock()
			began := time.Now()
			resource := e.resourceOf(p)
			stop := resource.Stop
			if e.opts.Ephemeral {
				stop = resource.Destroy
			}
			if err := stop(ctx); err != nil {
				e.hub.Log(logs.Inshore, "inshore", fmt.Sprintf("stop %s: %v", p.request.Spec.Name, err))
			}
			e.tell(Event{Kind: EventAddOnStopped, Name: p.request.Spec.Name, Duration: time.Since(began)})
		})
	}
	stopping.Wait()
}

// addOnHost is what drivers may use of this machine.
func (e *Emulator) addOnHost(executable string) addons.Host {
	return addons.Host{
		Dir:        e.stateDir,
		CacheDir:   e.cacheDir(),
		Checkout:   e.id,
		App:        e.app.Name,
		Executable: executable,
		Getenv:     func(name string) string { return lookup(e.app.Environ, name) },
		Launch:     e.launchServer,
		Port:       e.ports.port,
		Log:        func(name string) io.Writer { return e.hub.Writer(logs.AddOn, name) },
		Notice:     func(text string) { e.note("%s", text) },
		Progress: func(name, text string, done, total int64) {
			e.tell(Event{Kind: EventAddOnProgress, Name: name, Text: text, Done: done, Total: total})
		},
	}
}

func (e *Emulator) cacheDir() string {
	if e.opts.CacheDir != "" {
		return e.opts.CacheDir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return filepath.Join(e.stateDir, "cache")
	}
	return filepath.Join(dir, "inshore")
}

// launchServer starts the server of an add-on under the sentinel, which stops
// such servers after the dynos that use them.
func (e *Emulator) launchServer(_ context.Context, launch addons.Launch) (addons.Process, error) {
	spec := sentinel.Spec{
		Name: launch.Name, Argv: launch.Argv, Env: launch.Env, Dir: launch.Dir,
		StopSignal: launch.StopSignal, Last: true,
	}
	if launch.User != nil {
		spec.User = &sentinel.User{UID: launch.User.UID, GID: launch.User.GID, Namespace: launch.User.Namespace}
	}
	s := &server{}
	if launch.Log != nil {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		defer w.Close()
		spec.Stdout, spec.Stderr, s.output = w, w, r
		s.copying.Go(func() {
			defer r.Close()
			_, _ = io.Copy(launch.Log, r) // a log that fails is no fault of the server
		})
	}
	process, err := e.guard.Launch(spec)
	if err != nil {
		return nil, err
	}
	s.process = process
	return s, nil
}

// server is a process of an add-on together with the copying of its output.
type server struct {
	process *sentinel.Process
	output  *os.File // the read end of its log; nil without one
	copying sync.WaitGroup
}

// PID is the server's process id.
func (s *server) PID() int { return s.process.PID() }

// Done is closed when the server has ended.
func (s *server) Done() <-chan struct{} { return s.process.Done() }

// Stop ends the server and everything it started, and waits for its last words.
func (s *server) Stop(ctx context.Context, grace time.Duration) error {
	_, err := s.process.Stop(ctx, grace)
	if s.output != nil {
		// A process that escaped may hold the pipe for ever.
		_ = s.output.SetReadDeadline(time.Now().Add(lateLines))
	}
	s.copying.Wait()
	return err
}

// AddOnVars tells app.Load which config vars the services of a catalogue will
// set, so that they do not count as missing.
func AddOnVars(catalogue *addons.Catalogue) func(app.AddOn) []string {
	return func(a app.AddOn) []string {
		requests, _ := catalogue.Requests([]addons.Want{{Plan: a.Plan, As: a.As}})
		var names []string
		for _, r := range requests {
			if r.Service.VarNames != nil {
				names = append(names, r.Service.VarNames(r.Spec.Attachment)...)
			}
		}
		return names
	}
}

func unknownAddOn(name string, known []string) *problem.Problem {
	p := problem.Newf("C005", "no add-on %q here", name)
	if near := problem.Nearest(name, known); near != "" {
		p.Note("did you mean", "%q?", near)
	}
	if len(known) == 0 {
		return p.Note("note", "this app has no add-ons")
	}
	return p.Note("note", "add-ons here: %s", strings.Join(known, ", "))
}

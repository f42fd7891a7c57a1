package emulator

import (
	"context"
	"fmt"
	"net"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/dyno"
	"github.com/inshore-dev/inshore/emulator/logs"
	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/emulator/router"
)

// member is a dyno of the formation, running or stopped by the user.
type member struct {
	plannedDyno
	dyno    *dyno.Dyno
	began   time.Time
	wasUp   bool
	stopped bool               // by `stop`: not started again until `start`
	cancel  context.CancelFunc // ends dyno.Run
	done    chan struct{}      // closed when dyno.Run has returned
}

// startFormation starts every planned dyno and waits until all of them are up,
// the run ends, or one that was never up makes going on pointless.
func (e *Emulator) startFormation(ctx context.Context) error {
	e.mu.Lock()
	base := e.state.PortBase
	e.mu.Unlock()
	if err := e.remember(func(*state) {}); err != nil {
		return err
	}
	planned := planFormation(e.app.Processes, e.opts, base)
	for _, p := range planned {
		e.tell(Event{Kind: EventDynoStarting, Name: p.Name})
		if err := e.startMember(ctx, p); err != nil {
			return err
		}
	}
	close(e.formed)
	e.publish()
	if e.allUp() {
		e.becomeReady()
	}
	return nil
}

// startMember starts one dyno and supervises it until it is stopped.
func (e *Emulator) startMember(ctx context.Context, p plannedDyno) error {
	spec, err := e.dynoSpec(ctx, &p)
	if err != nil {
		return err
	}
	m := &member{plannedDyno: p, began: time.Now(), done: make(chan struct{})}
	m.dyno = dyno.New(e.guard, spec, func(event dyno.Event) { e.dynoChanged(m, event) })
	// The dyno is stopped by stopMember, in order; the end of ctx alone must not
	// stop all of them before the router has let go of them.
	var runCtx context.Context
	runCtx, m.cancel = context.WithCancel(context.WithoutCancel(ctx))
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.phase == phaseStopping {
		m.cancel()
		return errStopping()
	}
	e.members = append(slices.DeleteFunc(e.members, func(old *member) bool { return old.Name == p.Name }), m)
	e.working.Go(func() {
		defer close(m.done)
		m.dyno.Run(runCtx)
	})
	return nil
}

func errStopping() *problem.Problem { return problem.New("X009", "the run is being stopped") }

// dynoSpec prepares a dyno. It may exchange the planned port for a free one.
func (e *Emulator) dynoSpec(ctx context.Context, p *plannedDyno) (dyno.Spec, error) {
	spec := dyno.Spec{
		Name:        p.Name,
		Command:     p.Type.Command,
		Dir:         e.app.Dir,
		BootTimeout: e.opts.BootTimeout,
		Grace:       e.opts.Grace,
		Policy:      e.opts.RestartAfter,
		Output:      &output{hub: e.hub, process: p.Name},
	}
	extra := e.dynoVars(p.Name)
	if wantsPort(p.Type) {
		port, err := e.ports.port(ctx, p.Port)
		if err != nil {
			return spec, err
		}
		p.Port = port
		extra = append(extra, "PORT="+strconv.Itoa(port))
	} else {
		p.Port = 0
	}
	if p.Type.Name == webType {
		spec.Port = p.Port
	}
	spec.Env = e.environment(extra...)
	spec.Argv = commandArgv(p.Type.Command, e.app.Dir, spec.Env)
	return spec, nil
}

// dynoChanged follows a dyno: it writes Heroku's line, tells the observer and
// lets the router know.
func (e *Emulator) dynoChanged(m *member, event dyno.Event) {
	if event.Line != "" {
		e.hub.Log(logs.Heroku, m.Name, event.Line)
	}
	if event.Problem != nil {
		e.addPlace(event.Problem, m.Type)
		e.tell(Event{Kind: EventNotice, Name: m.Name, Problem: event.Problem})
	}
	switch {
	case event.Kind == dyno.KindState && event.To == dyno.Up:
		e.dynoUp(m, event)
	case event.Kind == dyno.KindState && event.To == dyno.Crashed:
		e.publish()
	case event.Kind == dyno.KindDelayed:
		e.dynoCrashed(m, event)
	case event.Kind == dyno.KindState:
		e.publish()
	}
}

func (e *Emulator) dynoUp(m *member, event dyno.Event) {
	e.mu.Lock()
	first := !m.wasUp
	m.wasUp = true
	e.mu.Unlock()
	e.publish()
	if first {
		text := "running"
		if event.ListenAddr != "" {
			_, port, _ := net.SplitHostPort(event.ListenAddr)
			text = "listening on " + port
		}
		e.tell(Event{Kind: EventDynoUp, Name: m.Name, Text: text, Duration: time.Since(m.began)})
	}
	if e.allUp() {
		e.becomeReady()
	}
}

// dynoCrashed tells why a dyno ended, before it starts again.
func (e *Emulator) dynoCrashed(m *member, event dyno.Event) {
	if e.currentPhase() == phaseStopping {
		return
	}
	p := e.crashProblem(m, event)
	e.mu.Lock()
	neverUp := !m.wasUp && e.phase == phaseStarting
	if e.failed == nil && (neverUp || e.opts.FailFast) {
		e.failed = p
	}
	e.mu.Unlock()
	e.tell(Event{Kind: EventDynoCrashed, Name: m.Name, Problem: p, Duration: event.Delay})
	if e.opts.FailFast {
		e.stop(p)
	}
}

// crashProblem is the block a person reads after a crash: how it ended, what
// ran, its last words and what happens next.
func (e *Emulator) crashProblem(m *member, event dyno.Event) *problem.Problem {
	exit := event.Exit
	if exit == nil {
		exit = m.dyno.Status().Exit
	}
	if exit == nil {
		exit = &dyno.Exit{}
	}
	signal := ""
	if exit.Signal != 0 {
		signal = ", " + exit.Signal.String()
	}
	next := "starting again now"
	if event.Delay > 0 {
		next = "next try in " + event.Delay.Round(100*time.Millisecond).String()
	}
	p := problem.Newf("X001", "%s crashed (exit %d%s) %s after start - %s", m.Name, exit.Status(), signal, brief(exit.Uptime), next).
		Note("command", "%s", m.Type.Command)
	e.addPlace(p, m.Type)
	if lines := e.lastLines(m.Name); len(lines) > 0 {
		p.Quote("last lines", fmt.Sprintf("of %s", m.Name), lines)
	}
	if exit.Problem != nil {
		p.Notes = append(p.Notes, exit.Problem.Notes...)
	}
	return p
}

// lastLinesShown is how many lines of a crashed process are repeated.
const lastLinesShown = 20

func (e *Emulator) lastLines(process string) []string {
	var texts []string
	for _, line := range e.hub.LastLines(process, 2*lastLinesShown) {
		if line.Source == logs.App {
			texts = append(texts, strings.ToValidUTF8(string(line.Text), "\uFFFD"))
		}
	}
	return texts[max(0, len(texts)-lastLinesShown):]
}

// addPlace points at the command in the Procfile.
func (*Emulator) addPlace(p *problem.Problem, t app.ProcessType) {
	if p.Place.File == "" {
		caret := p.Place.Caret
		p.Place = t.Place
		p.Place.Caret = caret
	}
}

func (e *Emulator) allUp() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !isClosed(e.formed) {
		return false
	}
	for _, m := range e.members {
		if !m.wasUp && !m.stopped {
			return false
		}
	}
	return true
}

// becomeReady is called whenever everything is up; only the first time counts.
func (e *Emulator) becomeReady() {
	e.mu.Lock()
	first := e.phase == phaseStarting
	if first {
		e.phase = phaseUp
		e.failed = nil
		close(e.ready)
	}
	e.mu.Unlock()
	if first {
		e.tell(Event{Kind: EventUp})
	}
}

func (e *Emulator) currentPhase() phase {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.phase
}

// publish tells the router which web dynos there are.
func (e *Emulator) publish() {
	e.publishing.Lock()
	defer e.publishing.Unlock()
	formation := router.Formation{Released: true}
	e.mu.Lock()
	formation.Web = e.counts[webType]
	for _, m := range e.members {
		if m.Type.Name == webType && !m.stopped {
			formation.Backends = append(formation.Backends, backend(m))
		}
	}
	e.mu.Unlock()
	// Before the formation is started, requests wait for the dynos to come.
	for n := len(formation.Backends) + 1; n <= formation.Web && e.currentPhase() == phaseStarting; n++ {
		formation.Backends = append(formation.Backends, router.Backend{
			Dyno: fmt.Sprintf("%s.%d", webType, n), State: router.StateStarting,
		})
	}
	e.router.SetFormation(formation)
}

func backend(m *member) router.Backend {
	status := m.dyno.Status()
	b := router.Backend{
		Dyno: m.Name, Addr: status.ListenAddr, State: router.StateStarting, Instance: strconv.Itoa(status.Restarts),
	}
	if b.Addr == "" {
		b.Addr = net.JoinHostPort(loopbacks[0], strconv.Itoa(m.Port))
	}
	switch status.State {
	case dyno.Up:
		b.State = router.StateUp
	case dyno.Crashed, dyno.Down, dyno.Complete:
		b.State = router.StateCrashed
	case dyno.Starting, dyno.Idle:
	}
	return b
}

// matching gives the members that fit one of the patterns: a dyno's name, a
// process type or a glob. No pattern fits all of them.
func (e *Emulator) matching(patterns []string) ([]*member, error) {
	e.mu.Lock()
	members := slices.Clone(e.members)
	e.mu.Unlock()
	if len(patterns) == 0 {
		return members, nil
	}
	var found []*member
	for _, pattern := range patterns {
		before := len(found)
		for _, m := range members {
			if fits(pattern, m) && !slices.Contains(found, m) {
				found = append(found, m)
			}
		}
		if len(found) == before && !slices.ContainsFunc(found, func(m *member) bool { return fits(pattern, m) }) {
			return nil, unknownProcessType(e.app, pattern)
		}
	}
	return found, nil
}

func fits(pattern string, m *member) bool {
	if pattern == m.Name || pattern == m.Type.Name {
		return true
	}
	ok, err := path.Match(pattern, m.Name)
	return err == nil && ok
}

func unknownProcessType(a *app.App, name string) *problem.Problem {
	var known []string
	for _, p := range a.Processes {
		known = append(known, p.Name)
	}
	p := problem.Newf("C004", "no process type %q", name)
	if near := problem.Nearest(name, known); near != "" {
		p.Note("did you mean", "%q?", near)
	}
	return p.Note("note", "process types here: %s", strings.Join(known, ", "))
}

// brief is a duration for people: 0.8s, 12s, 4m10s.
func brief(d time.Duration) string {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

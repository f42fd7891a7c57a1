package emulator

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/inshore-dev/inshore/emulator/dyno"
)

// defaultGrace is how long dynos may take to stop (Dev Center: "Dyno Shutdown
// Behavior").
const defaultGrace = dyno.DefaultGrace

// stopFormation stops all dynos at the same time. The end of ctx (a second
// Ctrl-C) kills what is left.
func (e *Emulator) stopFormation(ctx context.Context) {
	e.mu.Lock()
	members := slices.Clone(e.members)
	e.mu.Unlock()
	var running []string
	for _, m := range members {
		if !isClosed(m.done) {
			running = append(running, m.Name)
		}
	}
	e.tell(Event{Kind: EventStopping, Text: strings.Join(running, ", ")})
	var stopping sync.WaitGroup
	for _, m := range members {
		if !isClosed(m.done) {
			stopping.Go(func() { e.stopMember(ctx, m) })
		}
	}
	stopping.Wait()
}

// stopMember stops one dyno for good and says how it ended.
func (e *Emulator) stopMember(ctx context.Context, m *member) {
	began := time.Now()
	stopErr := m.dyno.Stop(ctx)
	m.cancel() // a dyno that had not begun to run does not begin any more
	select {
	case <-m.done:
	case <-ctx.Done():
		m.dyno.Kill()
		<-m.done
	}
	status := 0
	if exit := m.dyno.Status().Exit; exit != nil {
		status = exit.Status()
	}
	e.tell(Event{
		Kind: EventDynoStopped, Name: m.Name, Status: status,
		Duration: time.Since(began), Killed: stopErr != nil || status == 128+9,
	})
}

// restart stops and starts the members that match. The router lets go of a dyno
// first and holds new requests until one is up again.
func (e *Emulator) restart(ctx context.Context, patterns []string) ([]string, error) {
	e.changing.Lock()
	defer e.changing.Unlock()
	members, err := e.matching(patterns)
	if err != nil {
		return nil, err
	}
	var restarting sync.WaitGroup
	failures := make([]error, len(members))
	for i, m := range members {
		if e.isStopped(m) {
			failures[i] = e.startStopped(ctx, m)
			continue
		}
		restarting.Go(func() { failures[i] = e.restartMember(ctx, m) })
	}
	restarting.Wait()
	return names(members), errors.Join(failures...)
}

func (e *Emulator) restartMember(ctx context.Context, m *member) error {
	if m.Type.Name == webType {
		drainCtx, cancel := context.WithTimeout(ctx, e.grace())
		defer cancel()
		// A request that takes longer than the grace is cut, as on the platform.
		_ = e.router.Drain(drainCtx, m.Name)
	}
	return m.dyno.Restart(ctx)
}

func (e *Emulator) grace() time.Duration {
	if e.opts.Grace != 0 {
		return e.opts.Grace
	}
	return defaultGrace
}

// stopMatching stops dynos until they are started again.
func (e *Emulator) stopMatching(ctx context.Context, patterns []string) ([]string, error) {
	e.changing.Lock()
	defer e.changing.Unlock()
	members, err := e.matching(patterns)
	if err != nil {
		return nil, err
	}
	var stopping sync.WaitGroup
	for _, m := range members {
		stopping.Go(func() {
			e.mu.Lock()
			already := m.stopped
			m.stopped = true
			e.mu.Unlock()
			if already {
				return
			}
			e.publish()
			e.stopMember(ctx, m)
		})
	}
	stopping.Wait()
	e.publish()
	if e.allUp() {
		e.becomeReady()
	}
	return names(members), nil
}

// startMatching starts dynos that were stopped.
func (e *Emulator) startMatching(ctx context.Context, patterns []string) ([]string, error) {
	e.changing.Lock()
	defer e.changing.Unlock()
	members, err := e.matching(patterns)
	if err != nil {
		return nil, err
	}
	members = slices.DeleteFunc(members, func(m *member) bool { return !e.isStopped(m) })
	for _, m := range members {
		if err := e.startStopped(ctx, m); err != nil {
			return nil, err
		}
	}
	return names(members), nil
}

func (e *Emulator) isStopped(m *member) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return m.stopped
}

func (e *Emulator) startStopped(ctx context.Context, m *member) error {
	err := e.startMember(ctx, m.plannedDyno)
	e.publish()
	return err
}

// scale sets how many dynos of each process type there should be, starts the
// missing ones and stops the ones with the highest numbers.
func (e *Emulator) scale(ctx context.Context, wanted map[string]int) error {
	e.changing.Lock()
	defer e.changing.Unlock()
	for name, n := range wanted {
		if wrong := checkQuantity(name, n); wrong != nil {
			return wrong
		}
	}
	for _, p := range e.app.Processes {
		n, ok := wanted[p.Name]
		if !ok || p.Name == releaseType {
			continue
		}
		e.mu.Lock()
		e.counts[p.Name] = n
		base := e.state.PortBase
		e.mu.Unlock()
		if err := e.scaleType(ctx, func(i int) plannedDyno { return planDyno(p, i, base) }, n); err != nil {
			return err
		}
	}
	e.publish()
	return nil
}

func (e *Emulator) scaleType(ctx context.Context, plan func(n int) plannedDyno, wanted int) error {
	for n := 1; n <= wanted; n++ {
		if p := plan(n); e.member(p.Name) == nil {
			if err := e.startMember(ctx, p); err != nil {
				return err
			}
		}
	}
	var stopping sync.WaitGroup
	for n := wanted + 1; ; n++ {
		m := e.member(plan(n).Name)
		if m == nil {
			break
		}
		stopping.Go(func() { e.removeMember(ctx, m) })
	}
	stopping.Wait()
	return nil
}

func (e *Emulator) removeMember(ctx context.Context, m *member) {
	e.mu.Lock()
	wasStopped := m.stopped
	m.stopped = true
	e.mu.Unlock()
	e.publish()
	if !wasStopped {
		e.stopMember(ctx, m)
	}
	e.mu.Lock()
	e.members = slices.DeleteFunc(e.members, func(other *member) bool { return other == m })
	e.mu.Unlock()
}

func (e *Emulator) member(name string) *member {
	e.mu.Lock()
	defer e.mu.Unlock()
	i := slices.IndexFunc(e.members, func(m *member) bool { return m.Name == name })
	if i < 0 {
		return nil
	}
	return e.members[i]
}

func names(members []*member) []string {
	list := make([]string, 0, len(members))
	for _, m := range members {
		list = append(list, m.Name)
	}
	return list
}

package emulator

import (
	"os"
	"slices"
	"strings"

	"github.com/shirou/gopsutil/v4/process"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/control"
	"github.com/inshore-dev/inshore/emulator/dyno"
)

func (e *Emulator) status() control.Status {
	e.mu.Lock()
	members, list, externals := slices.Clone(e.members), slices.Clone(e.addOns), slices.Clone(e.externals)
	s := control.Status{
		App: e.app.Name, Checkout: e.id, Dir: e.app.Dir, PID: os.Getpid(), Since: e.started,
		URLs: slices.Clone(e.urls), Release: e.state.Release, Engine: string(e.opts.Engine),
		Ready: isClosed(e.ready), Stopping: e.phase == phaseStopping,
		Dynos: []control.Dyno{}, AddOns: []control.AddOn{}, Problems: []control.Problem{},
	}
	if len(s.URLs) > 0 {
		s.URL, s.RouterPort = s.URLs[0], e.state.RouterPort
	}
	if e.failed != nil {
		s.Problems = append(s.Problems, control.NewProblem(e.failed))
	}
	e.mu.Unlock()
	for _, m := range members {
		s.Dynos = append(s.Dynos, e.dynoStatus(m))
	}
	for _, p := range list {
		s.AddOns = append(s.AddOns, e.addOnStatus(p))
	}
	s.AddOns = append(s.AddOns, externals...)
	s.Formation = e.quantities()
	return s
}

func (e *Emulator) dynoStatus(m *member) control.Dyno {
	now := m.dyno.Status()
	d := control.Dyno{
		Name: m.Name, Type: m.Type.Name, Command: m.Type.Command, State: string(now.State), PID: now.PID,
		Port: m.Port, Since: now.Since, Restarts: now.Restarts, Size: m.Type.Size,
	}
	if now.Exit != nil {
		d.Exit = &control.Exit{Status: now.Exit.Status()}
		if now.Exit.Signal != 0 {
			d.Exit.Signal = signalName(now.Exit.Signal)
		}
	}
	if !now.NextStart.IsZero() {
		d.NextStart = &now.NextStart
	}
	if now.State == dyno.Crashed || (now.Exit != nil && now.State == dyno.Starting) {
		d.LastLines = e.lastLines(m.Name)
	}
	d.RSSBytes, d.CPUPercent = usage(m.dyno.Tree())
	return d
}

// usage adds up what a process tree takes: resident memory, and processor time
// as a share of one core since the processes began.
func usage(pids []int) (rss int64, cpu float64) {
	for _, pid := range pids {
		p, err := process.NewProcess(int32(pid))
		if err != nil {
			continue
		}
		if memory, err := p.MemoryInfo(); err == nil {
			rss += int64(memory.RSS)
		}
		if percent, err := p.CPUPercent(); err == nil {
			cpu += percent
		}
	}
	return rss, cpu
}

func (e *Emulator) addOnStatus(p *provisioned) control.AddOn {
	e.mu.Lock()
	resource, since, lost := p.resource, p.since, p.lost
	e.mu.Unlock()
	info := resource.Info()
	a := control.AddOn{
		Name: info.Name, Service: info.Service, Plan: info.Plan, Mode: string(info.Mode), Version: info.Version,
		Addr: info.Addr, State: "ready", Limits: info.Limits, Vars: []string{}, DataDir: info.DataDir,
		Since: since, Detail: info.Detail,
	}
	if lost {
		a.State = "starting"
	}
	for _, v := range resource.Vars() {
		a.Vars = append(a.Vars, v.Name)
		if a.URL == "" && strings.Contains(v.Value, "://") {
			a.URL = app.Mask(v.Name, v.Value)
		}
	}
	return a
}

// quantities is the formation in the order of the Procfile.
func (e *Emulator) quantities() []control.Quantity {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := []control.Quantity{}
	for _, p := range e.app.Processes {
		if n, ok := e.counts[p.Name]; ok {
			list = append(list, control.Quantity{Type: p.Name, Quantity: n, Size: p.Size, Command: p.Command})
		}
	}
	return list
}

// AddOns describes the add-ons of the run in the order of app.json.
func (e *Emulator) AddOns() []addons.Info {
	e.mu.Lock()
	defer e.mu.Unlock()
	var infos []addons.Info
	for _, p := range e.addOns {
		infos = append(infos, p.resource.Info())
	}
	return infos
}

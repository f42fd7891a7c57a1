package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/inshore-dev/inshore/emulator"
	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/control"
	"github.com/inshore-dev/inshore/emulator/problem"
)

// transcript tells a person what a run does, fact by fact. On a terminal facts
// stand under headings and downloads move in one transient line; anywhere else
// each fact is one finished line that names its subject.
type transcript struct {
	p          *printer
	silent     bool // only problems are told
	addOnsOnly bool
	status     func() control.Status // for the final block
	grace      time.Duration

	mu        sync.Mutex
	heading   string
	transient bool // an unfinished line stands at the cursor
	progress  map[string]string
	started   map[string]bool // downloads announced in plain mode
	told      map[string]bool // problems printed
	up        bool
	stopped   bool
}

func newTranscript(p *printer, silent bool) *transcript {
	return &transcript{
		p: p, silent: silent, grace: 30 * time.Second,
		progress: map[string]string{}, started: map[string]bool{}, told: map[string]bool{},
	}
}

// header is the first thing said: who, what and where, then the files read.
func (t *transcript) header(a *app.App, dir string) {
	if t.silent {
		return
	}
	if !t.p.tty {
		t.p.line("inshore %s %s %s", version(), a.Name, dir)
		for _, f := range a.Files {
			t.fact("file", "ok", "%s  %s", f.Name, f.Detail)
		}
		return
	}
	t.p.line("inshore %s · %s · %s", version(), t.p.paint("bold", a.Name), dir)
	width := 0
	for _, f := range a.Files {
		width = max(width, len(f.Name))
	}
	for _, f := range a.Files {
		t.p.line("%-*s  %s", width+2, f.Name, f.Detail)
	}
}

// event is emulator.Options.Observe.
func (t *transcript) event(e emulator.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e.Kind != emulator.EventAddOnProgress {
		t.wipe()
	}
	t.problem(e.Problem)
	if t.silent {
		return
	}
	switch e.Kind {
	case emulator.EventNotice:
		if e.Text != "" {
			t.tell("notice", "", "note", "note", "%s", e.Text)
		}
	case emulator.EventConfig:
		t.tell("config", "Config", "ok", "ok", "%s  %s", t.name(e.Name), e.Text)
	case emulator.EventAddOnStarting, emulator.EventAddOnProgress, emulator.EventAddOnReady, emulator.EventAddOnStopped:
		t.addOn(e)
	case emulator.EventBuildStarted, emulator.EventBuildDone, emulator.EventReleaseStarted, emulator.EventReleaseDone:
		t.task(e)
	case emulator.EventDynoStarting, emulator.EventDynoUp, emulator.EventDynoStopped, emulator.EventDynoCrashed:
		t.dyno(e)
	case emulator.EventUp:
		t.becameUp()
	case emulator.EventStopping:
		t.stopping(e.Text)
	case emulator.EventStopped:
		t.stopped = true
	case emulator.EventReloadRequested:
		t.tell("reload", "", "note", "note", "%s", e.Text)
	}
}

// problem prints a problem that has not been printed yet: a process that cannot
// live gives the same one at each of its starts.
func (t *transcript) problem(p *problem.Problem) {
	if p == nil || t.told[p.Error()] {
		return
	}
	t.told[p.Error()] = true
	_, _ = io.WriteString(t.p.w, p.Text(t.p.paint))
}

// tell prints a finished fact: under its heading on a terminal, with its
// subject and a word elsewhere.
func (t *transcript) tell(subject, heading, role, word, format string, args ...any) {
	if !t.p.tty {
		t.fact(subject, word, format, args...)
		return
	}
	if heading != "" && heading != t.heading {
		t.heading = heading
		t.p.line("\n%s", t.p.paint("bold", heading))
	}
	t.p.line("  %s %s", t.p.mark(role), fmt.Sprintf(format, args...))
}

// fact is a line without a terminal: subject, word, text.
func (t *transcript) fact(subject, word, format string, args ...any) {
	t.p.line("%s", strings.TrimRight(fmt.Sprintf("%-10s %-7s ", subject, word)+squeeze(fmt.Sprintf(format, args...)), " "))
}

// squeeze takes the padding out that a terminal's columns need.
func squeeze(text string) string { return strings.Join(strings.Fields(text), " ") }

func (t *transcript) name(name string) string { return t.p.paint("bold", fmt.Sprintf("%-10s", name)) }

func (t *transcript) addOn(e emulator.Event) {
	switch e.Kind {
	case emulator.EventAddOnStarting:
		if !t.p.tty {
			t.fact("addon", "start", "%s", e.Name)
		}
	case emulator.EventAddOnProgress:
		t.showProgress(e)
	case emulator.EventAddOnReady:
		delete(t.progress, e.Name)
		i := e.AddOn
		label := strings.TrimSpace(e.Name + " " + i.Version)
		if !t.p.tty {
			t.fact("addon", "ready", "%s in %s  %s  as %s (%s)", label, brief(e.Duration), i.Addr, i.Attachment, i.Mode)
			return
		}
		t.tell("", "Add-ons", "ok", "", "%s  ready in %-6s  %s   as %s   (%s)",
			t.p.paint("bold", fmt.Sprintf("%-14s", label)), brief(e.Duration), i.Addr, i.Attachment, i.Mode)
	case emulator.EventAddOnStopped:
		if !t.p.tty || t.addOnsOnly {
			return
		}
		t.p.line("  %s %s  stopped in %s", t.p.mark("ok"), t.name(e.Name), brief(e.Duration))
	default:
	}
}

// showProgress keeps the transient line up to date, or announces a download
// once where lines cannot be taken back.
func (t *transcript) showProgress(e emulator.Event) {
	text := e.Name + "  " + e.Text
	if e.Total > 0 {
		text += fmt.Sprintf("  %s / %s  %d%%", megabytes(e.Done), megabytes(e.Total), min(100, e.Done*100/e.Total))
	} else if e.Done > 0 {
		text += "  " + megabytes(e.Done)
	}
	if !t.p.tty {
		if key := e.Name + e.Text; !t.started[key] {
			t.started[key] = true
			t.fact("addon", "fetch", "%s %s", e.Name, e.Text)
		}
		return
	}
	t.progress[e.Name] = text
	var parts []string
	for _, p := range t.progress {
		parts = append(parts, p)
	}
	line := "  … " + strings.Join(parts, "   ")
	if len(parts) > 1 {
		line = "  … " + text
	}
	t.wipe()
	_, _ = io.WriteString(t.p.w, t.p.fit(line, t.p.width-1))
	t.transient = true
}

// wipe removes the transient line.
func (t *transcript) wipe() {
	if t.transient {
		_, _ = io.WriteString(t.p.w, "\r\x1b[K")
		t.transient = false
	}
}

// clear removes the transient line before others write.
func (t *transcript) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wipe()
}

func (t *transcript) task(e emulator.Event) {
	switch e.Kind {
	case emulator.EventBuildStarted:
		if !t.p.tty {
			t.fact("build", "start", "%s", e.Text)
		}
	case emulator.EventBuildDone:
		t.tell("build", "Build", "ok", "ok", "%s   in %s", e.Text, brief(e.Duration))
	case emulator.EventReleaseStarted:
		if !t.p.tty {
			t.fact("release", "start", "%s", e.Text)
		}
	case emulator.EventReleaseDone:
		role, word := "ok", "ok"
		if e.Status != 0 {
			role, word = "error", "failed"
		}
		t.tell("release", "Release", role, word, "%s   exit %d in %s", e.Text, e.Status, brief(e.Duration))
	default:
	}
}

func (t *transcript) dyno(e emulator.Event) {
	switch e.Kind {
	case emulator.EventDynoUp:
		after := ""
		if e.Duration > 0 {
			after = " after " + brief(e.Duration)
		}
		t.tell("process", "Processes", "ok", "ready", "%s  %s%s", t.name(e.Name), e.Text, after)
	case emulator.EventDynoStopped:
		how := fmt.Sprintf("exit %d in %s", e.Status, brief(e.Duration))
		role := "ok"
		if e.Killed {
			how, role = "killed after "+brief(e.Duration), "warning"
		}
		t.tell("process", "", role, "stopped", "%s  %s", t.name(e.Name), how)
	default:
	}
}

func (t *transcript) becameUp() {
	if t.addOnsOnly || t.status == nil {
		return
	}
	t.up = true
	block(t.p, t.status())
}

// stopping says within a moment of Ctrl-C what happens now.
func (t *transcript) stopping(names string) {
	t.heading = ""
	if t.addOnsOnly {
		return
	}
	if names == "" {
		names = "add-ons"
	}
	if !t.p.tty {
		t.fact("down", "start", "%s", names)
		return
	}
	t.p.line("\nStopping %s (%s allowed; Ctrl-C again to kill now)", names, t.grace)
}

// farewell is the last line of a run.
func (t *transcript) farewell(a *app.App, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wipe()
	if t.silent || !t.stopped {
		return
	}
	if !t.p.tty {
		t.fact("down", "ok", "%s", brief(took))
		return
	}
	if len(a.AddOns) > 0 {
		t.p.line("Add-ons keep their data. Start again: inshore up · delete data: inshore destroy")
	}
}

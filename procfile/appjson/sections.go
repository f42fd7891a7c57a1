package appjson

import (
	"slices"
	"strconv"
	"strings"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// formation reads {"web": {"quantity": 1, "size": "basic"}} and the retired list
// of {"process": "web", …}.
func (p *parser) formation(m *Manifest, n *node) {
	switch n.shape {
	case object:
		for _, mb := range p.unique(n) {
			q := Quantity{Type: mb.key, Quantity: 1, Place: p.span(mb.start, mb.end)}
			if p.quantity(&q, mb.value) {
				m.Formation = append(m.Formation, q)
			}
		}
	case list:
		p.odd(n, `"formation"`, "read in its old form; today it is an object")
		for _, item := range n.items {
			q := Quantity{Quantity: 1, Place: p.at(item)}
			if item.shape != object || !p.quantity(&q, item) || q.Type == "" {
				p.wrong(item, `an entry of "formation"`, `an object with "process"`)
				continue
			}
			m.Formation = append(m.Formation, q)
		}
	default:
		p.wrong(n, `"formation"`, "an object")
	}
}

func (p *parser) quantity(q *Quantity, n *node) bool {
	if n.shape == number {
		p.odd(n, "formation of "+q.Type, "read as its quantity")
		return p.count(q, n)
	}
	if n.shape != object {
		p.wrong(n, "formation of "+q.Type, "an object")
		return false
	}
	for _, mb := range p.unique(n) {
		switch {
		case mb.value.shape == null:
		case mb.key == "quantity":
			if !p.count(q, mb.value) {
				return false
			}
		case mb.key == "size":
			q.Size = p.string(mb.value, `"size" of `+q.Type)
			p.checkSize(mb.value, q.Size)
		case mb.key == "process" && q.Type == "":
			q.Type = p.string(mb.value, `"process"`)
		case mb.key == "command":
			// Dokku and old files repeat the command; the Procfile has it.
		default:
			p.unknownKey(mb, []string{"quantity", "size"}, "the formation of "+q.Type)
		}
	}
	return true
}

func (p *parser) count(q *Quantity, n *node) bool {
	written, ok := n.scalar()
	if ok && n.shape == text {
		p.odd(n, `"quantity" of `+q.Type, "read as a number")
	}
	quantity, err := strconv.Atoi(strings.TrimSpace(written))
	if !ok || err != nil || quantity < 0 {
		p.wrong(n, `"quantity" of `+q.Type, "a whole number from 0")
		return false
	}
	q.Quantity = quantity
	return true
}

// checkSize reports sizes that Heroku no longer offers (Dev Center "Dyno
// Types").
func (p *parser) checkSize(n *node, size string) {
	switch strings.ToLower(size) {
	case "free", "hobby", "1x", "2x", "px", "p", "pm", "pl", "performance":
		p.report(problem.Newf(codeSize, "dyno size %q is retired", size).Warn().
			At(p.at(n)).Note("note", "sizes make no difference on this machine").
			Fix(`"size": "basic"`))
	}
}

// scriptNames are the scripts that Heroku runs.
var scriptNames = []string{"postdeploy", "pr-predestroy", "test", "test-setup"}

func (p *parser) scripts(m *Manifest, n *node) {
	if !p.objectOf(n, "scripts") {
		return
	}
	for _, mb := range p.unique(n) {
		if mb.value.shape == null {
			continue
		}
		s := Script{Name: mb.key, Place: p.span(mb.start, mb.end)}
		if mb.value.shape == object {
			s.Command, s.Size = p.commandOf(mb.value, mb.key)
		} else {
			s.Command = p.string(mb.value, "script "+mb.key)
		}
		p.checkScript(mb)
		m.Scripts = append(m.Scripts, s)
	}
}

func (p *parser) commandOf(n *node, name string) (command, size string) {
	for _, mb := range p.unique(n) {
		switch {
		case mb.value.shape == null || mb.key == "env":
		case mb.key == "command":
			command = p.string(mb.value, `"command" of script `+name)
		case mb.key == "size":
			size = p.string(mb.value, `"size" of script `+name)
		default:
			p.unknownKey(mb, []string{"command", "size", "env"}, "the script "+name)
		}
	}
	return command, size
}

// checkScript reports names that nobody runs. Dokku runs those of its own under
// "dokku".
func (p *parser) checkScript(mb member) {
	if slices.Contains(scriptNames, mb.key) {
		return
	}
	if mb.key == "dokku" {
		return
	}
	p.report(problem.Newf(codeScript, "Heroku never runs a script called %q", mb.key).Warn().
		At(p.span(mb.start, mb.end)).
		Note("note", "scripts: %s", strings.Join(scriptNames, ", ")))
}

func (p *parser) buildpacks(m *Manifest, n *node) {
	items := n.items
	if n.shape == text {
		p.odd(n, `"buildpacks"`, "read as a list of one")
		items = []*node{n}
	} else if n.shape != list {
		p.wrong(n, `"buildpacks"`, "a list")
		return
	}
	for _, item := range items {
		b := Buildpack{Place: p.at(item)}
		switch item.shape {
		case text:
			b.URL = item.text
			p.odd(item, "a buildpack", "read as its URL")
		case object:
			if url := item.get("url"); url != nil {
				b.URL = p.string(url, `"url" of a buildpack`)
			}
		default:
			p.wrong(item, "a buildpack", "an object with url")
		}
		if b.URL != "" {
			m.Buildpacks = append(m.Buildpacks, b)
		}
	}
}

// cron reads Dokku's scheduled tasks.
func (p *parser) cron(m *Manifest, n *node) {
	if n.shape != list {
		p.wrong(n, `"cron"`, "a list")
		return
	}
	for _, item := range n.items {
		c := Cron{Place: p.at(item)}
		if item.shape == object {
			if v := item.get("command"); v != nil {
				c.Command = p.string(v, `"command" of a cron entry`)
			}
			if v := item.get("schedule"); v != nil {
				c.Schedule = p.string(v, `"schedule" of a cron entry`)
			}
		}
		if c.Command == "" || c.Schedule == "" {
			p.report(problem.New(codeRequired, "a cron entry needs a command and a schedule").Warn().
				At(c.Place).Note("note", "ignored"))
			continue
		}
		m.Cron = append(m.Cron, c)
	}
}

// healthChecks reads Dokku's checks per process type.
func (p *parser) healthChecks(m *Manifest, n *node) {
	if !p.objectOf(n, "healthchecks") {
		return
	}
	for _, mb := range p.unique(n) {
		if mb.value.shape != list {
			p.wrong(mb.value, "healthchecks of "+mb.key, "a list")
			continue
		}
		for _, item := range mb.value.items {
			h := HealthCheck{ProcessType: mb.key, Place: p.at(item)}
			if item.shape != object {
				p.wrong(item, "a health check", "an object")
				continue
			}
			for _, part := range p.unique(item) {
				switch part.key {
				case "type":
					h.Type = p.string(part.value, `"type" of a health check`)
				case "path":
					h.Path = p.string(part.value, `"path" of a health check`)
				case "command":
					h.Command = p.strings(part.value, "command")
				}
			}
			m.Health = append(m.Health, h)
		}
	}
}

// ours reads the key that only inshore knows.
func (p *parser) ours(m *Manifest, n *node) {
	if !p.objectOf(n, "inshore") {
		return
	}
	for _, mb := range p.unique(n) {
		if mb.key != "without" {
			p.unknownKey(mb, []string{"without"}, `"inshore"`)
			continue
		}
		m.Without = p.strings(mb.value, "without")
	}
}

func (p *parser) environments(m *Manifest, n *node) {
	if !p.objectOf(n, "environments") {
		return
	}
	for _, mb := range p.unique(n) {
		if mb.value.shape == null || !p.objectOf(mb.value, mb.key) {
			continue
		}
		inner := &Manifest{File: m.File}
		p.manifest(inner, mb.value, false)
		m.Environments = append(m.Environments, Environment{
			Name: mb.key, Manifest: inner, Place: p.span(mb.start, mb.end),
		})
	}
}

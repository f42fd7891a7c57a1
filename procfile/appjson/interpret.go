package appjson

import (
	"strings"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// topKeys are all keys of an app.json, in the order of the Dev Center article
// "app.json Schema", then Dokku's and ours.
var topKeys = []string{
	"name", "description", "keywords", "website", "repository", "logo", "success_url", "scripts", "env",
	"formation", "addons", "buildpacks", "environments", "stack", "image", "healthchecks", "cron", "inshore",
	"$schema",
}

// manifest reads the members of an object; top is false inside "environments".
func (p *parser) manifest(m *Manifest, root *node, top bool) {
	m.Kind = Heroku
	m.present = make(map[string]bool)
	for _, mb := range p.unique(root) {
		if mb.value.shape == null {
			continue
		}
		m.present[mb.key] = true
		if !p.plain(m, mb) && !p.section(m, mb, top) {
			p.unknownKey(mb, topKeys, "app.json")
		}
	}
}

// plain reads the keys that hold text.
func (p *parser) plain(m *Manifest, mb member) bool {
	var field *string
	switch mb.key {
	case "name":
		field = &m.Name
	case "description":
		field = &m.Description
	case "website":
		field = &m.Website
	case "repository":
		field = &m.Repository
	case "logo":
		field = &m.Logo
	case "success_url":
		field = &m.SuccessURL
	case "stack":
		field = &m.Stack
	case "image":
		field = &m.Image
	case "keywords":
		m.Keywords = p.strings(mb.value, "keywords")
		return true
	case "$schema":
		return true
	default:
		return false
	}
	*field = p.string(mb.value, quoted(mb.key))
	return true
}

// section reads the keys that hold more than text.
func (p *parser) section(m *Manifest, mb member, top bool) bool {
	switch mb.key {
	case "env":
		p.env(m, mb.value)
	case "addons":
		p.addOns(m, mb.value)
	case "formation":
		p.formation(m, mb.value)
	case "scripts":
		p.scripts(m, mb.value)
	case "buildpacks":
		p.buildpacks(m, mb.value)
	case "cron":
		p.cron(m, mb.value)
	case "healthchecks":
		p.healthChecks(m, mb.value)
	case "inshore":
		p.ours(m, mb.value)
	case "environments":
		if !top {
			p.wrong(mb.value, `"environments" inside an environment`, "nothing")
			return true
		}
		p.environments(m, mb.value)
	default:
		return false
	}
	return true
}

// unique lists the members of an object in the order in which their keys first
// appear, each with its last value, and reports keys that stand twice.
func (p *parser) unique(n *node) []member {
	index := make(map[string]int, len(n.members))
	var list []member
	for _, m := range n.members {
		i, ok := index[m.key]
		if !ok {
			index[m.key] = len(list)
			list = append(list, m)
			continue
		}
		line, _ := p.position(list[i].start)
		p.report(problem.Newf(codeDuplicate, "key %q stands twice", m.key).Warn().
			At(p.span(m.start, m.end)).
			Note("note", "first on line %d; the last one counts", line))
		list[i] = m
	}
	return list
}

// unknownKey reports a key that nobody reads.
func (p *parser) unknownKey(m member, known []string, where string) {
	found := problem.Newf(codeUnknownKey, "unknown key %q in %s", m.key, where).Warn().
		At(p.span(m.start, m.end))
	near := problem.Nearest(m.key, known)
	if near == "" && len(m.key) >= 4 {
		for _, k := range known {
			if strings.HasPrefix(k, m.key) {
				near = k
			}
		}
	}
	if near != "" {
		found.Caret("did you mean \"" + near + "\"?")
	} else {
		found.Note("note", "Heroku ignores it")
	}
	p.report(found)
}

func quoted(key string) string { return `"` + key + `"` }

// string reads text; numbers and booleans are taken as written.
func (p *parser) string(n *node, what string) string {
	s, ok := n.scalar()
	if !ok {
		p.wrong(n, what, "a string")
		return ""
	}
	if n.shape != text {
		p.odd(n, what, "read as a string")
	}
	return s
}

// strings reads a list of texts, or a single one.
func (p *parser) strings(n *node, key string) []string {
	if n.shape == text {
		p.odd(n, quoted(key), "read as a list of one")
		return []string{n.text}
	}
	if n.shape != list {
		p.wrong(n, quoted(key), "a list")
		return nil
	}
	var all []string
	for _, item := range n.items {
		if s := p.string(item, "an item of "+quoted(key)); s != "" {
			all = append(all, s)
		}
	}
	return all
}

// objectOf checks that a section is an object.
func (p *parser) objectOf(n *node, key string) bool {
	if n.shape != object {
		p.wrong(n, quoted(key), "an object")
		return false
	}
	return true
}

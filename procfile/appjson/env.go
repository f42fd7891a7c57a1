package appjson

import (
	"regexp"
	"strings"

	"github.com/inshore-dev/inshore/emulator/problem"
)

var envKeys = []string{"description", "value", "required", "generator"}

// configVar is what the Platform API takes as the name of a config var.
var configVar = regexp.MustCompile(`^\w+$`)

func (p *parser) env(m *Manifest, n *node) {
	p.secret = true
	defer func() { p.secret = false }()
	if !p.objectOf(n, "env") {
		return
	}
	for _, mb := range p.unique(n) {
		v := EnvVar{Name: mb.key, Required: true, Place: p.place(mb.start, mb.end)}
		if !configVar.MatchString(mb.key) {
			p.report(problem.Newf(codeName, "%q is no name for a config var", mb.key).Warn().
				At(v.Place).Note("note", "letters, digits and _ are"))
		}
		p.envVar(&v, mb.value)
		m.Env = append(m.Env, v)
	}
}

func (p *parser) envVar(v *EnvVar, n *node) {
	switch n.shape {
	case object:
		p.envMembers(v, n)
	case text:
		v.Value, v.HasValue = n.text, true
		p.odd(n, "config var "+v.Name, "read as its value")
	case number, boolean:
		v.Value, v.HasValue = n.text, true
		p.odd(n, "config var "+v.Name, "read as its value, as a string")
	default:
		p.odd(n, "config var "+v.Name, "read as a required config var without a value")
	}
}

func (p *parser) envMembers(v *EnvVar, n *node) {
	for _, mb := range p.unique(n) {
		what := quoted(mb.key) + " of config var " + v.Name
		switch mb.key {
		case "description":
			if mb.value.shape != null {
				v.Description = p.string(mb.value, what)
			}
		case "value":
			p.envValue(v, mb.value, what)
		case "required":
			v.Required = p.required(mb.value, what)
		case "generator":
			p.generator(v, mb.value, what)
		default:
			p.unknownKey(mb, envKeys, "the config var "+v.Name)
		}
	}
}

func (p *parser) envValue(v *EnvVar, n *node, what string) {
	if n.shape == null {
		return
	}
	if _, ok := n.scalar(); !ok {
		p.wrong(n, what, "a string")
		return
	}
	v.Value, v.HasValue = p.string(n, what), true
}

// required reads true and false, and the strings that people write instead.
func (p *parser) required(n *node, what string) bool {
	switch n.shape {
	case boolean:
		return n.text == "true"
	case null:
		return true
	case text, number:
		no := n.text == "" || n.text == "0" || strings.EqualFold(n.text, "false") || strings.EqualFold(n.text, "no")
		reading := "read as true"
		if no {
			reading = "read as false"
		}
		p.odd(n, what, reading)
		return !no
	default:
		p.wrong(n, what, "true or false")
		return true
	}
}

// generator reads the one generator that Heroku has.
func (p *parser) generator(v *EnvVar, n *node, what string) {
	switch {
	case n.shape == null:
	case n.shape == text && n.text == "secret":
		v.Generator = n.text
	case n.shape == text && strings.EqualFold(n.text, "secret"):
		v.Generator = "secret"
		p.odd(n, what, `read as "secret"`)
	default:
		p.report(problem.Newf(codeGenerator, `%s is not "secret"`, what).Warn().
			At(p.at(n)).Note("note", `"secret" is the only generator; ignored`))
	}
}

package appjson

import (
	"maps"
	"strings"

	"github.com/inshore-dev/inshore/emulator/problem"
)

var addOnKeys = []string{"plan", "as", "options"}

func (p *parser) addOns(m *Manifest, n *node) {
	switch n.shape {
	case text:
		p.odd(n, `"addons"`, "read as a list of one")
		m.AddOns = p.addOn(m.AddOns, n)
	case list:
		for _, item := range n.items {
			m.AddOns = p.addOn(m.AddOns, item)
		}
	default:
		p.wrong(n, `"addons"`, "a list")
	}
	p.checkTwice(m.AddOns)
}

func (p *parser) addOn(all []AddOn, n *node) []AddOn {
	a := AddOn{Place: p.at(n)}
	switch n.shape {
	case text:
		a.Written = n.text
	case object:
		p.addOnMembers(&a, n)
	default:
		p.wrong(n, `an entry of "addons"`, "a string or an object")
		return all
	}
	a.split()
	if a.Plan == "" {
		p.report(problem.New(codeRequired, `an entry of "addons" has no plan`).Warn().
			At(a.Place).Note("note", "ignored").
			Fix(`{"plan": "heroku-postgresql"}`))
		return all
	}
	return append(all, a)
}

func (p *parser) addOnMembers(a *AddOn, n *node) {
	for _, mb := range p.unique(n) {
		if mb.value.shape == null {
			continue
		}
		what := quoted(mb.key) + " of an add-on"
		switch mb.key {
		case "plan":
			a.Written = p.string(mb.value, what)
		case "as":
			a.As = p.string(mb.value, what)
		case "options":
			a.Options = p.options(mb.value, what)
		default:
			p.unknownKey(mb, addOnKeys, "an add-on")
		}
	}
}

func (p *parser) options(n *node, what string) map[string]string {
	if n.shape != object {
		p.wrong(n, what, "an object")
		return nil
	}
	options := make(map[string]string, len(n.members))
	for _, mb := range p.unique(n) {
		value, ok := mb.value.scalar()
		if !ok {
			p.wrong(mb.value, "option "+quoted(mb.key), "a string")
			continue
		}
		options[mb.key] = value
	}
	return options
}

// split takes the options off that some people write behind the plan, as they
// would on the command line. Options of the object win.
func (a *AddOn) split() {
	words := strings.Fields(a.Written)
	if len(words) == 0 {
		return
	}
	a.Plan = words[0]
	options := make(map[string]string)
	for _, word := range words[1:] {
		name, value, _ := strings.Cut(strings.TrimPrefix(word, "--"), "=")
		if strings.HasPrefix(word, "--") && name != "" {
			options[name] = value
		}
	}
	if as := options["as"]; as != "" && a.As == "" {
		a.As = as
		delete(options, "as")
	}
	if len(options) > 0 {
		maps.Copy(options, a.Options)
		a.Options = options
	}
}

// Service is the plan without the part behind the colon.
func (a AddOn) Service() string {
	service, _, _ := strings.Cut(a.Plan, ":")
	return service
}

// checkTwice reports two add-ons of one service that would want the same config
// var.
func (p *parser) checkTwice(all []AddOn) {
	first := make(map[string]AddOn)
	for _, a := range all {
		key := a.Service() + " " + strings.ToUpper(a.As)
		earlier, ok := first[key]
		if !ok {
			first[key] = a
			continue
		}
		p.report(problem.Newf(codeTwice, "add-on %s stands twice with the same attachment name", a.Service()).Warn().
			At(a.Place).
			Note("note", "first on line %d; Heroku gives the second a colour as its name", earlier.Place.Line).
			Fix(`give one of them a name: {"plan": "%s", "as": "SECOND"}`, a.Plan))
	}
}

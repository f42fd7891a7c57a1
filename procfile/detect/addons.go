package detect

import "slices"

// The add-ons that are proposed: those that inshore can provision.
const (
	postgres = "heroku-postgresql"
	redis    = "heroku-redis"
	bucket   = "bucketeer"
)

// drivers maps an add-on to the libraries that show that an app wants it.
type drivers struct {
	plan  string
	names []string
}

// dependency finds a library in the files of an ecosystem.
type dependency func(name string) (Evidence, bool)

// addAddOns proposes every add-on of which a driver is among the dependencies.
func (p *Proposal) addAddOns(dep dependency, table []drivers) {
	for _, d := range table {
		if p.wants(d.plan) {
			continue
		}
		for _, name := range d.names {
			if e, ok := dep(name); ok {
				p.AddOns = append(p.AddOns, AddOn{d.plan, e.String()})
				break
			}
		}
	}
}

func (p *Proposal) wants(plan string) bool {
	return slices.ContainsFunc(p.AddOns, func(a AddOn) bool { return a.Plan == plan })
}

// any returns the first dependency of the names that is there.
func (d dependency) any(names ...string) (Evidence, bool) {
	for _, name := range names {
		if e, ok := d(name); ok {
			return e, true
		}
	}
	return Evidence{}, false
}

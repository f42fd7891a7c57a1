package addons

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// Catalogue is the set of services this build can stand in for. The zero
// Catalogue is empty and ready; it is not changed while it is being read.
type Catalogue struct {
	services []*Service
}

// Register adds a service. A later service wins over an earlier one of the
// same slug.
func (c *Catalogue) Register(service *Service) {
	c.services = append(c.services, service)
}

// Services in the order of their registration.
func (c *Catalogue) Services() []*Service {
	return slices.Clone(c.services)
}

// Resolve finds the service and the plan of an entry of app.json such as
// "heroku-postgresql:essential-0"; the plan may be missing. The kind
// ("postgres") is understood as well. The error is an *UnknownServiceError.
func (c *Catalogue) Resolve(plan string) (*Service, string, error) {
	slug, rest, _ := strings.Cut(strings.TrimSpace(plan), ":")
	slug = strings.ToLower(slug)
	for _, s := range slices.Backward(c.services) {
		if s.Slug == slug || s.Kind == slug || slices.Contains(s.Aliases, slug) {
			return s, rest, nil
		}
	}
	return nil, "", &UnknownServiceError{Plan: plan, Nearest: problem.Nearest(slug, c.names())}
}

// names are all words that Resolve understands.
func (c *Catalogue) names() []string {
	var names []string
	for _, s := range c.services {
		names = append(names, s.Slug)
		names = append(names, s.Aliases...)
		names = append(names, s.Kind)
	}
	return names
}

// UnknownServiceError says that the catalogue has no stand-in.
type UnknownServiceError struct {
	Plan    string // as written
	Nearest string // a name that was perhaps meant; may be empty
}

// Error names the plan and the nearest service.
func (e *UnknownServiceError) Error() string {
	if e.Nearest == "" {
		return fmt.Sprintf("add-on plan %q has no local stand-in", e.Plan)
	}
	return fmt.Sprintf("add-on plan %q has no local stand-in, did you mean %q", e.Plan, e.Nearest)
}

// Problem is the error as problem A003 at the place of the entry.
func (e *UnknownServiceError) Problem(place problem.Place) *problem.Problem {
	p := problem.Newf("A003", "add-on plan %q has no local stand-in", e.Plan).At(place).Wrap(e)
	if e.Nearest != "" {
		p.Note("did you mean", "%q?", e.Nearest)
	}
	slug, _, _ := strings.Cut(e.Plan, ":")
	p.Fix("set the variables of %s in .env to use your own", slug)
	p.Fix("ignore it: inshore up --without %s", slug)
	return p
}

package router

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
)

// State is what the engine knows about one web dyno.
type State string

// The states a back end can be in, in Heroku's words.
const (
	StateStarting State = "starting" // being started or restarted; requests wait for it
	StateUp       State = "up"       // listens and takes requests
	StateCrashed  State = "crashed"  // ended and is not being started at the moment
)

// Backend is one web dyno as the router sees it.
type Backend struct {
	Dyno  string   // "web.1", as written to the log
	Addr  string   // "127.0.0.1:41203"
	Also  []string // further addresses of the same dyno, tried in order when Addr refuses, such as "[::1]:41203"
	State State    // the zero value counts as StateStarting

	// Instance may change with every start of the dyno, such as a count of
	// starts. It lets the router see a restart that was over before it could be
	// reported as StateStarting. Empty means that restarts are always reported.
	Instance string
}

// Formation is everything the router has to know about the app at one moment.
// The engine replaces it as a whole with SetFormation whenever something
// changes; the router keeps its own copy.
type Formation struct {
	Web         int       // web dynos wanted; 0 means that there is no web process (H14)
	Backends    []Backend // the web dynos there are or will be, in any order; none at all is H14 as well
	Maintenance bool      // answer everything with the maintenance page (H80)
	Released    bool      // false means that the app has no release yet (H81)

	Hosts           []string // host names that belong to the app, "*.shop.test" is a wildcard; none means any host
	SessionAffinity bool     // pin a client to a dyno with a cookie, as "HTTP Session Affinity" describes

	ErrorPageURL       string // config var ERROR_PAGE_URL; shown in an iframe by the heroku pages
	MaintenancePageURL string // config var MAINTENANCE_PAGE_URL; likewise
}

// formation is a Formation in use. It is immutable but for changed, which is
// closed when a successor is in place.
type formation struct {
	Formation
	backends []*backend
	up       []*backend
	starting bool // somebody is worth waiting for
	changed  chan struct{}
}

// SetFormation replaces what the router knows about the app. Waiting requests
// look again; connections kept to dynos that are no longer up are closed.
func (r *Router) SetFormation(f Formation) {
	r.mu.Lock()
	old := r.formation.Load()
	next := &formation{Formation: f, changed: make(chan struct{})}
	next.Backends, next.Hosts = slices.Clone(f.Backends), slices.Clone(f.Hosts)
	var renewed []*backend
	for _, spec := range next.Backends {
		b := old.find(spec)
		if b == nil {
			b = newBackend(spec)
		}
		if b.instance != spec.Instance {
			b.instance = spec.Instance
			b.restarted()
			renewed = append(renewed, b)
		}
		next.backends = append(next.backends, b)
		switch spec.State {
		case StateUp:
			next.up = append(next.up, b)
		case StateCrashed:
			b.restarted()
		default:
			b.restarted()
			next.starting = true
		}
	}
	r.formation.Store(next)
	r.mu.Unlock()
	close(old.changed)
	for _, b := range old.backends {
		if !slices.Contains(next.up, b) || slices.Contains(renewed, b) {
			b.dropIdle(slices.Contains(next.backends, b))
		}
	}
}

// find returns the back end that already stands for spec, so that its
// connections and its count of requests live on.
func (f *formation) find(spec Backend) *backend {
	for _, b := range f.backends {
		if b.dyno == spec.Dyno && b.addrs[0] == spec.Addr && slices.Equal(b.addrs[1:], spec.Also) {
			return b
		}
	}
	return nil
}

// verdict is the code that answers a request before any dyno is looked at, in
// the order of vegur's middleware; the empty code means to go on.
func (f *formation) verdict() Code {
	switch {
	case f.Maintenance:
		return H80
	case !f.Released:
		return H81
	case f.Web == 0 || len(f.backends) == 0:
		return H14
	case len(f.up) == 0 && !f.starting:
		return H10
	}
	return ""
}

// pick chooses uniformly among the dynos that are up, not draining and not in
// tried, and prefers those that are not in quarantine. It returns nil when
// there is none.
func (f *formation) pick(tried []*backend, now int64) *backend {
	if len(f.up) == 1 && len(tried) == 0 {
		if b := f.up[0]; !b.draining.Load() {
			return b
		}
		return nil
	}
	var healthy, shunned []*backend
	for _, b := range f.up {
		switch {
		case b.draining.Load() || slices.Contains(tried, b):
		case b.shunned.Load() > now:
			shunned = append(shunned, b)
		default:
			healthy = append(healthy, b)
		}
	}
	if len(healthy) > 0 {
		return healthy[rand.IntN(len(healthy))]
	}
	if len(shunned) > 0 {
		return shunned[rand.IntN(len(shunned))]
	}
	return nil
}

// available tells whether a dyno is up and not being drained.
func (f *formation) available() bool {
	return slices.ContainsFunc(f.up, func(b *backend) bool { return !b.draining.Load() })
}

// serves tells whether a host name belongs to the app.
func (f *formation) serves(host string) bool {
	if len(f.Hosts) == 0 {
		return true
	}
	name := hostName(host)
	for _, h := range f.Hosts {
		if h == name {
			return true
		}
		if suffix, ok := strings.CutPrefix(h, "*"); ok && len(name) > len(suffix) && strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// Drain takes a dyno out of the choice and waits until none of its requests is
// in flight; its tunnels (WebSockets and other upgrades) are cut first. The
// dyno takes requests again once SetFormation reported it as not up, or with
// another address, and then up. The error is the cause of ctx.
func (r *Router) Drain(ctx context.Context, dyno string) error {
	for _, b := range r.formation.Load().backends {
		if b.dyno != dyno {
			continue
		}
		b.draining.Store(true)
		b.dropIdle(true)
		for _, c := range r.everyClient() {
			if c.tunnel.Load() == b {
				c.interrupt(becauseCut)
			}
		}
		if err := b.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// registry is the set of open client connections.
type registry struct {
	mu      sync.Mutex
	clients map[*client]struct{}
}

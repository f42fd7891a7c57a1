package control

import "time"

// Schema is the version of everything that travels. Fields may be added within
// a version; removing or retyping one needs the next.
const Schema = 1

// Status describes one run of one app, as `inshore status` shows it.
type Status struct {
	App           string     `json:"app"`
	Checkout      string     `json:"checkout"` // 8 hex digits that tell clones and worktrees apart
	Dir           string     `json:"dir"`
	PID           int        `json:"pid"`   // of the emulator
	Since         time.Time  `json:"since"` // when the run began
	URL           string     `json:"url"`   // the one to use first; empty without a router
	URLs          []string   `json:"urls"`  // every URL under which the router answers
	RouterPort    int        `json:"router_port"`
	DashboardPort int        `json:"dashboard_port"` // 0: no dashboard
	Release       int        `json:"release"`        // number of the current release; 0 before the first
	Ready         bool       `json:"ready"`          // everything wanted is up
	Stopping      bool       `json:"stopping"`
	Engine        string     `json:"engine,omitempty"` // what `--engine` resolved to
	Dynos         []Dyno     `json:"dynos"`
	AddOns        []AddOn    `json:"addons"`
	Formation     []Quantity `json:"formation"` // in the order of the Procfile
	Problems      []Problem  `json:"problems"`  // warnings that still hold
}

// Dyno is one process of the run.
type Dyno struct {
	Name       string     `json:"name"` // "web.1"
	Type       string     `json:"type"`
	Command    string     `json:"command"`
	State      string     `json:"state"` // starting, up, idle, crashed, down
	PID        int        `json:"pid"`   // 0 when it does not run
	Port       int        `json:"port"`  // its $PORT; 0 when it has none
	Since      time.Time  `json:"since"` // of the state
	Restarts   int        `json:"restarts"`
	Exit       *Exit      `json:"exit,omitempty"`       // the last one; nil before it
	NextStart  *time.Time `json:"next_start,omitempty"` // when back-off ends; nil when not waiting
	RSSBytes   int64      `json:"rss_bytes"`            // 0 when unknown
	CPUPercent float64    `json:"cpu_percent"`
	Size       string     `json:"size,omitempty"` // dyno size as declared
	LastLines  []string   `json:"last_lines,omitempty"`
}

// Exit is how a process ended.
type Exit struct {
	Status int    `json:"status"`           // as a shell would say it: 128+n for a signal
	Signal string `json:"signal,omitempty"` // "SIGKILL"; empty for a plain exit
}

// AddOn is one provisioned add-on.
type AddOn struct {
	Name    string    `json:"name"`    // "postgres"
	Service string    `json:"service"` // "heroku-postgresql"
	Plan    string    `json:"plan"`
	Mode    string    `json:"mode"` // docker, native, embedded, external
	Version string    `json:"version"`
	Addr    string    `json:"addr"` // host:port
	State   string    `json:"state"`
	Limits  []string  `json:"limits,omitempty"` // what this mode does not do
	Vars    []string  `json:"vars"`             // names of its config vars
	URL     string    `json:"url,omitempty"`    // with the password masked
	DataDir string    `json:"data_dir,omitempty"`
	Since   time.Time `json:"since"`
	Detail  string    `json:"detail,omitempty"` // for example the image, or why another mode was not taken
}

// Quantity is a line of the formation.
type Quantity struct {
	Type     string `json:"type"`
	Quantity int    `json:"quantity"`
	Size     string `json:"size,omitempty"`
	Command  string `json:"command,omitempty"`
}

// ConfigVar is a resolved config var. Value is the real one: masking is the
// printer's work, and only the user's own commands can read the socket.
type ConfigVar struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Origin string `json:"origin"` // ".env:3", "app.json", "add-on postgres", "generated"
	Secret bool   `json:"secret"`
}

// LogQuery says which lines are wanted. The zero value is the last 100 lines of
// everything, without following.
type LogQuery struct {
	Names  []string  `json:"names,omitempty"`  // dynos ("web.1"), process types, add-ons or "router"; empty: all
	Source string    `json:"source,omitempty"` // app, router, addon or inshore; empty: all
	Query  string    `json:"query,omitempty"`  // a query of `inshore logs -q`
	Num    int       `json:"num,omitempty"`    // lines of history; 0: 100, negative: none
	Since  time.Time `json:"since,omitzero"`
	Tail   bool      `json:"tail,omitempty"` // keep following until the context ends
}

// LogLine is one line of the merged log.
type LogLine struct {
	Time   time.Time `json:"ts"`
	Seq    uint64    `json:"seq"`
	Source string    `json:"source"` // app, heroku, router, addon, inshore
	Name   string    `json:"dyno"`   // "web.1", "router", "postgres"
	Stream string    `json:"stream,omitempty"`
	Text   string    `json:"text"`
	Lost   int64     `json:"lost,omitempty"` // lines dropped before this one because the reader was slow
}

package router

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
}

// Formation is everything the router has to know about the app at one moment.
// The engine replaces it as a whole with SetFormation whenever something
// changes; the router keeps its own copy.
type Formation struct {
	Web         int       // web dynos wanted; 0 means that there is no web process (H14)
	Backends    []Backend // the web dynos there are, in any order
	Maintenance bool      // answer everything with the maintenance page (H80)
	Released    bool      // false means that the app has no release yet (H81)

	Hosts           []string // host names that belong to the app, "*.shop.test" is a wildcard; none means any host
	SessionAffinity bool     // pin a client to a dyno with a cookie, as "HTTP Session Affinity" describes

	ErrorPageURL       string // config var ERROR_PAGE_URL; shown in an iframe with --error-pages heroku
	MaintenancePageURL string // config var MAINTENANCE_PAGE_URL; likewise
}

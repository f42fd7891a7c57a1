package router

import "time"

// The values of Options.Generation.
const (
	GenerationRouter2 = "2.0"
	GenerationLegacy  = "legacy"
)

// The values of Options.ErrorPages.
const (
	ErrorPagesDevelopment = "development"
	ErrorPagesHeroku      = "heroku"
)

// Options configures a Router. The zero value is Router 2.0 with Heroku's
// limits and timeouts and the development error page.
type Options struct {
	Generation string   // "2.0" (also the zero value) or "legacy"
	ErrorPages string   // "development" (also the zero value) or "heroku"
	Timeouts   Timeouts // zero fields mean Heroku's values
	Limits     Limits   // zero fields mean Heroku's values

	// OnRequest is called once for every finished request, from the goroutine
	// that served it: it must be quick and safe for concurrent use. Requests
	// that Heroku rejects before it knows the app (400, 414) are not reported.
	// Nil means that nobody wants to know.
	OnRequest func(AccessEntry)

	// Explain supplies what the development page says about a router error. It
	// is called only when such a page is rendered. Nil means no explanation.
	Explain func(code string) Explanation

	// StrictForwarding drops Forwarded and overwrites X-Forwarded-Host. Heroku
	// passes both through untouched, which is the default.
	StrictForwarding bool

	// EndToEndContinue passes Expect: 100-continue to the dyno instead of
	// answering it, as "labs:enable http-end-to-end-continue" does.
	EndToEndContinue bool

	DrainTimeout time.Duration    // how long Serve lets requests finish after its context ended; 0 means 30 s
	Now          func() time.Time // nil means time.Now
	NewID        func() string    // makes a request id; nil means a random UUID of version 4
}

// Timeouts are the clocks of the router. Only tests shorten them.
type Timeouts struct {
	Connect   time.Duration // one connection attempt to a dyno, H19; 5 s
	FirstByte time.Duration // from the end of the upload to the first byte of the answer, H12; 30 s
	Idle      time.Duration // silence of either side once bytes flow, H15 and H28; 55 s
	Boot      time.Duration // how long a request waits for a starting dyno, H20; 75 s
	Refused   time.Duration // how long a request keeps trying when every dyno refuses, H21; 3 s
	Head      time.Duration // from the first byte of a request to the end of its headers; 8 s
	KeepAlive time.Duration // silence between two requests of a client; 90 s, legacy 60 s
	DynoIdle  time.Duration // how long an unused connection to a dyno is kept; 90 s
}

// Limits are the sizes of "HTTP Routing" (Dev Center). Zero fields mean the
// values given there.
type Limits struct {
	Target          int // bytes of a request target, 414; 8200
	HeaderLine      int // bytes of one request header value, 400; 8192
	HeaderName      int // bytes of one request header name, 400; 1000
	HeaderCount     int // request header lines, 400; 1000
	Method          int // bytes of a method, 400; 127
	Head            int // bytes of a whole request head, 400; 1 MiB
	StatusLine      int // bytes of a response status line, H25; 8192
	ResponseHeader  int // bytes of one response header line, H25; 512 KiB
	ResponseCookie  int // bytes of one Set-Cookie value, H25; 8192
	ResponseHead    int // bytes of a whole response head, H25; 1 MiB
	Informational   int // 1xx responses before the final one, H25; 5
	Backlog         int // requests waiting for a dyno to start, per dyno, H11; 200
	BacklogBytes    int // size of the heads of all waiting requests, H11; 16 MiB
	InFlight        int // requests being served, per dyno, H11; 2000
	Connections     int // open client connections, 503 above; 0 means what the file limit of the process allows
	ConnectAttempts int // dynos tried for one request; 10
}

// Explanation is what the development page says about a router error. All
// fields may be empty.
type Explanation struct {
	Title    string   // one sentence: what happened
	Detail   string   // a paragraph: why, as far as it is known
	Command  string   // the command of the web process
	Output   []string // the last lines of the dyno or of the release phase
	Expected string   // the address the app should listen on, "127.0.0.1:41203"
	Found    string   // where it listens instead, when that is known
	Fixes    []string // things to do, preferably commands to copy
}

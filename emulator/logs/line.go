package logs

import "time"

// MaxLine is the longest piece of a line in bytes; longer lines are cut.
const MaxLine = 64 << 10

// Source says who wrote a line.
type Source uint8

// The sources. The zero Source is App.
const (
	App     Source = iota // the app's own output
	Heroku                // the dyno manager: state changes and R codes
	Router                // requests
	AddOn                 // the output of an add-on's server
	Inshore               // inshore about itself
)

// Sources lists all sources in order of their value.
func Sources() []Source { return []Source{App, Heroku, Router, AddOn, Inshore} }

// String is the word used in queries and in JSON.
func (s Source) String() string {
	switch s {
	case App:
		return "app"
	case Heroku:
		return "heroku"
	case Router:
		return "router"
	case AddOn:
		return "addon"
	default:
		return "inshore"
	}
}

// Stream says through which descriptor a line came.
type Stream uint8

// The streams. The zero Stream means that there is no descriptor behind the
// line, or that stdout and stderr share one.
const (
	None Stream = iota
	Stdout
	Stderr
)

// String is the word used in queries and in JSON; it is empty for None.
func (s Stream) String() string {
	switch s {
	case Stdout:
		return "stdout"
	case Stderr:
		return "stderr"
	default:
		return ""
	}
}

// Line is one line of output.
type Line struct {
	Seq       uint64    // number in the run, from 1, without holes at the source
	Time      time.Time // when inshore read it
	Source    Source
	Process   string // "web.1", "router", "postgres", "api"
	Stream    Stream
	Text      []byte // raw bytes without the line end; see the giver for who owns them
	Continued bool   // the line was cut at MaxLine and goes on in the next Line of this stream
}

package dyno

import (
	"syscall"
	"time"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// Kind says what an event is about.
type Kind string

// The kinds of events.
const (
	KindStarting     Kind = "starting"      // Starting process with command `…`
	KindState        Kind = "state"         // State changed from … to …
	KindRestarting   Kind = "restarting"    // Restarting
	KindStopping     Kind = "stopping"      // Stopping all processes with SIGTERM
	KindKilling      Kind = "killing"       // Stopping process with SIGKILL
	KindExited       Kind = "exited"        // Process exited with status N
	KindBootTimeout  Kind = "boot-timeout"  // Error R10 (Boot timeout) -> …
	KindExitTimeout  Kind = "exit-timeout"  // Error R12 (Exit timeout) -> …
	KindWrongPort    Kind = "wrong-port"    // no line of Heroku's: it listens elsewhere
	KindLaunchFailed Kind = "launch-failed" // no line of Heroku's: the process could not be started
	KindDelayed      Kind = "delayed"       // no line of Heroku's: the dyno has crashed and starts again after Delay, which may be 0
)

// Event is something that happened to a dyno.
type Event struct {
	Time time.Time
	Dyno string // "web.1"
	Kind Kind
	// Line is the text Heroku logs with the source heroku[<dyno>]; empty when
	// Heroku has none.
	Line string
	// From and To are the states before and after; equal when it did not change.
	From, To State
	// PID is the process concerned; 0 when there is none.
	PID int
	// Exit is how the process ended; nil for events that are not about an end.
	Exit *Exit
	// ListenAddr is where the port is open, in the event of becoming up.
	ListenAddr string
	// Delay is the time until the next start, in KindDelayed.
	Delay time.Duration
	// Crashes counts the crashes in a row, in KindDelayed.
	Crashes int
	// Listeners are where the dyno listens instead of its port, in KindWrongPort
	// and KindBootTimeout.
	Listeners []Listener
	// Problem is what the user should be told; nil when there is nothing.
	Problem *problem.Problem
}

// Exit is how the process of a dyno ended.
type Exit struct {
	Code   int            // what it passed to exit, or 126 or 127 when it could not be started
	Signal syscall.Signal // what killed it; 0 when it ended by itself
	Uptime time.Duration  // from its start to its end
	// Problem explains an end that says something about the command; else nil.
	Problem *problem.Problem
}

// Status is the number a shell and Heroku show: the code or 128 plus the signal.
func (e Exit) Status() int {
	if e.Signal != 0 {
		return 128 + int(e.Signal)
	}
	return e.Code
}

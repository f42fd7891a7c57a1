package emulator

import (
	"time"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/emulator/problem"
)

// EventKind names what happened.
type EventKind string

// The kinds of event, in the order in which a run meets them.
const (
	EventNotice          EventKind = "notice"           // Text, or Problem: a fall-back or warning said once
	EventConfig          EventKind = "config"           // Name was generated or came from elsewhere: Text says how
	EventAddOnStarting   EventKind = "addon_starting"   // Name
	EventAddOnProgress   EventKind = "addon_progress"   // Name, Text, Done, Total (bytes; Total 0 while unknown)
	EventAddOnReady      EventKind = "addon_ready"      // Name, AddOn, Duration
	EventBuildStarted    EventKind = "build_started"    // Text: the command
	EventBuildDone       EventKind = "build_done"       // Text: the command, Duration
	EventReleaseStarted  EventKind = "release_started"  // Text: the command
	EventReleaseDone     EventKind = "release_done"     // Text: the command, Status, Duration
	EventDynoStarting    EventKind = "dyno_starting"    // Name
	EventDynoUp          EventKind = "dyno_up"          // Name, Text: "listening on 41203" or "running", Duration
	EventDynoCrashed     EventKind = "dyno_crashed"     // Name, Problem with the last lines
	EventUp              EventKind = "up"               // everything wanted is up: print the final block from Status
	EventStopping        EventKind = "stopping"         // Text: the dynos' names, joined by ", "
	EventDynoStopped     EventKind = "dyno_stopped"     // Name, Status, Duration, Killed
	EventAddOnStopped    EventKind = "addon_stopped"    // Name, Duration
	EventStopped         EventKind = "stopped"          // everything is gone
	EventReloadRequested EventKind = "reload_requested" // Text: what changed
)

// Event is one fact of a run, told to Options.Observe in order. Fields that the
// kind does not name are zero.
type Event struct {
	Kind     EventKind
	Time     time.Time
	Name     string
	Text     string
	Duration time.Duration
	Status   int // exit status as a shell would say it
	Killed   bool
	Done     int64
	Total    int64
	AddOn    addons.Info
	Problem  *problem.Problem
}

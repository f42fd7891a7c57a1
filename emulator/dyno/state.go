package dyno

import "fmt"

// State is a dyno state as Heroku's API names it.
type State string

// The states. A dyno that was never started is down; Complete is the end of a
// one-off or release dyno.
const (
	Down     State = "down"
	Starting State = "starting"
	Up       State = "up"
	Crashed  State = "crashed"
	Idle     State = "idle"
	Complete State = "complete"
)

// Trigger is what may change the state of a dyno.
type Trigger string

// The triggers.
const (
	Start  Trigger = "start"  // a process is about to be started
	Bound  Trigger = "bound"  // the port is open, or there is none to wait for
	End    Trigger = "end"    // the process ended by itself
	Finish Trigger = "finish" // the process of a one-off dyno ended
	Stop   Trigger = "stop"   // somebody wants no process
	Sleep  Trigger = "sleep"  // no process until the next request
)

// Transition is the state after a trigger. A trigger that comes too late for the
// state, such as a port found open after the end of the process, gives an error
// and changes nothing.
func Transition(from State, on Trigger) (State, error) {
	alive := from == Starting || from == Up
	switch {
	case on == Start:
		return Starting, nil
	case on == Bound && from == Starting:
		return Up, nil
	case on == End && alive:
		// Dev Center, "Dynos and the Dyno Manager": any exit of a formation
		// dyno's process is a crash, exit code 0 included.
		return Crashed, nil
	case on == Finish && alive:
		return Complete, nil
	case on == Stop && from != Complete:
		return Down, nil
	case on == Sleep && from == Up:
		return Idle, nil
	}
	return from, fmt.Errorf("internal error: %q in state %q", on, from)
}

package dyno

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

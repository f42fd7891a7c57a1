package dyno

// Policy decides when a dyno that ended by itself starts again.
type Policy int

// The policies. The zero value is PolicyDevelopment.
const (
	// PolicyDevelopment starts at once, then after 1, 2, 4 … 60 s.
	PolicyDevelopment Policy = iota
	// PolicyHeroku starts at once, then after 10, 20, 40 … minutes.
	PolicyHeroku
	// PolicyNever is for one-off and release dynos: one run, then complete.
	PolicyNever
)

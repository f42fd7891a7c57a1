package dyno

import "time"

// Policy decides when a dyno that ended by itself starts again.
type Policy int

// The policies. The zero value is PolicyDevelopment.
const (
	// PolicyDevelopment starts at once after the first crash, then after 1, 2,
	// 4 … 60 s, and forgets the crashes of a dyno that was up for 60 s.
	PolicyDevelopment Policy = iota
	// PolicyHeroku starts at once after the first crash, then after 10, 20, 40 …
	// minutes, at most a day (Dev Center, "Dynos and the Dyno Manager", dyno
	// crash restart policy).
	PolicyHeroku
	// PolicyNever is for one-off and release dynos: one run, then complete.
	PolicyNever
)

// jitterShare is how much later than planned a start may be, so that dynos that
// crashed together do not start together. It only adds: eight starts in the
// first two minutes stay eight.
const jitterShare = 0.1

// Delay is the time until the next start after a number of crashes in a row,
// the present one included. jitter lies in [0, 1). again is false when there is
// no next start.
func (p Policy) Delay(crashes int, jitter float64) (delay time.Duration, again bool) {
	switch p {
	case PolicyDevelopment:
		delay = doubled(time.Second, crashes, time.Minute)
		return delay + time.Duration(float64(delay)*jitterShare*jitter), true
	case PolicyHeroku:
		return doubled(10*time.Minute, crashes, 24*time.Hour), true
	case PolicyNever:
		return 0, false
	default:
		return 0, false
	}
}

// ResetAfter is the uptime after which earlier crashes no longer count.
func (p Policy) ResetAfter() time.Duration {
	if p == PolicyHeroku {
		return 10 * time.Minute
	}
	return time.Minute
}

// doubled is 0 for the first crash, base for the second, and twice as much for
// every other one up to limit.
func doubled(base time.Duration, crashes int, limit time.Duration) time.Duration {
	if crashes <= 1 {
		return 0
	}
	delay := base
	for range crashes - 2 {
		if delay >= limit {
			break
		}
		delay *= 2
	}
	return min(delay, limit)
}

// countCrash is the number of crashes in a row after another one.
func (p Policy) countCrash(before int, uptime time.Duration) int {
	if uptime >= p.ResetAfter() {
		return 1
	}
	return before + 1
}

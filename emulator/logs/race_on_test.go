//go:build race

package logs

// slow tells tests that the race detector is on, so that they do less.
const slow = true

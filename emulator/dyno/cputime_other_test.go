//go:build !linux

package dyno

import "time"

// cpuTime is not known here.
func cpuTime() time.Duration { return -1 }

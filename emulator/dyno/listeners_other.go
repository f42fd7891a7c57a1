//go:build !linux

package dyno

func listeners([]int) []Listener { return nil }

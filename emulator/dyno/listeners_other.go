//go:build !linux

package dyno

func listeners([]int) []Listener { return nil }

func heldByAnotherDyno(int, []int) bool { return false }

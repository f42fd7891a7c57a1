package dyno

import (
	"net/netip"
	"slices"
)

// Listener is a TCP port somebody listens on.
type Listener struct {
	Addr netip.AddrPort
	PID  int
}

// Listeners finds the TCP ports the processes listen on, sorted by port. It
// knows only what the operating system tells: on others than Linux it finds none.
func Listeners(pids []int) []Listener {
	found := listeners(pids)
	slices.SortFunc(found, func(a, b Listener) int { return a.Addr.Compare(b.Addr) })
	slices.SortStableFunc(found, func(a, b Listener) int { return int(a.Addr.Port()) - int(b.Addr.Port()) })
	return slices.CompactFunc(found, func(a, b Listener) bool { return a.Addr == b.Addr })
}

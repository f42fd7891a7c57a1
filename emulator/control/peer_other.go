//go:build !linux && !darwin

package control

import "net"

// checkPeer trusts the permissions of the directory: this system does not tell
// who the peer is.
func checkPeer(net.Conn) error { return nil }

package control

import (
	"context"
	"net"
)

// Listen opens the control socket of a checkout: it creates the directory
// (0700) and the socket (0600), and replaces a socket that nobody answers any
// more. A socket that still answers gives problem S002. The caller holds the
// checkout's lock, and closes the listener unless it passes it to Serve.
func Listen(stateDir, checkout string) (net.Listener, error) { panic("not yet") }

// Serve answers requests on the listener until ctx ends, then closes it. It
// returns nil after a clean end.
func Serve(ctx context.Context, listener net.Listener, platform Platform) error { panic("not yet") }

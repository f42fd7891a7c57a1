package control

// SocketPath is where the control socket of a checkout is: control.sock in its
// state directory, or, when that is too long for a socket address, a file named
// after the checkout id in a private directory of the user's.
func SocketPath(stateDir, checkout string) string { panic("not yet") }

package native

import "errors"

// Credential says as whom a server runs that refuses to be root.
type Credential struct {
	UID, GID  int
	Namespace bool // in a user namespace, where the ids stand for the caller's
}

// ErrRoot says that there is no way to give up root on this machine.
var ErrRoot = errors.New("inshore runs as root, and neither a user namespace nor the users postgres or nobody can be used")

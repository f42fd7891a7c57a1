//go:build !unix

package control

// alive cannot be asked here; the closed socket has to do.
func alive(int) bool { return false }

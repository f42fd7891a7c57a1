//go:build unix

package router

import "syscall"

// rawIO tells that system calls on non-blocking descriptors are used directly.
const rawIO = true

// sysPeek looks whether the peer closed (gone) or bytes wait (stray).
func sysPeek(fd uintptr) (gone, stray bool) {
	var one [1]byte
	n, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	switch {
	case err == syscall.EAGAIN || err == syscall.EINTR:
		return false, false
	case err != nil || n == 0:
		return true, false
	}
	return false, true
}

package router

import (
	"syscall"
	"unsafe"
)

// The two calls below skip the bookkeeping that lets the Go scheduler replace
// a thread that blocks in the kernel: on a non-blocking descriptor none does.

func sysRead(fd uintptr, p []byte) (n int, again bool, err error) {
	return sysCall(syscall.SYS_READ, fd, p)
}

func sysWrite(fd uintptr, p []byte) (n int, again bool, err error) {
	return sysCall(syscall.SYS_WRITE, fd, p)
}

// sysCall reads into or writes from p, which is not empty.
func sysCall(trap, fd uintptr, p []byte) (n int, again bool, err error) {
	for {
		n, _, errno := syscall.RawSyscall(trap, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
		switch errno {
		case 0:
			return int(n), false, nil
		case syscall.EINTR:
		case syscall.EAGAIN:
			return 0, true, nil
		default:
			return 0, false, errno
		}
	}
}

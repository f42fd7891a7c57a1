//go:build unix

package logs

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// readNow reads what is there without waiting.
func readNow(f *os.File, buf []byte) (n int) {
	raw, err := f.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Read(func(fd uintptr) bool {
		for {
			n, err = syscall.Read(int(fd), buf)
			if !errors.Is(err, syscall.EINTR) {
				return true
			}
		}
	})
	return n
}

// endOfStream tells the end from a fault. A pty master answers EIO when its
// last slave is closed.
func endOfStream(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, os.ErrClosed) || errors.Is(err, syscall.EIO)
}

// writeAgain tells whether a write failed only because somebody who shares the
// terminal with us has made it non-blocking (node and ssh do).
func writeAgain(err error) bool { return errors.Is(err, syscall.EAGAIN) }

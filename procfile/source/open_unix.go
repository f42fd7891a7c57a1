//go:build unix

package source

import (
	"os"
	"syscall"
)

// open never waits for the other end of a named pipe, and never makes a
// terminal the controlling one.
func open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
}

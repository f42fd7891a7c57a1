//go:build unix

package emulator

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// signalName is for example SIGKILL.
func signalName(s syscall.Signal) string { return unix.SignalName(s) }

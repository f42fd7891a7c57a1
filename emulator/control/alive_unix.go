//go:build unix && !linux

package control

import "syscall"

// alive tells whether a process still exists.
func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

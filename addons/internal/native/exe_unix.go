//go:build !windows

package native

import "syscall"

const exeSuffix = ""

// exists asks with signal 0; a process of somebody else exists as well.
func exists(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || err == syscall.EPERM
}

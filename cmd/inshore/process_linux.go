package main

import (
	"os/exec"
	"runtime"
	"syscall"
)

// tie makes the command end with us, even when we are killed. The kernel ties it
// to the thread that starts it, so this thread is kept.
func tie(cmd *exec.Cmd) {
	runtime.LockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}

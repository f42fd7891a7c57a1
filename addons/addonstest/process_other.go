//go:build !linux

package addonstest

import (
	"os/exec"
	"syscall"

	"github.com/inshore-dev/inshore/addons"
)

func isolate(*exec.Cmd, *addons.User) {}

func ask(cmd *exec.Cmd, signal syscall.Signal) {
	if signal == 0 {
		signal = syscall.SIGTERM
	}
	_ = cmd.Process.Signal(signal) // it may be gone already
}

// killGroup passes over a process that is gone already.
func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

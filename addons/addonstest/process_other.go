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
	cmd.Process.Signal(signal)
}

func killGroup(cmd *exec.Cmd) { cmd.Process.Kill() }

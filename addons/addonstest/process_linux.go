package addonstest

import (
	"cmp"
	"os"
	"os/exec"
	"syscall"

	"github.com/inshore-dev/inshore/addons"
)

// isolate gives the command its own group, ties its life to ours and sets its
// user.
func isolate(cmd *exec.Cmd, user *addons.User) {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	switch {
	case user == nil:
	case user.Namespace:
		attr.Cloneflags = syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: user.UID, HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: user.GID, HostID: os.Getegid(), Size: 1}}
	default:
		attr.Credential = &syscall.Credential{Uid: uint32(user.UID), Gid: uint32(user.GID)}
	}
	cmd.SysProcAttr = attr
}

func ask(cmd *exec.Cmd, signal syscall.Signal) {
	_ = cmd.Process.Signal(cmp.Or(signal, syscall.SIGTERM)) // it may be gone already
}

// killGroup passes over a group that is gone already.
func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

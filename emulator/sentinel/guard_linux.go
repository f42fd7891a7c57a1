package sentinel

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// becomeGuardian makes orphaned descendants our children.
func becomeGuardian() error {
	// Executed as /proc/self/exe, we would be listed as "exe".
	_ = os.WriteFile("/proc/self/comm", []byte("inshore-sentry"), 0)
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("become child subreaper: %w", err)
	}
	return nil
}

// childAttributes gives the child its own process group, or its own session
// when it has a terminal, and its death when ours comes first.
func childAttributes(m message) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: !m.TTY, Setsid: m.TTY, Setctty: m.TTY, Pdeathsig: syscall.SIGKILL}
	switch {
	case m.Remap:
		attr.Cloneflags = syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 1000, HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 1000, HostID: os.Getegid(), Size: 1}}
	case m.Switch:
		attr.Credential = &syscall.Credential{Uid: uint32(m.UID), Gid: uint32(m.GID)}
	}
	return attr
}

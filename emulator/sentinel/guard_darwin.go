package sentinel

import "syscall"

// becomeGuardian has nothing to do: macOS has no child subreaper.
func becomeGuardian() error { return nil }

// childAttributes gives the child its own process group, or its own session
// when it has a terminal. macOS has neither a parent-death signal nor user
// namespaces; a remapped user stays ours.
func childAttributes(m message) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: !m.TTY, Setsid: m.TTY, Setctty: m.TTY}
	if m.Switch {
		attr.Credential = &syscall.Credential{Uid: uint32(m.UID), Gid: uint32(m.GID)}
	}
	return attr
}

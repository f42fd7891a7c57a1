package sentinel

import (
	"bytes"
	"encoding/binary"
	"syscall"

	"golang.org/x/sys/unix"
)

// processInfo is a line of the process table. pid and start together name a
// process for ever; pid alone is given out again.
type processInfo struct {
	pid, parent, group, session int
	start                       uint64 // microseconds since 1970
	zombie                      bool
}

const stateZombie = 5 // SZOMB of sys/proc.h

// processIDs lists every process.
func processIDs() []int {
	var pids []int
	for _, info := range processTable() {
		pids = append(pids, info.pid)
	}
	return pids
}

// processTable asks the kernel for every process.
func processTable() []processInfo {
	all, err := unix.SysctlKinfoProcSlice("kern.proc.all")
	if err != nil {
		return nil
	}
	table := make([]processInfo, 0, len(all))
	for i := range all {
		pid := int(all[i].Proc.P_pid)
		session, err := unix.Getsid(pid)
		if err != nil {
			session = 0
		}
		started := all[i].Proc.P_starttime
		table = append(table, processInfo{
			pid: pid, parent: int(all[i].Eproc.Ppid), group: int(all[i].Eproc.Pgid), session: session,
			start:  uint64(started.Sec)*1_000_000 + uint64(started.Usec),
			zombie: all[i].Proc.P_stat == stateZombie,
		})
	}
	return table
}

// variables are values from the environment a process was started with, empty
// where it has none or it is not ours to read. The kernel gives the number of
// arguments, the executable's path, padding, the arguments, the environment.
func variables(pid int, names ...string) []string {
	values := make([]string, len(names))
	data, err := unix.SysctlRaw("kern.procargs2", pid)
	if err != nil || len(data) < 4 {
		return values
	}
	skip := int(binary.LittleEndian.Uint32(data))
	_, rest, _ := bytes.Cut(data[4:], []byte{0})
	rest = bytes.TrimLeft(rest, "\x00")
	for entry := range bytes.SplitSeq(rest, []byte{0}) {
		if skip > 0 {
			skip--
			continue
		}
		for i, name := range names {
			if value, ok := bytes.CutPrefix(entry, []byte(name+"=")); ok {
				values[i] = string(value)
			}
		}
	}
	return values
}

// sendExact signals that very process and no successor of its number.
func sendExact(info processInfo, sig syscall.Signal) {
	for _, now := range processTable() {
		if now.pid == info.pid && now.start == info.start {
			_ = syscall.Kill(info.pid, sig)
			return
		}
	}
}

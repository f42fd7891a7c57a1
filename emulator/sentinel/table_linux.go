package sentinel

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// processInfo is a line of the process table. pid and start together name a
// process for ever; pid alone is given out again.
type processInfo struct {
	pid, parent, group, session int
	start                       uint64 // clock ticks since boot
	zombie                      bool
}

// processIDs lists /proc.
func processIDs() []int {
	names, err := readNames("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// processTable reads /proc; processes that end meanwhile are left out.
func processTable() []processInfo {
	var table []processInfo
	for _, pid := range processIDs() {
		if info, err := readProcess(pid); err == nil {
			table = append(table, info)
		}
	}
	return table
}

// readProcess reads /proc/PID/stat. The second field, the name, may hold blanks
// and parentheses, so fields are counted from the last closing one.
func readProcess(pid int) (processInfo, error) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return processInfo{}, err
	}
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	if len(fields) < 20 {
		return processInfo{}, errors.New("short stat line")
	}
	info := processInfo{pid: pid, zombie: fields[0] == "Z" || fields[0] == "X"}
	for i, target := range []*int{&info.parent, &info.group, &info.session} {
		if *target, err = strconv.Atoi(fields[1+i]); err != nil {
			return processInfo{}, err
		}
	}
	info.start, err = strconv.ParseUint(fields[19], 10, 64)
	return info, err
}

// variables are values from the environment a process was started with, empty
// where it has none or it is not ours to read.
func variables(pid int, names ...string) []string {
	values := make([]string, len(names))
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return values
	}
	for entry := range bytes.SplitSeq(data, []byte{0}) {
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
	fd, err := unix.PidfdOpen(info.pid, 0)
	if err != nil {
		// Kernels before 5.3: look, then signal.
		if now, err := readProcess(info.pid); err == nil && now.start == info.start {
			_ = syscall.Kill(info.pid, sig)
		}
		return
	}
	defer func() { _ = unix.Close(fd) }()
	if now, err := readProcess(info.pid); err == nil && now.start == info.start {
		_ = unix.PidfdSendSignal(fd, sig, nil, 0)
	}
}

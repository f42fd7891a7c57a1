//go:build linux || darwin

package sentinel

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	// sweepTime bounds a sweep.
	sweepTime = 2 * time.Second
	// sweepPatience is how long a sweep lets a sentinel finish that is already
	// stopping its processes politely.
	sweepPatience = 700 * time.Millisecond
)

// Sweep kills the processes whose RunVariable starts with tagPrefix, and those
// among their descendants that have no RunVariable any more. It is for the start
// of a run, before Start, with the prefix of this checkout's runs: it would not
// spare a living run with that prefix. It never touches the calling process or
// its ancestors. Processes are named by pid and start time, so that no stranger
// who got an old number is hit. An error says what could not be killed.
func Sweep(tagPrefix string) (killed []int, err error) {
	if tagPrefix == "" {
		return nil, errors.New("sweep: an empty prefix would match every run")
	}
	match := func(run string) bool { return strings.HasPrefix(run, tagPrefix) }
	awaitSentinels(match)
	return sweep(sweepTarget{match: match})
}

// sweepTarget says which processes a sweep is for.
type sweepTarget struct {
	match   func(run string) bool
	session int // this session as well; 0 means none
}

// sweep repeats until it finds nothing: a process may fork while its siblings die.
func sweep(target sweepTarget) (killed []int, err error) {
	deadline := time.Now().Add(sweepTime)
	seen := make(map[int]bool)
	for {
		found := target.find()
		if len(found) == 0 {
			return killed, nil
		}
		if time.Now().After(deadline) {
			return killed, fmt.Errorf("sweep: %d processes survive being killed, among them pid %d", len(found), found[0].pid)
		}
		for _, info := range found {
			sendExact(info, syscall.SIGSTOP)
		}
		for _, info := range found {
			sendExact(info, syscall.SIGKILL)
			if !seen[info.pid] {
				seen[info.pid] = true
				killed = append(killed, info.pid)
			}
		}
		time.Sleep(2 * time.Millisecond) //nolint:forbidigo // killing is not to be cancelled, and sweepTime bounds it
	}
}

func (t sweepTarget) find() []processInfo {
	if t.session == 0 && !t.anyMarked() {
		return nil // the usual case, at half the price
	}
	table := processTable()
	spared := lineage(table, os.Getpid())
	children := make(map[int][]processInfo)
	var found []processInfo
	taken := make(map[int]bool)
	for _, info := range table {
		children[info.parent] = append(children[info.parent], info)
		if info.zombie || spared[info.pid] {
			continue
		}
		if (t.session != 0 && info.session == t.session) || t.matches(info.pid) {
			found = append(found, info)
			taken[info.pid] = true
		}
	}
	for i := 0; i < len(found); i++ {
		for _, child := range children[found[i].pid] {
			if child.zombie || taken[child.pid] || spared[child.pid] || variables(child.pid, RunVariable)[0] != "" {
				continue
			}
			taken[child.pid] = true
			found = append(found, child)
		}
	}
	return found
}

func (t sweepTarget) anyMarked() bool {
	return slices.ContainsFunc(processIDs(), t.matches)
}

func (t sweepTarget) matches(pid int) bool {
	run := variables(pid, RunVariable)[0]
	return run != "" && t.match(run)
}

// lineage is a process and its ancestors.
func lineage(table []processInfo, pid int) map[int]bool {
	parents := make(map[int]int, len(table))
	for _, info := range table {
		parents[info.pid] = info.parent
	}
	line := make(map[int]bool)
	for pid > 0 && !line[pid] {
		line[pid] = true
		pid = parents[pid]
	}
	return line
}

// awaitSentinels gives sentinels without a manager the time to end in order.
func awaitSentinels(match func(string) bool) {
	deadline := time.Now().Add(sweepPatience)
	for time.Now().Before(deadline) {
		waiting := slices.ContainsFunc(processIDs(), func(pid int) bool {
			marks := variables(pid, RunVariable, ProcessVariable)
			return marks[1] == sentinelProcess && marks[0] != "" && match(marks[0])
		})
		if !waiting {
			return
		}
		time.Sleep(5 * time.Millisecond) //nolint:forbidigo // nobody cancels it, and sweepPatience bounds it
	}
}

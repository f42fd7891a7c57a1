package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// cost is what inshore's own processes use.
type cost struct {
	ownMB     float64 // the process that was started
	allMB     float64 // with its helpers, without the app's processes
	processes int
	cpu       time.Duration // of all of them since they started
}

// clockTick is the unit of the times in /proc/PID/stat ("man 5 proc").
const clockTick = 10 * time.Millisecond

// costs adds up the process pid and its descendants, but for those that have
// the argument childMark: they are the app.
func costs(pid int, childMark string) (cost, error) {
	children, err := childrenOfAll()
	if err != nil {
		return cost{}, err
	}
	var c cost
	queue := []int{pid}
	for len(queue) > 0 {
		next := queue[0]
		queue = append(queue[1:], children[next]...)
		line, err := os.ReadFile(procFile(next, "cmdline"))
		if err != nil || isChild(line, childMark) {
			continue
		}
		mb, cpu, err := usage(next)
		if err != nil {
			return cost{}, err
		}
		if next == pid {
			c.ownMB = mb
		}
		c.allMB += mb
		c.cpu += cpu
		c.processes++
	}
	return c, nil
}

// isChild tells a process of the app from the sentinel that holds its command
// line: in the app's own the mark is the second argument.
func isChild(cmdline []byte, mark string) bool {
	args := bytes.Split(cmdline, []byte{0})
	return len(args) > 1 && string(args[1]) == mark
}

func childrenOfAll() (map[int][]int, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	children := map[int][]int{}
	for _, file := range stats {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			continue
		}
		fields, err := statFields(pid)
		if err != nil {
			continue // ended meanwhile
		}
		parent, err := strconv.Atoi(fields[1])
		if err != nil {
			continue
		}
		children[parent] = append(children[parent], pid)
	}
	return children, nil
}

// statFields are the fields of /proc/PID/stat from the state on.
func statFields(pid int) ([]string, error) {
	data, err := os.ReadFile(procFile(pid, "stat"))
	if err != nil {
		return nil, err
	}
	_, rest, found := strings.Cut(string(data), ") ")
	fields := strings.Fields(rest)
	if !found || len(fields) < 22 {
		return nil, fmt.Errorf("odd stat of process %d", pid)
	}
	return fields, nil
}

func usage(pid int) (mb float64, cpu time.Duration, err error) {
	fields, err := statFields(pid)
	if err != nil {
		return 0, 0, err
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	if err != nil {
		return 0, 0, err
	}
	pages, err := strconv.ParseInt(fields[21], 10, 64)
	if err != nil {
		return 0, 0, err
	}
	return float64(pages) * float64(os.Getpagesize()) / 1e6, time.Duration(user+system) * clockTick, nil
}

func procFile(pid int, name string) string {
	return "/proc/" + strconv.Itoa(pid) + "/" + name
}

package native

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// WriteMark notes in a file which process runs a server, so that the next start
// can end it should everything in between be killed. It is a hint, written
// atomically but not forced to disk.
func WriteMark(file string, pid int) error {
	text := strconv.Itoa(pid) + "\n" + startTime(pid) + "\n"
	temp := file + ".tmp"
	if err := os.WriteFile(temp, []byte(text), 0o600); err != nil {
		return fmt.Errorf("note the process: %w", err)
	}
	return os.Rename(temp, file)
}

// EndMarked ends the process that a file of WriteMark names if it is still the
// same one, and removes the file. A process that took over the number is left
// alone, because its start time differs.
func EndMarked(ctx context.Context, file string, stop syscall.Signal) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil //nolint:nilerr // no mark, nothing to end
	}
	first, rest, _ := strings.Cut(string(data), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	start := strings.TrimSpace(rest)
	if err == nil && pid > 1 && start != "" && startTime(pid) == start {
		if err := End(ctx, pid, start, stop); err != nil {
			return err
		}
	}
	os.Remove(file)
	return nil
}

// EndOwned ends a process of which only the number is known, from the server's
// own lock file, if its command line holds every one of the words.
func EndOwned(ctx context.Context, pid int, stop syscall.Signal, words ...string) (ours bool, err error) {
	start := startTime(pid)
	if pid <= 1 || start == "" {
		return false, nil
	}
	line := commandLine(pid)
	for _, word := range words {
		if !strings.Contains(line, word) {
			return false, nil
		}
	}
	return true, End(ctx, pid, start, stop)
}

// End asks the process to stop, kills it after 10 s, and waits until it is
// gone. The start time guards against a number that was given away.
func End(ctx context.Context, pid int, start string, stop syscall.Signal) error {
	deadline := time.Now().Add(10 * time.Second)
	signal(pid, stop)
	killed := false
	for startTime(pid) == start {
		if !killed && time.Now().After(deadline) {
			signal(pid, syscall.SIGKILL)
			killed, deadline = true, time.Now().Add(10*time.Second)
		}
		if killed && time.Now().After(deadline) {
			return fmt.Errorf("process %d of an earlier run does not end", pid)
		}
		if !pause(ctx, 5*time.Millisecond) {
			return context.Cause(ctx)
		}
	}
	return nil
}

func signal(pid int, sig syscall.Signal) {
	if process, err := os.FindProcess(pid); err == nil {
		_ = process.Signal(sig) // it may have ended by itself
	}
}

// MarkFile is the usual place of the mark in an add-on's directory.
func MarkFile(dir string) string { return filepath.Join(dir, "pid") }

// NoPID is a number that no process has.
const NoPID = 1<<31 - 2

// Exists tells whether a process of that number exists at all, be it a zombie
// or a stranger.
func Exists(pid int) bool { return exists(pid) }

// Last is the signal that a stop sends shortly before force is used.
type Last struct {
	Signal syscall.Signal
	After  time.Duration
}

// Stop ends a process as Process.Stop does, with one more signal on the way.
func Stop(ctx context.Context, process Process, grace time.Duration, last Last) error {
	timer := time.AfterFunc(last.After, func() {
		select {
		case <-process.Done():
		default:
			signal(process.PID(), last.Signal)
		}
	})
	defer timer.Stop()
	return process.Stop(ctx, grace)
}

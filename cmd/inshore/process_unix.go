//go:build unix

package main

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// exitStatus is 128 plus the signal for a process that a signal ended.
func exitStatus(state *os.ProcessState) int {
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return state.ExitCode()
}

// shellArgv runs a line in bash, as the platform does, or in sh.
func shellArgv(line string) ([]string, error) {
	if bash, err := exec.LookPath("bash"); err == nil {
		return []string{bash, "-c", line}, nil
	}
	return []string{"/bin/sh", "-c", line}, nil
}

// leaveSession makes the command leave our session, so that closing the terminal
// does not reach it.
func leaveSession(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// watchSuspend takes over Ctrl-Z. The router lives in this process, so stopping
// it would leave the app's visitors waiting.
func watchSuspend() chan os.Signal {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTSTP)
	return c
}

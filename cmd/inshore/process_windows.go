package main

import (
	"os"
	"os/exec"
)

func exitStatus(state *os.ProcessState) int { return state.ExitCode() }

func shellArgv(line string) ([]string, error) { return []string{"cmd", "/c", line}, nil }

func leaveSession(*exec.Cmd) {}

// watchSuspend is nil: there is no Ctrl-Z that stops a process.
func watchSuspend() chan os.Signal { return nil }

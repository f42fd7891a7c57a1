package main

import (
	"os"
	"os/exec"
)

func exitStatus(state *os.ProcessState) int { return state.ExitCode() }

func shellArgv(line string) ([]string, error) { return []string{"cmd", "/c", line}, nil }

func leaveSession(*exec.Cmd) {}

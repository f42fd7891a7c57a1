package main

import (
	"context"
	"errors"

	"github.com/inshore-dev/inshore/emulator/control"
	"github.com/inshore-dev/inshore/emulator/problem"
)

// The exit statuses, as `inshore help exit-codes` documents them.
const (
	exitOK           = 0
	exitFailed       = 1
	exitUsage        = 2
	exitFiles        = 3
	exitPrecondition = 4
	exitAddOn        = 5
	exitProcess      = 6
	exitTimeout      = 7
	exitNotRunning   = 8
	exitRefused      = 9
	exitOneOff       = 125
	exitInterrupted  = 130
)

// errInterrupted says that the user gave up before anything was finished.
var errInterrupted = errors.New("interrupted")

// statusError ends the program with a given status and without a message: a
// one-off command's own, or one whose message has been printed already.
type statusError struct{ status int }

// Error is never shown.
func (e *statusError) Error() string { return "exit" }

// exitCode maps what a command returned to the exit status.
func exitCode(err error) int {
	var status *statusError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &status):
		return status.status
	case errors.Is(err, errInterrupted), errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, control.ErrNotRunning):
		return exitNotRunning
	}
	for _, p := range problem.Of(err) {
		if p.Severity == problem.Error {
			return problemExit(p.Code)
		}
	}
	return exitFailed
}

// problemExit is the exit status of a problem: its family's, but for the codes
// that mean something else.
func problemExit(code string) int {
	special := map[string]int{
		"A003": exitPrecondition, "A004": exitPrecondition, "E003": exitPrecondition, "J001": exitFiles,
		"R002": exitProcess,
		"S001": exitFiles, "S002": exitPrecondition, "S003": exitPrecondition, "S004": exitPrecondition,
		"S006": exitPrecondition, "S018": exitNotRunning,
		"S011": exitNotRunning, "S012": exitRefused, "S013": exitTimeout,
	}
	if status, ok := special[code]; ok {
		return status
	}
	if code == "" {
		return exitFailed
	}
	switch code[0] {
	case 'C':
		return exitUsage
	case 'P', 'J', 'E':
		return exitFiles
	case 'D', 'R', 'W':
		return exitPrecondition
	case 'A':
		return exitAddOn
	case 'X':
		return exitProcess
	}
	return exitFailed
}

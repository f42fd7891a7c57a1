package dyno

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/emulator/sentinel"
)

// Codes of the problems a dyno reports.
const (
	codeBootTimeout   = "R002"
	codeNotFound      = "X003"
	codeNotExecutable = "X005"
	codeDirectory     = "X006"
	codeNotStarted    = "X007"
)

// What a shell's exit status says about the command (POSIX, "Exit Status for
// Commands").
const (
	statusNotExecutable = 126
	statusNotFound      = 127
)

// processType is "web" for the dyno "web.1".
func processType(dyno string) string {
	name, _, _ := strings.Cut(dyno, ".")
	return name
}

// launchProblem explains why a process could not be started.
func launchProblem(spec Spec, err error) *problem.Problem {
	name := processType(spec.Name)
	var failure *sentinel.LaunchError
	switch {
	case !errors.As(err, &failure):
		return problem.Newf(codeNotStarted, "%s: the process could not be started: %v", name, err).Wrap(err)
	case failure.Dir != "":
		return problem.Newf(codeDirectory, "%s: working directory %s: %v", name, failure.Dir, failure.Err).Wrap(err)
	case failure.Status == statusNotFound:
		return problem.Newf(codeNotFound, "%s: %s: %v", name, failure.Path, failure.Err).Wrap(err)
	default:
		return problem.Newf(codeNotExecutable, "%s: %s cannot be executed: %v", name, failure.Path, failure.Err).Wrap(err)
	}
}

// launchStatus is the exit status of a process that could not be started.
func launchStatus(err error) int {
	if failure, ok := errors.AsType[*sentinel.LaunchError](err); ok {
		return failure.Status
	}
	return statusNotExecutable
}

// exitProblem explains an exit status by which a shell speaks of the command
// itself; nil for every other one.
func exitProblem(spec Spec, status int) *problem.Problem {
	name := processType(spec.Name)
	program := firstProgram(spec.Command)
	switch status {
	case statusNotFound:
		if program == "" {
			return problem.Newf(codeNotFound, "%s: a command was not found (exit 127)", name)
		}
		return problem.Newf(codeNotFound, "%s: %s: command not found", name, program)
	case statusNotExecutable:
		if program == "" {
			return problem.Newf(codeNotExecutable, "%s: a command cannot be executed (exit 126)", name)
		}
		return problem.Newf(codeNotExecutable, "%s: %s cannot be executed", name, program)
	default:
		return nil
	}
}

// firstProgram is the program of a simple shell command; empty when the command
// has several, so that it is not plain which of them is meant.
func firstProgram(command string) string {
	if strings.ContainsAny(command, ";|&`(\n") {
		return ""
	}
	for word := range strings.FieldsSeq(command) {
		switch {
		case word == "exec" || word == "env":
		case strings.Contains(word, "=") && !strings.HasPrefix(word, "="):
		default:
			return strings.Trim(word, `"'`)
		}
	}
	return ""
}

// bootProblem is for a dyno that did not open its port in time.
func bootProblem(spec Spec, waited time.Duration, elsewhere []Listener) *problem.Problem {
	p := problem.Newf(codeBootTimeout, "%s did not open $PORT (%d) within %s - Heroku would report R10 boot timeout",
		spec.Name, spec.Port, seconds(waited))
	return withListeners(p, spec, elsewhere)
}

// wrongPortProblem is the early hint: it has not opened its port yet, but another.
func wrongPortProblem(spec Spec, elsewhere []Listener) *problem.Problem {
	p := problem.Newf(codeBootTimeout, "%s has not opened $PORT (%d) yet", spec.Name, spec.Port).Warn()
	return withListeners(p, spec, elsewhere)
}

func withListeners(p *problem.Problem, spec Spec, elsewhere []Listener) *problem.Problem {
	for _, l := range elsewhere {
		if int(l.Addr.Port()) == spec.Port {
			p.Cause("it listens on %s (pid %d), where the router cannot reach it: bind 0.0.0.0 or ::", l.Addr, l.PID)
			continue
		}
		p.Cause("it listens on %d instead (pid %d): the start command ignores $PORT", l.Addr.Port(), l.PID)
	}
	if len(elsewhere) == 0 {
		p.Cause("it listens on no TCP port at all")
	}
	return p
}

// seconds is a time as Heroku writes it in sentences, in whole seconds unless it
// is a fraction of one.
func seconds(d time.Duration) string {
	if d%time.Second == 0 {
		return fmt.Sprintf("%ds", d/time.Second)
	}
	return d.String()
}

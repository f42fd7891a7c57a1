package main

import (
	"encoding/json"
	"errors"
	"io"
	"slices"

	"github.com/inshore-dev/inshore/emulator/control"
	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/procfile"
)

// report prints the error that a command returned, once, on stderr.
func (inv *invocation) report(err error) {
	var status *statusError
	if err == nil || errors.As(err, &status) || errors.Is(err, errInterrupted) {
		return
	}
	if errors.Is(err, control.ErrNotRunning) && problem.Of(err) == nil {
		err = notRunning()
	}
	list := problem.Of(err)
	switch {
	case inv.json:
		inv.reportJSON(err, list)
	case len(list) == 0:
		inv.talk.line("%s %v", inv.talk.paint("error", "error:"), err)
	default:
		inv.problems(list)
	}
}

// problems prints problems with their places, worst last so that the line
// nearest to the prompt is the one to act on.
func (inv *invocation) problems(list problem.List) {
	for _, severity := range []problem.Severity{problem.Info, problem.Warning, problem.Error} {
		for _, p := range list {
			if p.Severity == severity && (!inv.quiet || severity == problem.Error) {
				_, _ = io.WriteString(inv.talk.w, inv.shown(p).Text(inv.talk.paint))
			}
		}
	}
}

// shown is the problem without the list of other readers that see a file
// differently; --verbose keeps it.
func (inv *invocation) shown(p *problem.Problem) *problem.Problem {
	if inv.verbose || procfile.Readers(p) == nil {
		return p
	}
	short := *p
	short.Notes = slices.DeleteFunc(slices.Clone(p.Notes), func(n problem.Note) bool { return n.Label == "readers" })
	return &short
}

// failure is an error as JSON (`inshore help formatting`).
type failure struct {
	Schema int    `json:"schema"`
	Kind   string `json:"kind"`
	control.Problem
	Hint []string `json:"hint"`
	Exit int      `json:"exit"`
}

func (inv *invocation) reportJSON(err error, list problem.List) {
	if len(list) == 0 {
		list = problem.List{problem.New("S000", err.Error())}
	}
	encoder := json.NewEncoder(inv.talk.w)
	encoder.SetEscapeHTML(false)
	for _, p := range list {
		if p.Severity != problem.Error {
			continue
		}
		hints := []string{}
		for _, n := range p.Notes {
			if n.Label == "fix" {
				hints = append(hints, n.Text)
			}
		}
		_ = encoder.Encode(failure{
			Schema: 1, Kind: "error", Problem: control.NewProblem(p), Hint: hints, Exit: exitCode(err),
		})
	}
}

func notRunning() *problem.Problem {
	return problem.New("S011", "nothing runs in this folder").
		Fix("start it: inshore up").Wrap(control.ErrNotRunning)
}

package main

import (
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"
)

// invocation is one run of the program: its streams and its environment, and
// what the global flags make of them.
type invocation struct {
	in      io.Reader
	out     *printer // results
	talk    *printer // everything said to a person
	environ []string
	json    bool // --json: nothing but results and errors is printed
	quiet   bool
	verbose bool
	noInput bool
}

func newInvocation(stdin io.Reader, stdout, stderr io.Writer, environ []string) *invocation {
	return &invocation{
		in:      stdin,
		out:     newPrinter(stdout),
		talk:    newPrinter(stderr),
		environ: environ,
	}
}

// globals are the flags that every command has.
type globals struct {
	dir, app, color        string
	json, quiet, noInput   bool
	verbose, yes, noColour bool
}

// settle applies the global flags to the streams. Colours are decided for each
// stream on its own.
func (inv *invocation) settle(g globals) {
	mode := g.color
	if g.noColour {
		mode = "never"
	}
	inv.out.settle(mode, inv.getenv)
	inv.talk.settle(mode, inv.getenv)
	inv.json, inv.quiet, inv.verbose, inv.noInput = g.json, g.quiet, g.verbose, g.noInput
}

// getenv looks a variable up; empty when it is not set.
func (inv *invocation) getenv(name string) string {
	value, _ := inv.lookup(name)
	return value
}

func (inv *invocation) lookup(name string) (string, bool) {
	for _, pair := range slices.Backward(inv.environ) {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// interactive tells whether there is a person to ask.
func (inv *invocation) interactive() bool {
	if inv.noInput || inv.json || inv.getenv("CI") != "" {
		return false
	}
	return isTerminal(inv.in) && inv.talk.tty
}

// say prints a line of talk unless it is not wanted.
func (inv *invocation) say(format string, args ...any) {
	if !inv.quiet && !inv.json {
		inv.talk.line(format, args...)
	}
}

// isTerminal tells whether a stream is one.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

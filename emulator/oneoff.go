package emulator

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// RunOnce runs a command in a one-off dyno of a run that is up, its output in
// the log, and returns its exit status. A first word that is a process type
// stands for its command.
func (e *Emulator) RunOnce(ctx context.Context, command string) (int, error) {
	if !isClosed(e.ready) || e.currentPhase() == phaseStopping {
		return 0, problem.New("X009", "the app is not up")
	}
	exit := e.runOnce(ctx, oneOffName(), e.expandType(command))
	return exit.Status(), context.Cause(ctx)
}

// Environment is the environment of a one-off dyno of that name.
func (e *Emulator) Environment(name string) []string {
	return e.environment(e.dynoVars(name)...)
}

// oneOffName is random, as the platform numbers one-off dynos (Dev Center:
// "One-Off Dynos").
func oneOffName() string { return fmt.Sprintf("run.%d", 1000+rand.IntN(9000)) }

// expandType replaces a first word that is a declared process type by its
// command (Dev Center: "One-Off Dynos").
func (e *Emulator) expandType(command string) string {
	word, rest, _ := strings.Cut(strings.TrimSpace(command), " ")
	if t, ok := e.app.Process(word); ok {
		return strings.TrimSpace(t.Command + " " + rest)
	}
	return command
}

package emulator

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/emulator/logs"
	"github.com/inshore-dev/inshore/emulator/problem"
)

// build makes the programs that the Procfile names and that only a buildpack
// would have built on the platform. It knows one such case: a Go app whose
// Procfile calls its program by its bare name (the Go buildpack installs into
// bin, which is on PATH).
func (e *Emulator) build(ctx context.Context) error {
	if e.opts.NoBuild || e.opts.AddOnsOnly || !e.needsGoBuild() {
		return nil
	}
	bin, err := filepath.Abs(filepath.Join(e.stateDir, "bin"))
	if err != nil {
		return err
	}
	packages := goPackages(filepath.Join(e.app.Dir, "go.mod"))
	words := append([]string{"go", "install"}, packages...)
	command := strings.Join(words, " ")
	e.tell(Event{Kind: EventBuildStarted, Text: command})
	began := time.Now()
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Dir = e.app.Dir
	cmd.Env = append(slices.Clone(e.app.Environ), "GOBIN="+bin)
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return buildFailed(command, out.Bytes(), err)
	}
	e.hub.Log(logs.Inshore, "build", command)
	e.mu.Lock()
	e.buildIn = bin
	e.mu.Unlock()
	e.tell(Event{Kind: EventBuildDone, Text: command, Duration: time.Since(began)})
	return nil
}

func buildFailed(command string, out []byte, err error) *problem.Problem {
	lines := strings.Split(strings.TrimRight(string(out), "\n"), "\n")
	return problem.Newf("X008", "the app could not be built: %s", command).Wrap(err).
		Quote("last lines", "of the build", lines[max(0, len(lines)-lastLinesShown):]).
		Fix("correct the code, then: inshore up · or start without building: inshore up --no-build")
}

// needsGoBuild tells whether a process type calls a program that is not there,
// in a directory that holds a Go module.
func (e *Emulator) needsGoBuild() bool {
	if _, err := os.Stat(filepath.Join(e.app.Dir, "go.mod")); err != nil {
		return false
	}
	if _, err := exec.LookPath("go"); err != nil {
		return false
	}
	search := dynoPath(e.app.Dir, lookup(e.app.Environ, "PATH"))
	for _, p := range e.app.Processes {
		words := strings.Fields(p.Command)
		if len(words) == 0 || shellWords[words[0]] || !plainValue.MatchString(words[0]) || strings.Contains(words[0], "/") {
			continue
		}
		if lookPath(words[0], e.app.Dir, search) == "" {
			return true
		}
	}
	return false
}

// goPackages are what the Go buildpack installs: the packages named behind
// "// +heroku install" in go.mod, else all.
func goPackages(modFile string) []string {
	f, err := os.Open(modFile)
	if err != nil {
		return []string{"./..."}
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(lines.Text()), "//"))
		if len(words) > 2 && words[0] == "+heroku" && words[1] == "install" {
			return words[2:]
		}
	}
	return []string{"./..."}
}

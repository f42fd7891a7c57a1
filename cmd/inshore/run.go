package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/inshore-dev/inshore/emulator/control"
	"github.com/inshore-dev/inshore/emulator/problem"
)

// The statuses of a command that could not be run, as shells and env(1) use
// them.
const (
	exitNotExecutable = 126
	exitNotFound      = 127
)

func (inv *invocation) runCommand() *cli.Command {
	return &cli.Command{
		Name:      "run",
		Aliases:   []string{"exec"},
		Category:  categoryRun,
		Usage:     "run a one-off command with the same config and add-ons",
		ArgsUsage: "[--] COMMAND...",
		Description: "The command has your terminal; its exit status is passed on. One argument is a\n" +
			"line for the shell, several are taken as they are. A process type of the\n" +
			"Procfile stands for its command. When nothing runs, the add-ons are started\n" +
			"for as long as the command takes.",
		UsageText: "inshore run bin/rails console\ninshore run -e DEBUG=1 -- npm test\ninshore run 'echo $DATABASE_URL'\ninshore run -d worker",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "env", Aliases: []string{"e"}, Usage: "set `NAME=VALUE` for this command"},
			&cli.BoolFlag{Name: "detach", Aliases: []string{"d"}, Usage: "run in the background; the output goes to the log"},
		},
		Action: wrap(inv.run),
	}
}

// run starts the command. Failures of inshore itself end with 125, so that they
// cannot be taken for the command's own.
func (inv *invocation) run(ctx context.Context, c *cli.Context) error {
	err := inv.runOneOff(ctx, c)
	var status *statusError
	var failed *cannotRunError
	switch {
	case err == nil, errors.As(err, &status), errors.Is(err, errInterrupted), isUsage(err):
		return err
	case errors.As(err, &failed):
		inv.talk.line("inshore: %v", failed)
		return &statusError{status: failed.status}
	}
	inv.report(err)
	return &statusError{status: exitOneOff}
}

func isUsage(err error) bool {
	list := problem.Of(err)
	return len(list) > 0 && exitCode(err) == exitUsage
}

func (inv *invocation) runOneOff(ctx context.Context, c *cli.Context) error {
	extra, err := assignments(c.StringSlice("env"))
	if err != nil {
		return err
	}
	words := c.Args().Slice()
	if c.Bool("detach") {
		return inv.runDetached(ctx, c, words, extra)
	}
	return inv.withRun(ctx, c, nil, func(client *control.Client, p project) error {
		environ, err := client.Environment(ctx, fmt.Sprintf("run.%d", 1000+rand.IntN(9000)))
		if err != nil {
			return err
		}
		s, err := client.Status(ctx)
		if err != nil {
			return err
		}
		argv, err := oneOffArgv(s.Formation, words, lookupIn(environ, "PATH"), p.dir)
		if err != nil {
			return err
		}
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Dir, cmd.Env = p.dir, append(slices.Clip(environ), extra...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = inv.in, inv.out.w, inv.talk.w
		return runForeground(cmd)
	})
}

func (inv *invocation) runDetached(ctx context.Context, c *cli.Context, words, extra []string) error {
	client, _, err := running(c)
	if err != nil {
		return err
	}
	env := map[string]string{}
	for _, pair := range extra {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	d, err := client.Run(ctx, control.RunRequest{Command: shellLine(words), Env: env})
	if err != nil {
		return err
	}
	if inv.json {
		return inv.out.json("run", d)
	}
	inv.out.line("%s", d.Name)
	inv.say("its output: inshore logs %s -t", d.Name)
	return nil
}

// runForeground gives the command the terminal and passes signals and its exit
// status on.
func runForeground(cmd *exec.Cmd) error {
	tie(cmd)
	signals := watchSignals()
	defer signals.close()
	if err := cmd.Start(); err != nil {
		return cannotExecute(cmd.Path, err)
	}
	ended := make(chan error, 1)
	// Ends with the command.
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals.C:
			// Ctrl-C reaches the command through the terminal; the others are ours alone.
			if s != os.Interrupt || !isTerminal(cmd.Stdin) {
				_ = cmd.Process.Signal(s)
			}
		case err := <-ended:
			return childStatus(err)
		}
	}
}

// childStatus is the command's exit status as a shell would say it.
func childStatus(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	return &statusError{status: exitStatus(exit.ProcessState)}
}

// cannotRunError says that the command could not be executed.
type cannotRunError struct {
	name   string
	reason string
	status int
}

// Error is the message of a shell in that case.
func (e *cannotRunError) Error() string { return e.name + ": " + e.reason }

func cannotExecute(path string, err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return &cannotRunError{path, "command not found", exitNotFound}
	}
	return &cannotRunError{path, "cannot be executed: " + errors.Unwrap(err).Error(), exitNotExecutable}
}

// oneOffArgv decides what is executed: a process type's command and a single
// argument go through the shell, several words are taken as they are.
func oneOffArgv(formation []control.Quantity, words []string, path, dir string) ([]string, error) {
	for _, q := range formation {
		if words[0] == q.Type {
			return shellArgv(strings.TrimSpace(q.Command + " " + shellLine(words[1:])))
		}
	}
	if len(words) == 1 {
		return shellArgv(words[0])
	}
	program, err := findProgram(words[0], path, dir)
	if err != nil {
		return nil, err
	}
	return append([]string{program}, words[1:]...), nil
}

// findProgram looks a program up as a shell in dir with that PATH would.
func findProgram(name, path, dir string) (string, error) {
	if strings.ContainsRune(name, '/') {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		return name, nil
	}
	for _, folder := range filepath.SplitList(path) {
		if !filepath.IsAbs(folder) {
			folder = filepath.Join(dir, folder)
		}
		candidate := filepath.Join(folder, name)
		if info, err := os.Stat(candidate); err == nil && !info.IsDir() && info.Mode()&0o111 != 0 {
			return candidate, nil
		}
	}
	return "", &cannotRunError{name, "command not found", exitNotFound}
}

// plainWord needs no quotes in a shell.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,=-]+$`)

// shellLine joins words so that a shell reads them back unchanged. A single
// word is a line of its own already.
func shellLine(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	quoted := make([]string, 0, len(words))
	for _, w := range words {
		if !plainWord.MatchString(w) {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		quoted = append(quoted, w)
	}
	return strings.Join(quoted, " ")
}

// variableName is what may stand before "=".
var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// assignments checks NAME=VALUE words. Heroku's form with several in one word,
// separated by semicolons, is understood.
func assignments(words []string) ([]string, error) {
	var pairs []string
	for _, word := range words {
		parts := strings.Split(word, ";")
		for _, part := range parts[1:] {
			if name, _, ok := strings.Cut(part, "="); !ok || !variableName.MatchString(name) {
				parts = []string{word}
				break
			}
		}
		for _, part := range parts {
			name, _, ok := strings.Cut(part, "=")
			if !ok || !variableName.MatchString(name) {
				return nil, problem.Newf("C013", "%q is not NAME=VALUE", name).Fix("inshore run -e DEBUG=1 -- COMMAND")
			}
			pairs = append(pairs, part)
		}
	}
	return pairs, nil
}

func lookupIn(environ []string, name string) string {
	for _, pair := range slices.Backward(environ) {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/renameio/v2/maybe"
	"github.com/urfave/cli/v2"

	"github.com/inshore-dev/inshore/emulator"
	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/control"
	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/procfile"
)

// completeCommand is the hidden command that the shells call.
const completeCommand = "__complete"

// completeTimeout bounds how long a running emulator is waited for: whoever
// presses Tab expects an answer at once.
const completeTimeout = 20 * time.Millisecond

func (inv *invocation) completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Category:  categoryOther,
		Usage:     "print the completion script of a shell, or install it",
		ArgsUsage: "SHELL",
		Description: "SHELL is bash, zsh, fish or powershell. `inshore completion install` finds out\n" +
			"which one you use, writes its script where it is looked for, and says where.",
		UsageText: "inshore completion bash\ninshore completion install",
		Action:    wrap(inv.completion),
	}
}

func (inv *invocation) completion(_ context.Context, c *cli.Context) error {
	name := c.Args().First()
	if name == "install" {
		return inv.installCompletion()
	}
	script, ok := completionScripts()[name]
	if !ok {
		return problem.Newf("C003", "no completion for shell %q", name).Fix("one of bash, zsh, fish, powershell, install")
	}
	_, err := inv.out.w.Write([]byte(script))
	return err
}

// installCompletion writes the script of the user's shell.
func (inv *invocation) installCompletion() error {
	shell := filepath.Base(inv.getenv("SHELL"))
	path, ok := inv.completionPath(shell)
	if !ok {
		return problem.Newf("C003", "cannot tell where completions of shell %q belong", shell).
			Fix("inshore completion bash, zsh, fish or powershell prints the script")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := maybe.WriteFile(path, []byte(completionScripts()[shell]), 0o644); err != nil {
		return err
	}
	if inv.json {
		return inv.out.json("completion", map[string]string{"shell": shell, "file": path})
	}
	inv.say("wrote %s; it works in the next shell", inv.home(path))
	if shell == "zsh" {
		inv.say("zsh looks there when .zshrc says, before compinit: fpath+=(%s)", inv.home(filepath.Dir(path)))
	}
	return nil
}

func (inv *invocation) completionPath(shell string) (string, bool) {
	home := inv.getenv("HOME")
	data := inv.getenv("XDG_DATA_HOME")
	if data == "" {
		data = filepath.Join(home, ".local", "share")
	}
	config := inv.getenv("XDG_CONFIG_HOME")
	if config == "" {
		config = filepath.Join(home, ".config")
	}
	switch shell {
	case "bash":
		return filepath.Join(data, "bash-completion", "completions", "inshore"), true
	case "zsh":
		return filepath.Join(data, "zsh", "site-functions", "_inshore"), true
	case "fish":
		return filepath.Join(config, "fish", "completions", "inshore.fish"), true
	}
	return "", false
}

// complete answers "value<TAB>description" lines for the last of the words.
// Errors are silent: a shell in the middle of a line is no place for them.
func (inv *invocation) complete(words []string) int {
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	if len(words) == 0 {
		words = []string{""}
	}
	inv.settle(globals{color: "never"})
	for _, candidate := range inv.candidates(words) {
		inv.out.line("%s", strings.TrimRight(candidate.value+"\t"+candidate.about, "\t"))
	}
	return exitOK
}

// candidate is a word that may stand at the cursor.
type candidate struct{ value, about string }

func (inv *invocation) candidates(words []string) []candidate {
	tree := newTree(inv)
	before, last := words[:len(words)-1], words[len(words)-1]
	line, _ := parseArgv(tree, before, inv.getenv)
	var all []candidate
	switch {
	case slices.Contains(before, "--"):
		return nil
	case strings.HasPrefix(last, "-"):
		all = flagCandidates(tree, line.command)
	case line.command == nil:
		all = commandCandidates(tree.Commands, "")
	default:
		all = append(commandCandidates(line.command.Subcommands, ""), inv.argumentCandidates(line)...)
	}
	return slices.DeleteFunc(all, func(c candidate) bool { return !strings.HasPrefix(c.value, last) })
}

func flagCandidates(tree *cli.App, c *cli.Command) []candidate {
	flags := tree.Flags
	if c != nil {
		flags = c.Flags
	}
	var list []candidate
	for _, f := range flags {
		list = append(list, candidate{"--" + f.Names()[0], flagText(f)})
	}
	return append(list, candidate{"--help", "explain this command"})
}

func commandCandidates(commands []*cli.Command, prefix string) []candidate {
	var list []candidate
	for _, c := range commands {
		if c.Hidden {
			continue
		}
		list = append(list, candidate{prefix + c.Name, c.Usage})
		if prefix == "" {
			list = append(list, commandCandidates(c.Subcommands, c.Name+":")...)
		}
	}
	return list
}

// argumentCandidates are what the running app, else its files, can tell.
func (inv *invocation) argumentCandidates(line commandLine) []candidate {
	switch strings.Join(line.path, " ") {
	case "explain":
		var list []candidate
		for _, p := range pages() {
			list = append(list, candidate{p.Code, p.Title})
		}
		return list
	case "help":
		return commandCandidates(newTree(inv).Commands, "")
	case "completion":
		return []candidate{{"bash", ""}, {"zsh", ""}, {"fish", ""}, {"powershell", ""}, {"install", "write it where your shell looks"}}
	case "logs", "restart", "stop", "start", "status", "ps", "scale", "ps scale", "ps restart", "ps stop":
		return inv.processCandidates(line)
	case "addons info", "addons open", "addons reset", "addons destroy":
		return inv.addOnCandidates(line)
	case "config get", "config unset":
		return inv.configCandidates(line)
	case "up":
		return inv.typeCandidates(line)
	}
	return nil
}

func (inv *invocation) completeProject(line commandLine) (project, bool) {
	dir, err := filepath.Abs(orDot(line.global.dir))
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	return project{dir: dir, checkout: app.CheckoutID(dir), stateDir: emulator.StateDir(dir)}, err == nil
}

func orDot(dir string) string {
	if dir == "" {
		return "."
	}
	return dir
}

// completeStatus asks a running emulator, but not for long.
func (inv *invocation) completeStatus(line commandLine) (control.Status, *control.Client, error) {
	p, ok := inv.completeProject(line)
	if !ok {
		return control.Status{}, nil, errors.New("no folder")
	}
	client, err := p.dial()
	if err != nil {
		return control.Status{}, nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), completeTimeout)
	defer cancel()
	s, err := client.Status(ctx)
	return s, client, err
}

func (inv *invocation) processCandidates(line commandLine) []candidate {
	s, _, err := inv.completeStatus(line)
	if err != nil {
		return inv.typeCandidates(line)
	}
	var list []candidate
	for _, q := range s.Formation {
		list = append(list, candidate{q.Type, q.Command})
	}
	for _, d := range s.Dynos {
		list = append(list, candidate{d.Name, d.State})
	}
	return list
}

func (inv *invocation) addOnCandidates(line commandLine) []candidate {
	var list []candidate
	if s, _, err := inv.completeStatus(line); err == nil {
		for _, a := range s.AddOns {
			list = append(list, candidate{a.Name, a.State})
		}
		return list
	}
	if p, ok := inv.completeProject(line); ok {
		for _, name := range recordedAddOns(p) {
			list = append(list, candidate{name, "down"})
		}
	}
	return list
}

func (inv *invocation) configCandidates(line commandLine) []candidate {
	_, client, err := inv.completeStatus(line)
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), completeTimeout)
	defer cancel()
	vars, err := client.Config(ctx)
	if err != nil {
		return nil
	}
	var list []candidate
	for _, v := range vars {
		list = append(list, candidate{v.Name, v.Origin}) // never the value
	}
	return list
}

// typeCandidates reads the process types from the Procfile.
func (inv *invocation) typeCandidates(line commandLine) []candidate {
	p, ok := inv.completeProject(line)
	if !ok {
		return nil
	}
	var list []candidate
	for _, name := range []string{"Procfile.dev", "Procfile"} {
		pf, problems := procfile.Load(p.path(name), procfile.Options{})
		if problems.Failed() {
			continue
		}
		for _, e := range pf.Entries {
			list = append(list, candidate{e.Type, e.Command})
		}
		break
	}
	return list
}

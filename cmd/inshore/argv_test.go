package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/inshore-dev/inshore/emulator/problem"
)

func testInvocation() *invocation {
	return newInvocation(strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}, nil)
}

func noEnv(string) string { return "" }

// leaves lists every command that can be run, with its path.
func leaves(tree *cli.App) map[string]*cli.Command {
	found := map[string]*cli.Command{}
	var walk func(list []*cli.Command, prefix string)
	walk = func(list []*cli.Command, prefix string) {
		for _, c := range list {
			name := strings.TrimSpace(prefix + " " + c.Name)
			found[name] = c
			walk(c.Subcommands, name)
		}
	}
	walk(tree.Commands, "")
	return found
}

// sampleArgs gives as many arguments as the command needs.
func sampleArgs(c *cli.Command) []string {
	least, most := argRange(c.ArgsUsage)
	n := least
	if n == 0 && most != 0 {
		n = 1
	}
	return slices.Repeat([]string{"sample"}, n)
}

func TestParseArgv_TakesEveryFlagOfEveryCommandAnywhere(t *testing.T) {
	tree := newTree(testInvocation())
	for name, c := range leaves(tree) {
		path, args := strings.Fields(name), sampleArgs(c)
		for _, f := range c.Flags {
			for _, spelled := range f.Names() {
				flag := []string{dashed(spelled)}
				want := "--" + f.Names()[0] + "=true"
				if takesValue(f) {
					flag = append(flag, "5")
					want = "--" + f.Names()[0] + "=5"
				}
				orders := map[string][]string{
					"after the command":     slices.Concat(path, flag, args),
					"after the arguments":   slices.Concat(path, args, flag),
					"before the command":    slices.Concat(flag, path, args),
					"with a colon":          slices.Concat([]string{strings.Join(path, ":")}, flag, args),
					"before the subcommand": slices.Concat(path[:1], flag, path[1:], args),
				}
				if passesArguments(c) {
					delete(orders, "after the arguments")
				}
				for order, argv := range orders {
					if ambiguous(tree, order, spelled, c) {
						continue
					}
					line, err := parseArgv(tree, argv, noEnv)
					if err != nil || !slices.Contains(line.flags, want) || !slices.Equal(line.args, args) || line.command != c {
						t.Errorf("%s (%s): %v gives %v %v, %v", name, order, argv, line.flags, line.args, err)
					}
				}
			}
		}
	}
}

// ambiguous leaves out short names that stand for different kinds of flag in
// different commands: before the command nobody can tell which is meant.
func ambiguous(tree *cli.App, order, name string, c *cli.Command) bool {
	if order != "before the command" && order != "before the subcommand" {
		return false
	}
	kind := takesValue(findFlag(c.Flags, name))
	for _, other := range leaves(tree) {
		if f := findFlag(other.Flags, name); f != nil && takesValue(f) != kind {
			return true
		}
	}
	f := findFlag(tree.Flags, name)
	return f != nil && takesValue(f) != kind
}

func TestParseArgv_ReachesTheLibraryUnchanged(t *testing.T) {
	for name, c := range leaves(newTree(testInvocation())) {
		for _, f := range c.Flags {
			inv := testInvocation()
			tree := newTree(inv)
			leaf := leaves(tree)[name]
			var got []string
			set := false
			leaf.Action = func(ctx *cli.Context) error {
				got, set = ctx.Args().Slice(), ctx.IsSet(f.Names()[0])
				return nil
			}
			value := "5"
			if _, ok := f.(*cli.DurationFlag); ok {
				value = "5s"
			}
			flag := []string{"--" + f.Names()[0]}
			if takesValue(f) {
				flag = append(flag, value)
			}
			args := sampleArgs(c)
			line, err := parseArgv(tree, slices.Concat(strings.Fields(name), flag, args), noEnv)
			if err == nil {
				err = tree.Run(append([]string{"inshore"}, line.argv()...))
			}
			if err != nil || !set || !slices.Equal(got, args) {
				t.Errorf("%s %v: args %v, set %v, %v", name, flag, got, set, err)
			}
		}
	}
}

func TestParseArgv_RejectsWhatItDoesNotKnow(t *testing.T) {
	tree := newTree(testInvocation())
	for name, c := range leaves(tree) {
		path := strings.Fields(name)
		for _, argv := range [][]string{
			append(slices.Clone(path), "--no-such-flag"),
			append([]string{"--no-such-flag"}, path...),
		} {
			if _, err := parseArgv(tree, argv, noEnv); code(err) != "C002" {
				t.Errorf("%v: %v", argv, err)
			}
		}
		_, most := argRange(c.ArgsUsage)
		if most >= 0 {
			argv := append(slices.Clone(path), slices.Repeat([]string{"surplus"}, most+1)...)
			if _, err := parseArgv(tree, argv, noEnv); code(err) != "C008" && code(err) != "C001" {
				t.Errorf("%v: %v", argv, err)
			}
		}
		if least, _ := argRange(c.ArgsUsage); least > 0 {
			if _, err := parseArgv(tree, path, noEnv); code(err) != "C009" {
				t.Errorf("%v: %v", path, err)
			}
		}
	}
}

func code(err error) string {
	if list := problem.Of(err); len(list) > 0 {
		return list[0].Code
	}
	return ""
}

func TestParseArgv_Traps(t *testing.T) {
	for _, c := range []struct {
		argv  string
		path  string
		flags string
		args  string
		code  string
	}{
		{"logs web --tail", "logs", "--tail=true", "web", ""},
		{"logs --json web", "logs", "--json=true", "web", ""},
		{"--json logs web", "logs", "--json=true", "web", ""},
		{"logs -tn 5 web", "logs", "--tail=true --num=5", "web", ""},
		{"logs -tn5", "logs", "--tail=true --num=5", "", ""},
		{"logs -n=5", "logs", "--num=5", "", ""},
		{"logs web -- --tail", "logs", "", "web --tail", ""},
		{"run -- ls", "run", "", "ls", ""},
		{"run ls -la --json", "run", "", "ls -la --json", ""},
		{"run -e A=1 ls -e", "run", "--env=A=1", "ls -e", ""},
		{"run -e A=1 -- -odd", "run", "--env=A=1", "-odd", ""},
		{"run npm -- test", "run", "", "npm -- test", ""},
		{"config:set A=1", "config set", "", "A=1", ""},
		{"config set A=1 B=2", "config set", "", "A=1 B=2", ""},
		{"config set KEY -", "config set", "", "KEY -", ""},
		{"config sett A=1", "config", "", "sett A=1", "C001"},
		{"ps:scale web=2", "ps scale", "", "web=2", ""},
		{"ps web", "ps", "", "web", ""},
		{"addons reset postgres --confirm postgres", "addons reset", "--confirm=postgres", "postgres", ""},
		{"info web", "status", "", "web", ""},
		{"local web=2", "up", "", "web=2", ""},
		{"logz", "", "", "logz", "C001"},
		{"frobnicate --json", "", "--json=true", "frobnicate", "C001"},
		{"logs --tial", "logs", "", "", "C002"},
		{"logs -z", "logs", "", "", "C002"},
		{"logs -n", "logs", "", "", "C010"},
		{"down now", "down", "", "now", "C008"},
		{"stop", "stop", "", "", "C009"},
		{"--version", "version", "", "", ""},
		{"up --env a --env b", "up", "--env=a --env=b", "", ""},
		{"--tail logs", "logs", "--tail=true", "", ""},
		{"--tail ps", "ps", "", "", "C002"},
	} {
		line, err := parseArgv(newTree(testInvocation()), strings.Fields(c.argv), noEnv)
		got := []string{strings.Join(line.path, " "), strings.Join(line.flags, " "), strings.Join(line.args, " "), code(err)}
		if want := []string{c.path, c.flags, c.args, c.code}; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", c.argv, got, want)
		}
	}
}

func TestParseArgv_HelpComesBeforeChecks(t *testing.T) {
	for _, argv := range []string{"stop --help", "-h stop", "config set -h", "logs -th", "--help"} {
		line, err := parseArgv(newTree(testInvocation()), strings.Fields(argv), noEnv)
		if err != nil || !line.help {
			t.Errorf("%s: help %v, %v", argv, line.help, err)
		}
	}
}

func TestHelp_EveryCommandHasExamplesThatParse(t *testing.T) {
	tree := newTree(testInvocation())
	for name, c := range leaves(tree) {
		if c.UsageText == "" || c.Usage == "" {
			t.Errorf("%s has no example or no usage", name)
		}
		for example := range strings.SplitSeq(c.UsageText, "\n") {
			words := strings.Fields(strings.ReplaceAll(example, "'", ""))
			if len(words) == 0 || words[0] != "inshore" {
				t.Errorf("%s: example %q", name, example)
				continue
			}
			if _, err := parseArgv(tree, words[1:], noEnv); err != nil {
				t.Errorf("%s: example %q: %v", name, example, err)
			}
		}
	}
}

func FuzzParseArgv_NeverPanics(f *testing.F) {
	f.Add("logs -tn 5 web -- --tail")
	f.Add("config:set:x --=y -")
	f.Add("-é=1 run -e")
	f.Fuzz(func(_ *testing.T, text string) {
		line, err := parseArgv(newTree(testInvocation()), strings.Split(text, " "), noEnv)
		if err == nil && !line.help && line.command == nil && len(line.args) > 0 {
			panic("arguments without a command")
		}
	})
}

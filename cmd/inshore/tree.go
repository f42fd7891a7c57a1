package main

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// newTree builds the whole command tree. urfave/cli/v2 has traps (flags after
// an argument are swallowed, a mistyped subcommand runs its parent, help goes
// to stdout on errors, an error may exit the process); they are closed here and
// in argv.go for every command at once.
func newTree(inv *invocation) *cli.App {
	tree := &cli.App{
		Name:                      "inshore",
		HideHelp:                  true,
		HideVersion:               true,
		Writer:                    inv.out.w,
		ErrWriter:                 inv.talk.w,
		Reader:                    inv.in,
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              passUsageError,
		DisableSliceFlagSeparator: true,
		Flags:                     globalFlags(),
		Action:                    wrap(inv.bare),
		Commands:                  commands(inv),
	}
	for _, c := range tree.Commands {
		finish(c)
	}
	return tree
}

// commands lists the top level in the order of `inshore help --all`.
func commands(inv *invocation) []*cli.Command {
	return []*cli.Command{
		inv.upCommand(), inv.downCommand(), inv.restartCommand(), inv.stopCommand(), inv.startCommand(),
		inv.scaleCommand(), inv.runCommand(),
		inv.statusCommand(), inv.psCommand(), inv.logsCommand(), inv.openCommand(),
		inv.initCommand(), inv.configCommand(), inv.addonsCommand(), inv.checkCommand(),
		inv.completionCommand(), inv.explainCommand(), inv.destroyCommand(), inv.versionCommand(), inv.helpCommand(),
	}
}

// The categories of the top level.
const (
	categoryRun       = "RUN"
	categoryLook      = "LOOK"
	categoryConfigure = "CONFIGURE"
	categoryOther     = "OTHER"
)

// finish gives a command and its subcommands what all of them have.
func finish(c *cli.Command) {
	c.HideHelp = true
	c.OnUsageError = passUsageError
	c.UseShortOptionHandling = true
	for _, f := range globalFlags() {
		if !overlaps(c.Flags, f) {
			c.Flags = append(c.Flags, f)
		}
	}
	for _, f := range c.Flags {
		addTwin(f)
	}
	for _, sub := range c.Subcommands {
		finish(sub)
	}
}

// wrap marks a command's errors, so that execute can tell them from the
// library's.
func wrap(act action) cli.ActionFunc {
	return func(c *cli.Context) error {
		if err := act(c.Context, c); err != nil {
			return &actionError{err: err}
		}
		return nil
	}
}

func passUsageError(_ *cli.Context, err error, _ bool) error { return err }

// globalFlags are those that every command understands, before and after its
// name. Every call makes new ones, because the library keeps values in them.
func globalFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "dir", Aliases: []string{"C"}, Usage: "work in `DIR` instead of here"},
		&cli.StringFlag{Name: "app", Aliases: []string{"a"}, Usage: "call the app `NAME`"},
		&cli.BoolFlag{Name: "json", Usage: "print one JSON document"},
		&cli.StringFlag{Name: "color", Usage: "`WHEN` to use colour: auto, always or never"},
		&cli.BoolFlag{Name: "no-color", Usage: "same as --color=never"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "print results and errors only"},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say more"},
		&cli.BoolFlag{Name: "no-input", Usage: "never ask anything"},
		&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "answer yes to questions"},
	}
}

// overlaps tells whether a command defines a flag of that name itself. A short
// name that the command uses otherwise (-q of logs) is taken from the global one.
func overlaps(own []cli.Flag, global cli.Flag) bool {
	names := map[string]bool{}
	for _, f := range own {
		for _, n := range f.Names() {
			names[n] = true
		}
	}
	if names[global.Names()[0]] {
		return true
	}
	switch f := global.(type) {
	case *cli.StringFlag:
		f.Aliases = free(f.Aliases, names)
	case *cli.BoolFlag:
		f.Aliases = free(f.Aliases, names)
	}
	return false
}

func free(aliases []string, taken map[string]bool) []string {
	var left []string
	for _, a := range aliases {
		if !taken[a] {
			left = append(left, a)
		}
	}
	return left
}

// twinName is the environment variable that stands for a flag.
func twinName(flag string) string {
	return "INSHORE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// noTwin lists flags without one: they answer a question that must be asked
// each time.
var noTwin = map[string]bool{"confirm": true, "yes": true, "detach": true, "reveal": true}

func addTwin(f cli.Flag) {
	name := f.Names()[0]
	if noTwin[name] {
		return
	}
	twin := []string{twinName(name)}
	switch f := f.(type) {
	case *cli.StringFlag:
		f.EnvVars = twin
	case *cli.BoolFlag:
		f.EnvVars = twin
	case *cli.IntFlag:
		f.EnvVars = twin
	case *cli.DurationFlag:
		f.EnvVars = twin
	case *cli.StringSliceFlag:
		f.EnvVars = twin
	}
}

// Command inshore is Heroku on your laptop: it reads what an app declares,
// provides its add-ons, and runs its process types behind a router.
//
// The package turns argv into one call and its result into text and an exit
// status. What the commands do lives in the packages below; here is one file
// per command, the command line's grammar (tree.go, argv.go), and what a person
// sees (printer.go, style.go, transcript.go).
package main

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/inshore-dev/inshore/addons/redis"
	"github.com/inshore-dev/inshore/addons/s3"
	"github.com/inshore-dev/inshore/emulator/sentinel"
)

func main() {
	// The hidden commands come first: a sentinel must be one before anything else
	// has run, and a completion must not wait for anything.
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case sentinel.Command:
			os.Exit(sentinel.Main())
		case s3.Command:
			os.Exit(s3.Main(os.Args[2:]))
		case redis.Command:
			os.Exit(redis.Main(os.Args[2:]))
		}
	}
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Environ()))
}

// run executes one command line and returns the exit status. It is the whole
// program but for the process's globals.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer, environ []string) int {
	inv := newInvocation(stdin, stdout, stderr, environ)
	if len(args) > 0 && args[0] == completeCommand {
		return inv.complete(args[1:])
	}
	err := inv.execute(args)
	inv.report(err)
	return exitCode(err)
}

// execute parses the arguments and runs the command they name.
func (inv *invocation) execute(args []string) error {
	tree := newTree(inv)
	parsed, err := parseArgv(tree, args, inv.getenv)
	inv.settle(parsed.global)
	if err != nil {
		return err
	}
	if parsed.help {
		return inv.helpFor(tree, parsed.path)
	}
	err = tree.RunContext(context.Background(), append([]string{tree.Name}, parsed.argv()...))
	if failed, ok := errors.AsType[*actionError](err); ok {
		return failed.err
	}
	return usageError(err, parsed.path)
}

// actionError marks an error as a command's own, so that what the library says
// about the command line can be told apart.
type actionError struct{ err error }

// Error is the command's error.
func (e *actionError) Error() string { return e.err.Error() }

// Unwrap gives the command's error.
func (e *actionError) Unwrap() error { return e.err }

// action is what a command does.
type action func(ctx context.Context, c *cli.Context) error

// Command tally keeps two small chores of the Makefile portable.
//
//	go test -json ./... | tally count [-to FILE]
//	tally docs [-check] -inshore BIN -readme FILE
//
// count turns the stream of `go test -json` into what `go test` itself prints,
// and adds the numbers of passed, failed and skipped tests to FILE. Lines that
// are not JSON pass through. docs puts `inshore help --markdown` between the
// markers in README.md.
package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main without the exit: it returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	commands := map[string]func([]string, io.Reader, io.Writer) error{"count": count, "sum": sum, "docs": docs}
	if len(args) == 0 || commands[args[0]] == nil {
		fmt.Fprintln(stderr, "usage: tally count|sum|docs [flags]")
		return 2
	}
	if err := commands[args[0]](args[1:], stdin, stdout); err != nil {
		fmt.Fprintf(stderr, "tally %s: %v\n", args[0], err)
		return 1
	}
	return 0
}

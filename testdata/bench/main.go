// Command bench measures what inshore costs on top of the app it runs, and
// prints a Markdown table of medians with the goals beside them.
//
//	make bench
//	go run ./testdata/bench -inshore bin/inshore -runs 5 -only start,stop
//
// It plays the app itself: the processes it starts, with inshore and without,
// are this program again. Bare and inshore take turns, so that a slow drift of
// the machine touches both. Compare within one table only. Linux; idle figures
// come from /proc.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// options are the flags.
type options struct {
	inshore string
	engine  string
	runs    int
	only    string
}

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the exit: it returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == childArgument {
		return runChild(args[1:], stdout)
	}
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.inshore, "inshore", "bin/inshore", "the `program` under test")
	flags.StringVar(&o.engine, "engine", "embedded", "`mode` of the add-ons: auto, docker, native or embedded")
	flags.IntVar(&o.runs, "runs", 9, "how often each figure is taken (`N`)")
	flags.StringVar(&o.only, "only", "", "measure only these: output,start,addons,stop,idle,scale (`NAMES`)")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if err := bench(o, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	return 0
}

func bench(o options, stdout, stderr io.Writer) error {
	inshore, err := filepath.Abs(o.inshore)
	if err != nil {
		return err
	}
	if _, err := os.Stat(inshore); err != nil {
		return err
	}
	o.inshore = inshore
	work, err := os.MkdirTemp("", "inshore-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	b := &benchmark{options: o, work: work, progress: stderr}
	var failed error
	for _, m := range measurements {
		if o.only != "" && !strings.Contains(","+o.only+",", ","+m.name+",") {
			continue
		}
		fmt.Fprintf(stderr, "%s ...\n", m.name)
		if err := m.take(b); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", m.name, err))
		}
	}
	b.table.print(stdout)
	return failed
}

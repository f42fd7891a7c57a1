package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// event is one line of `go test -json` ("go doc test2json").
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// totals are numbers of tests, subtests included.
type totals struct{ Passed, Failed, Skipped int }

// tally follows one stream.
type tally struct {
	totals totals
	output map[string][]string // of each test that is running
	out    io.Writer
}

// errFailed says that a test or package failed; its output was printed.
var errFailed = errors.New("there are failed tests")

func count(args []string, stdin io.Reader, stdout io.Writer) error {
	flags := flag.NewFlagSet("count", flag.ContinueOnError)
	to := flags.String("to", "", "add the totals to `FILE`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	t := &tally{output: map[string][]string{}, out: stdout}
	failed, err := t.read(stdin)
	if err != nil {
		return err
	}
	if *to != "" {
		if err := appendTotals(*to, t.totals); err != nil {
			return err
		}
	}
	if failed {
		return errFailed
	}
	return nil
}

// read consumes the stream; failed is true when a test or a package failed.
func (t *tally) read(r io.Reader) (failed bool, err error) {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			failed = t.line(line) || failed
		}
		if errors.Is(err, io.EOF) {
			return failed, nil
		}
		if err != nil {
			return failed, err
		}
	}
}

func (t *tally) line(line string) (failed bool) {
	var e event
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &e) != nil {
		fmt.Fprint(t.out, line)
		return false
	}
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		t.keep(key, e)
	case "build-output":
		fmt.Fprint(t.out, e.Output)
	case "pass":
		t.end(key, e, &t.totals.Passed, false)
	case "skip":
		t.end(key, e, &t.totals.Skipped, false)
	case "fail", "build-fail":
		t.end(key, e, &t.totals.Failed, true)
		return true
	}
	return false
}

// keep remembers what a test prints until it is known whether it failed. A
// package's own lines ("ok …", "FAIL …") are shown at once.
func (t *tally) keep(key string, e event) {
	if e.Test == "" {
		if e.Output != "PASS\n" && !strings.HasPrefix(e.Output, "coverage:") {
			fmt.Fprint(t.out, e.Output)
		}
		return
	}
	t.output[key] = append(t.output[key], e.Output)
}

func (t *tally) end(key string, e event, counter *int, show bool) {
	if show {
		for _, text := range t.output[key] {
			fmt.Fprint(t.out, text)
		}
	}
	delete(t.output, key)
	if e.Test != "" {
		*counter++
	}
}

func appendTotals(file string, t totals) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%d %d %d\n", t.Passed, t.Failed, t.Skipped)
	return errors.Join(err, f.Close())
}

// sum prints the totals of a file as one plain line.
func sum(args []string, _ io.Reader, stdout io.Writer) error {
	if len(args) != 1 {
		return errors.New("name the file that count wrote")
	}
	f, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer f.Close()
	var all totals
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var t totals
		if _, err := fmt.Sscan(lines.Text(), &t.Passed, &t.Failed, &t.Skipped); err != nil {
			return fmt.Errorf("%s: %w", args[0], err)
		}
		all.Passed, all.Failed, all.Skipped = all.Passed+t.Passed, all.Failed+t.Failed, all.Skipped+t.Skipped
	}
	fmt.Fprintf(stdout, "%d skipped because this machine lacks what they need, or they were not asked for\n", all.Skipped)
	fmt.Fprintf(stdout, "%d passed, %d failed\n", all.Passed, all.Failed)
	return nil
}

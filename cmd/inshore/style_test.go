package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/emulator/control"
	"github.com/inshore-dev/inshore/emulator/problem"
)

func TestColourOn_FollowsTheDocumentedPrecedence(t *testing.T) {
	env := func(pairs string) func(string) string {
		return func(name string) string { return lookupIn(strings.Fields(pairs), name) }
	}
	for _, c := range []struct {
		mode, env string
		tty, want bool
	}{
		{"", "", true, true},
		{"", "", false, false},
		{"auto", "", true, true},
		{"auto", "", false, false},
		{"always", "NO_COLOR=1", false, true},
		{"never", "FORCE_COLOR=1", true, false},
		{"", "NO_COLOR=1", true, false},
		{"", "NO_COLOR=1 FORCE_COLOR=1", true, false},
		{"", "FORCE_COLOR=1", false, true},
		{"", "FORCE_COLOR=1 TERM=dumb", false, true},
		{"", "CLICOLOR_FORCE=1", false, true},
		{"", "CLICOLOR_FORCE=0", false, false},
		{"", "CLICOLOR_FORCE=0", true, true},
		{"", "CLICOLOR_FORCE=1 NO_COLOR=1", false, false},
		{"", "CLICOLOR_FORCE=1 CLICOLOR=0", false, true},
		{"", "TERM=dumb", true, false},
		{"", "CLICOLOR=0", true, false},
		{"", "CLICOLOR=1", true, true},
		{"", "CLICOLOR=1", false, false},
		{"", "TERM=xterm", false, false},
	} {
		if got := colourOn(c.mode, env(c.env), c.tty); got != c.want {
			t.Errorf("mode %q, %q, tty %v: got %v", c.mode, c.env, c.tty, got)
		}
	}
	for _, c := range []struct {
		env       string
		tty, want bool
	}{
		{"LANG=en_US.UTF-8", true, true},
		{"LANG=C.utf8", true, true},
		{"LANG=C", true, false},
		{"", true, false},
		{"LANG=en_US.UTF-8", false, false},
		{"LANG=en_US.UTF-8 ACCESSIBLE=1", true, false},
		{"LC_ALL=C LANG=en_US.UTF-8", true, false},
		{"LANG=en_US.UTF-8 TERM=dumb", true, false},
	} {
		if got := glyphsOn(env(c.env), c.tty); got != c.want {
			t.Errorf("%q, tty %v: glyphs %v", c.env, c.tty, got)
		}
	}
}

func TestRun_WritesNoEscapeIntoPipes(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"help", "--all"}, {"lgos"}, {"explain"}, {"version"}, {"logs", "--help"}} {
		var out, talk bytes.Buffer
		run(args, strings.NewReader(""), &out, &talk, nil)
		if strings.Contains(out.String()+talk.String(), "\x1b") {
			t.Errorf("%v writes an escape sequence", args)
		}
		out.Reset()
		talk.Reset()
		run(append([]string{"--color=always"}, args...), strings.NewReader(""), &out, &talk, nil)
		if args[0] != "version" && !strings.Contains(out.String()+talk.String(), "\x1b") {
			t.Errorf("%v --color=always writes no colour", args)
		}
	}
}

func TestPrinter_CutsTableRowsToTheTerminal(t *testing.T) {
	rows := [][]string{{"web", "a rather long command line that does not fit into a narrow terminal", "x"}, {"worker", "short", strings.Repeat("y", 300)}}
	for _, width := range []int{40, 80, 200} {
		var b bytes.Buffer
		p := &printer{w: &b, tty: true, width: width, style: newStyle(false)}
		p.table("  ", [][]string{{"name", strings.Repeat("z", 300)}, {"longer name", "short"}})
		for line := range strings.Lines(b.String()) {
			if n := visibleWidth(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("width %d: line of %d", width, n)
			}
		}
	}
	var b bytes.Buffer
	newPrinter(&b).table("", rows)
	if !strings.Contains(b.String(), strings.Repeat("y", 300)) {
		t.Error("a pipe must get everything")
	}
}

func TestExitCode_MapsWhatCommandsReturn(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("disk on fire"), 1},
		{problem.New("C001", ""), 2},
		{problem.New("C004", ""), 2},
		{problem.New("P002", ""), 3},
		{problem.New("J002", ""), 3},
		{problem.New("E001", ""), 3},
		{problem.New("E003", ""), 4},
		{problem.New("D001", ""), 4},
		{problem.New("A004", ""), 4},
		{problem.New("A002", ""), 5},
		{problem.New("R001", ""), 4},
		{problem.New("R002", ""), 6},
		{problem.New("X001", ""), 6},
		{problem.New("X004", ""), 6},
		{problem.New("S002", ""), 4},
		{problem.New("S013", ""), 7},
		{notRunning(), 8},
		{fmt.Errorf("status: %w", control.ErrNotRunning), 8},
		{problem.New("S012", ""), 9},
		{&statusError{42}, 42},
		{errInterrupted, 130},
		{context.Canceled, 130},
		{problem.List{problem.New("E010", "").Warn(), problem.New("P002", "")}, 3},
		{fmt.Errorf("read: %w", problem.New("P002", "")), 3},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%v: got %d, want %d", c.err, got, c.want)
		}
	}
}

func TestAge_NamesTheGreatestUnit(t *testing.T) {
	now := time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)
	for ago, want := range map[time.Duration]string{
		0: "0s", 59 * time.Second: "59s", 12 * time.Minute: "12m", 5 * time.Hour: "5h", 47 * time.Hour: "47h",
		50 * time.Hour: "2d", -time.Hour: "0s",
	} {
		if got := age(now.Add(-ago), now); got != want {
			t.Errorf("%s: got %s, want %s", ago, got, want)
		}
	}
	if age(time.Time{}, now) != "0s" {
		t.Error("an unknown time has no age")
	}
}

func TestShellQuote_IsWhatHerokuPrints(t *testing.T) {
	for value, want := range map[string]string{
		"plain": "plain", "": "''", "two words": "'two words'", "a$b": "'a$b'",
		"it's": `"it's"`, "a\nb": `"a\nb"`, "it's $5 `x` \"y\" \\ !": "\"it's \\$5 \\`x\\` \\\"y\\\" \\\\ \\!\"",
	} {
		if got := shellQuote(value); got != want {
			t.Errorf("%q: got %s, want %s", value, got, want)
		}
	}
}

func TestShellLine_IsReadBackByAShell(t *testing.T) {
	for want, words := range map[string][]string{
		"echo a b":         {"echo a b"},
		`echo 'a  b' '$x'`: {"echo", "a  b", "$x"},
		`echo 'it'\''s'`:   {"echo", "it's"},
	} {
		if got := shellLine(words); got != want {
			t.Errorf("%q: got %s, want %s", words, got, want)
		}
	}
}

func TestAssignments_UnderstandHerokusForm(t *testing.T) {
	got, err := assignments([]string{"A=1;B=2", "C=x;y", "D="})
	if want := []string{"A=1", "B=2", "C=x;y", "D="}; err != nil || strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, %v", got, err)
	}
	for _, bad := range []string{"A", "1A=2", "=x"} {
		if _, err := assignments([]string{bad}); code(err) != "C013" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

package emulator

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestCommandArgv_RunsPlainCommandsWithoutAShell(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "bin", "serve")
	writeProgram(t, program)
	env := []string{"PATH=" + filepath.Join(dir, "bin"), "PORT=41203", "NAMES=a b", "STAR=*"}
	for _, test := range []struct {
		name, command string
		want          []string // nil: a shell runs it
	}{
		{"words", "serve -p 80", []string{program, "-p", "80"}},
		{"variable", "serve -p $PORT", []string{program, "-p", "41203"}},
		{"variable in braces", "serve 127.0.0.1:${PORT}", []string{program, "127.0.0.1:41203"}},
		{"assignment as argument", "serve a=b", []string{program, "a=b"}},
		{"path below the app", "bin/serve", []string{program}},
		{"value with a blank", "serve $NAMES", nil},
		{"value a shell would expand", "serve $STAR", nil},
		{"unset variable", "serve $NOBODY", nil},
		{"default value", "serve ${PORT:-80}", nil},
		{"two commands", "serve && serve", nil},
		{"quotes", "serve 'a b'", nil},
		{"comment", "serve # now", nil},
		{"brace expansion", "serve {a,b}", nil},
		{"assignment first", "A=1 serve", nil},
		{"builtin", "exec serve", nil},
		{"unknown program", "no-such-program", nil},
		{"home", "serve ~", nil},
		{"empty", "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := commandArgv(test.command, dir, env)
			if test.want == nil {
				if len(got) != 3 || got[1] != "-c" || got[2] != test.command {
					t.Errorf("got %q, want a shell running %q", got, test.command)
				}
				return
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestDynoPath_PutsTheAppsOwnProgramsFirst(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"bin", "node_modules/.bin"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	got := dynoPath(dir, "/usr/bin", "/built")
	want := "/built:" + filepath.Join(dir, "bin") + ":" + filepath.Join(dir, "node_modules", ".bin") + ":/usr/bin"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func writeProgram(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

package emulator

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/emulator/problem"
)

func TestState_SurvivesASaveAndALoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	want := state{Version: stateVersion, Checkout: "1f2e3d4c", App: "shop", RouterPort: 5300, PortBase: 11000, Release: 7}
	if err := saveState(path, want); err != nil {
		t.Fatal(err)
	}
	got, warning, err := loadState(path, time.Now())
	if err != nil || warning != nil || got != want {
		t.Errorf("got %+v, %v, %v", got, warning, err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v", info.Mode())
	}
}

func TestFault_28_HostileStateIsPutAside(t *testing.T) {
	for name, content := range map[string]string{
		"half written":  `{"version":1,"checkout":"1f`,
		"other version": `{"version":99}`,
		"binary":        "\x00\xff\x00",
		"empty":         "",
		"huge":          strings.Repeat(" ", maxStateBytes+1),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.json")
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			got, warning, err := loadState(path, time.Now())
			if err != nil || warning == nil || got != (state{Version: stateVersion}) {
				t.Fatalf("got %+v, %v, %v", got, warning, err)
			}
			kept, _ := filepath.Glob(path + ".bad-*")
			if len(kept) != 1 {
				t.Errorf("kept %v", kept)
			}
		})
	}
}

func TestFault_28_SymlinkedStateIsRefused(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "elsewhere")
	if err := os.WriteFile(target, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "state.json")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	_, _, err := loadState(link, time.Now())
	if list := problem.Of(err); len(list) != 1 || list[0].Code != "S003" {
		t.Errorf("got %v", err)
	}
	if err := prepareStateDir(link); err == nil {
		t.Error("a symbolic link was taken as the state directory")
	}
}

// A reader at any moment sees the old state or the new one.
func TestFault_27_StateIsNeverHalfWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	if err := saveState(path, state{Version: stateVersion, Release: 1}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { // ends after 300 writes
		for i := range 300 {
			if err := saveState(path, state{Version: stateVersion, Release: i, App: strings.Repeat("x", i)}); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for {
		if _, warning, err := loadState(path, time.Now()); err != nil || warning != nil {
			t.Fatalf("torn state: %v, %v", warning, err)
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			return
		default:
		}
	}
}

func TestFault_25_LockIsHeldByOne(t *testing.T) {
	dir := t.TempDir()
	first, err := acquireLock(dir, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	_, err = acquireLock(dir, time.Now())
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != "S002" || !strings.Contains(p.Message, "pid") {
		t.Errorf("got %v", err)
	}
	first.release()
	second, err := acquireLock(dir, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	second.release()
}

func TestPrepareStateDir_HidesItselfFromGit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), ".inshore")
	if err := prepareStateDir(dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, ".gitignore"))
	if err != nil || string(text) != "*\n" {
		t.Errorf("got %q, %v", text, err)
	}
	if info, _ := os.Stat(dir); info.Mode().Perm() != 0o700 {
		t.Errorf("mode is %v", info.Mode())
	}
}

func TestCheckStateDir_RefusesWhatAClonedRepositoryCouldBring(t *testing.T) {
	victim := t.TempDir()
	for name, prepare := range map[string]func(dir string) error{
		"S003 directory": func(dir string) error { return os.Symlink(victim, dir) },
		"S003 logs": func(dir string) error {
			return errors.Join(os.Mkdir(dir, 0o700), os.Symlink(victim, filepath.Join(dir, "logs")))
		},
		"S003 secrets": func(dir string) error {
			return errors.Join(os.Mkdir(dir, 0o700), os.Symlink(filepath.Join(victim, "x"), filepath.Join(dir, "secrets.env")))
		},
		"S007 file": func(dir string) error { return os.WriteFile(dir, nil, 0o600) },
	} {
		dir := filepath.Join(t.TempDir(), ".inshore")
		if err := prepare(dir); err != nil {
			t.Fatal(err)
		}
		if list := problem.Of(CheckStateDir(dir)); len(list) != 1 || list[0].Code != name[:4] {
			t.Errorf("%s: got %v", name, list)
		}
	}
	if err := CheckStateDir(filepath.Join(victim, "none")); err != nil {
		t.Errorf("a directory to be made: %v", err)
	}
}

//go:build unix

package source_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/inshore-dev/inshore/procfile/source"
)

// A pipe without a writer would hold an ordinary open for ever; the test
// binary's own timeout is the alarm.
func TestRead_DoesNotWaitForAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "Procfile")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no named pipes here:", err)
	}
	_, refused := source.Read(path, limits())
	if refused == nil || refused.Code != "P009" || !strings.Contains(refused.Message, "named pipe") {
		t.Fatalf("got %v", refused)
	}
}

func TestRead_RefusesADevice(t *testing.T) {
	_, refused := source.Read("/dev/zero", limits())
	if refused == nil || refused.Code != "P009" {
		t.Fatalf("got %v", refused)
	}
}

func TestRead_RefusesASymlinkLoop(t *testing.T) {
	path := filepath.Join(t.TempDir(), "Procfile")
	if err := os.Symlink(path, path); err != nil {
		t.Fatal(err)
	}
	_, refused := source.Read(path, limits())
	if refused == nil || refused.Code != "P009" {
		t.Fatalf("got %v", refused)
	}
}

func TestRead_RefusesAHugeSparseFile(t *testing.T) {
	path := write(t, "")
	if err := os.Truncate(path, 1<<30); err != nil {
		t.Skip("no sparse files here:", err)
	}
	_, refused := source.Read(path, limits())
	if refused == nil || refused.Code != "P009" {
		t.Fatalf("got %v", refused)
	}
}

func TestRead_SaysHowToMakeAFileReadable(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	path := write(t, "web: a")
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	_, refused := source.Read(path, limits())
	if refused == nil || refused.Code != "P009" || len(refused.Notes) < 2 {
		t.Fatalf("got %v", refused)
	}
}

//go:build unix

package detect_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/inshore-dev/inshore/procfile/detect"
)

// The test binary's own timeout is the alarm.
func TestDetect_DoesNotWaitForAPipe(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"package.json", "go.mod", "requirements.txt", "heroku.yml"} {
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Skip("no named pipes here:", err)
		}
	}
	if p := detect.Detect(os.DirFS(dir)); p.Confidence != detect.Nothing {
		t.Errorf("got %s", describe(p))
	}
}

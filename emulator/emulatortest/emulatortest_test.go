package emulatortest_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/emulator/emulatortest"
)

func TestMain(m *testing.M) { emulatortest.Main(m) }

const hello = "../../testdata/apps/hello"

func get(t *testing.T, url string) (status int, text string) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestStart_RunsAnAppBehindItsRouter(t *testing.T) {
	t.Parallel()
	app := emulatortest.Start(t, hello)
	if status, body := get(t, app.URL+"/"); status != http.StatusOK || body != "ahoy from web.1\n" {
		t.Errorf("got %d %q", status, body)
	}
	if secret := app.Config("TOKEN"); len(secret) != 64 {
		t.Errorf("the generated secret is %q", secret)
	}
	eventually(t, "the log to be complete", func() bool {
		log := app.Logs()
		return strings.Contains(log, "app[release.1]: released with GREETING ahoy") &&
			strings.Contains(log, "app[worker.1]: worker is ready") &&
			strings.Contains(log, "heroku[web.1]: State changed from starting to up") &&
			strings.Contains(log, `heroku[router]: at=info method=GET path="/"`)
	})
}

func TestStart_KeepsParallelAppsApart(t *testing.T) {
	t.Parallel()
	one := emulatortest.Start(t, hello, emulatortest.Options{Config: map[string]string{"GREETING": "one"}, Only: []string{"web"}})
	two := emulatortest.Start(t, hello, emulatortest.Options{Config: map[string]string{"GREETING": "two"}, Only: []string{"web"}})
	if one.URL == two.URL || one.Config("TOKEN") == two.Config("TOKEN") {
		t.Error("two apps share a port or a secret")
	}
	for app, want := range map[*emulatortest.App]string{one: "one from web.1\n", two: "two from web.1\n"} {
		if _, body := get(t, app.URL); body != want {
			t.Errorf("got %q, want %q", body, want)
		}
	}
}

func TestRun_GivesTheExitStatus(t *testing.T) {
	t.Parallel()
	app := emulatortest.Start(t, hello, emulatortest.Options{Only: []string{"web"}})
	for command, want := range map[string]int{"exit 7": 7, "test -n \"$TOKEN\"": 0, "no-such-program": 127} {
		if got, err := app.Run(t.Context(), command); err != nil || got != want {
			t.Errorf("%q: got %d, %v, want %d", command, got, err, want)
		}
	}
}

func TestStart_WritesNothingIntoTheApp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"go.mod", "main.go", "Procfile", "app.json"} {
		text, err := os.ReadFile(filepath.Join(hello, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	emulatortest.Start(t, dir, emulatortest.Options{Only: []string{"web"}})
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 {
		t.Errorf("got %v, %v", entries, err)
	}
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(10 * time.Millisecond) //nolint:forbidigo // the one polling helper of these tests
	}
}

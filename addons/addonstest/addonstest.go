// Package addonstest is the conformance suite that every add-on driver passes,
// and the host on which it runs: real servers, real clients, real processes.
//
// A driver's own test is a few lines:
//
//	func TestMain(m *testing.M) { addonstest.Main(m, addonstest.Command("__s3", s3.Main)) }
//
//	func TestEmbedded(t *testing.T) {
//		addonstest.Run(t, addonstest.Suite{Driver: s3.Embedded(), Client: addonstest.S3{}, Vars: s3.Vars})
//	}
//
// What a machine lacks is skipped with the driver's own reason, unless
// INSHORE_TEST_REQUIRE holds the mode: "native,embedded". Packs are fetched once
// into a cache of the user that outlives the test.
package addonstest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/addons"
)

// Hidden is a hidden command of our binary that a driver needs as a child.
type Hidden struct {
	Name string
	Main func(args []string) int
}

// Command names a hidden command.
func Command(name string, main func(args []string) int) Hidden { return Hidden{name, main} }

// Main runs the tests, or, when the test binary was started as a child, the
// hidden command that its first argument names. It checks that no goroutine is
// left in the end, and does not return.
func Main(m *testing.M, commands ...Hidden) {
	if len(os.Args) > 1 {
		for _, c := range commands {
			if os.Args[1] == c.Name {
				os.Exit(c.Main(os.Args[2:])) //nolint:forbidigo // this process is the hidden command, not a test
			}
		}
	}
	code := m.Run()
	if left := leftGoroutines(); code == 0 && left != "" {
		fmt.Fprintf(os.Stderr, "goroutines left behind:\n%s\n", left)
		code = 1
	}
	os.Exit(code) //nolint:forbidigo // what TestMain does
}

// leftGoroutines waits for goroutines to end and returns those that do not.
func leftGoroutines() string {
	deadline := time.Now().Add(10 * time.Second)
	for {
		buffer := make([]byte, 1<<20)
		stacks := strings.Split(string(buffer[:runtime.Stack(buffer, true)]), "\n\n")
		stacks = slices.DeleteFunc(stacks, func(stack string) bool {
			return strings.Contains(stack, "addonstest.leftGoroutines") || strings.Contains(stack, "testing.(*M)") ||
				strings.Contains(stack, "os/signal.") || strings.Contains(stack, "testing.runTests")
		})
		if len(stacks) == 0 {
			return ""
		}
		if time.Now().After(deadline) {
			return strings.Join(stacks, "\n\n")
		}
		time.Sleep(10 * time.Millisecond) //nolint:forbidigo // polling
	}
}

// Host is a test's own machine: a state directory that is removed in the end,
// and a record of everything that was started on it.
type Host struct {
	addons.Host

	mu        sync.Mutex
	processes []*process
	notices   []string
	log       strings.Builder
}

// NewHost makes a host. What still runs at the end of the test is a failure and
// is killed; the log of the servers is shown when the test has failed.
func NewHost(tb testing.TB) *Host {
	tb.Helper()
	return newHost(tb, tb.TempDir())
}

// Again is the same state directory seen by another run of the engine, one that
// knows nothing of the processes of the first.
func (h *Host) Again(tb testing.TB) *Host {
	tb.Helper()
	return newHost(tb, filepath.Dir(h.Dir))
}

func newHost(tb testing.TB, dir string) *Host {
	tb.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	executable, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	h := &Host{}
	h.Host = addons.Host{
		Dir: filepath.Join(dir, ".inshore"), CacheDir: filepath.Join(cache, "inshore-test"),
		Checkout: "test", App: "Shop Test", Executable: executable, Getenv: os.Getenv,
		Launch: h.launch, Port: freePort, Notice: h.notice,
		Log: func(string) io.Writer { return logWriter{h} },
	}
	if err := os.MkdirAll(h.Dir, 0o700); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { h.finish(tb) })
	return h
}

func (h *Host) finish(tb testing.TB) {
	tb.Helper()
	for _, p := range h.Alive() {
		tb.Errorf("process %d (%s) was left running", p.PID(), p.name)
		_ = p.Stop(context.Background(), 0) // a kill, which has no failure to tell
	}
	if tb.Failed() {
		h.mu.Lock()
		defer h.mu.Unlock()
		tb.Logf("log of the servers:\n%s", h.log.String())
	}
}

// Alive are the processes that have not ended.
func (h *Host) Alive() []*process {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(h.processes), func(p *process) bool {
		select {
		case <-p.done:
			return true
		default:
			return false
		}
	})
}

// Notices are what the drivers have told so far.
func (h *Host) Notices() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.notices)
}

func (h *Host) notice(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.notices = append(h.notices, text)
}

// launch is the engine's Launch without a sentinel.
func (h *Host) launch(_ context.Context, launch addons.Launch) (addons.Process, error) {
	p, err := begin(launch)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.processes = append(h.processes, p)
	return p, nil
}

type logWriter struct{ h *Host }

func (w logWriter) Write(p []byte) (int, error) {
	w.h.mu.Lock()
	defer w.h.mu.Unlock()
	return w.h.log.Write(p)
}

// freePort is the engine's Port: the preferred one if it can be had.
func freePort(ctx context.Context, preferred int) (int, error) {
	var config net.ListenConfig
	if preferred > 0 {
		if l, err := config.Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", preferred)); err == nil {
			return preferred, l.Close()
		}
	}
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// Required tells whether INSHORE_TEST_REQUIRE turns a missing mode into a
// failure.
func Required(mode addons.Mode) bool {
	return slices.Contains(strings.Split(os.Getenv("INSHORE_TEST_REQUIRE"), ","), string(mode))
}

// Need skips the test, or fails it when the mode is required, if the driver
// cannot run here.
func Need(tb testing.TB, driver addons.Driver) {
	tb.Helper()
	host := NewHost(tb)
	_, err := driver.Probe(tb.Context(), host.Host, Spec())
	if err == nil && driver.Mode() == addons.Embedded && os.Getenv("INSHORE_TEST_OFFLINE") != "" {
		err = errors.New("INSHORE_TEST_OFFLINE is set")
	}
	switch {
	case err == nil:
	case Required(driver.Mode()):
		tb.Fatalf("mode %s is required, but: %v", driver.Mode(), err)
	default:
		tb.Skipf("mode %s is not possible here: %v", driver.Mode(), err)
	}
}

// Spec is what the suite asks for.
func Spec() addons.Spec { return addons.Spec{Name: "main", Attachment: "MAIN"} }

// Until polls a condition for at most 10 s.
func Until(tb testing.TB, what string, condition func() bool) {
	tb.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !condition() {
		if time.Now().After(deadline) {
			tb.Fatalf("not within 10 s: %s", what)
		}
		time.Sleep(5 * time.Millisecond) //nolint:forbidigo // polling
	}
}

package logs

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMain lets the test binary play the child, and fails when a test left a
// goroutine behind.
func TestMain(m *testing.M) {
	if role := os.Getenv("LOGS_TEST_CHILD"); role != "" {
		os.Exit(child(role))
	}
	code := m.Run()
	left := ours()
	for deadline := time.Now().Add(10 * time.Second); len(left) > 0 && time.Now().Before(deadline); left = ours() {
		runtime.Gosched()
	}
	if code == 0 && len(left) > 0 {
		fmt.Fprintf(os.Stderr, "%d goroutines left:\n%s\n", len(left), strings.Join(left, "\n\n"))
		code = 1
	}
	os.Exit(code)
}

// ours gives the stacks of goroutines of this package, the caller's excepted.
func ours() []string {
	all := make([]byte, 1<<20)
	all = all[:runtime.Stack(all, true)]
	var left []string
	for stack := range strings.SplitSeq(string(all), "\n\n") {
		if strings.Contains(stack, "emulator/logs.") && !strings.Contains(stack, "logs.TestMain") {
			left = append(left, stack)
		}
	}
	return left
}

// child does what a test wants a child process to do.
func child(role string) int {
	name, arg, _ := strings.Cut(role, ":")
	n, _ := strconv.Atoi(arg)
	switch name {
	case "flood": // n bytes in lines of 100
		line := []byte(strings.Repeat("0123456789", 9) + "012345678\n")
		block := bytes.Repeat(line, 640)
		for n > 0 {
			m := min(n, len(block))
			if _, err := os.Stdout.Write(block[:m]); err != nil {
				return 1
			}
			n -= m
		}
	case "unfinished":
		fmt.Fprint(os.Stdout, "first\nlast without end")
	case "both":
		for i := range n {
			fmt.Fprintf(os.Stdout, "out %d\n", i)
			fmt.Fprintf(os.Stderr, "err %d\n", i)
		}
	case "long":
		fmt.Fprintf(os.Stdout, "%s\nafter\n", strings.Repeat("a", n))
	case "close": // closes its outputs and lives on until stdin ends
		fmt.Fprintln(os.Stdout, "closing")
		_ = os.Stdout.Close()
		_ = os.Stderr.Close()
		_, _ = io.Copy(io.Discard, os.Stdin)
	case "holder": // leaves a grandchild that holds the outputs
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "LOGS_TEST_CHILD=hold")
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		if err := cmd.Start(); err != nil {
			return 1
		}
		fmt.Fprint(os.Stdout, "leader says goodbye")
	case "hold":
		_, _ = io.Copy(io.Discard, os.Stdin)
	case "store": // writes numbered lines to ring files until it is killed
		h := New(Options{Dir: arg, RingBytes: 8 << 20})
		if err := h.Start(); err != nil {
			return 1
		}
		fmt.Fprintln(os.Stdout, "started")
		for i := 1; ; i++ {
			h.Logf(App, "web.1", "line %d", i)
		}
	}
	return 0
}

func childCommand(role string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "LOGS_TEST_CHILD="+role)
	return cmd
}

// start runs a child whose output goes to a pipe of the hub.
func start(tb testing.TB, h *Hub, role string) (*exec.Cmd, *Pipe) {
	tb.Helper()
	p, err := h.Pipe(App, "web.1", None)
	if err != nil {
		tb.Fatal(err)
	}
	cmd := childCommand(role)
	cmd.Stdout, cmd.Stderr = p.File(), p.File()
	err = cmd.Start()
	if err := p.Started(); err != nil {
		tb.Fatal(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return cmd, p
}

// within gives a context for things that must end.
func within(tb testing.TB, d time.Duration) context.Context {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	tb.Cleanup(cancel)
	return ctx
}

// eventually polls a condition.
func eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	deadline := time.Now().Add(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			tb.Fatalf("not within 10 s: %s", what)
		}
		<-tick.C
	}
}

// newHub gives a hub that is closed at the end of the test.
func newHub(tb testing.TB, o Options) *Hub {
	tb.Helper()
	h := New(o)
	if err := h.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { closeHub(tb, h) })
	return h
}

func closeHub(tb testing.TB, h *Hub) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := h.Close(ctx); err != nil {
		tb.Errorf("close hub: %v", err)
	}
}

func texts(lines []Line) []string {
	var out []string
	for _, l := range lines {
		out = append(out, string(l.Text))
	}
	return out
}

func equal(tb testing.TB, what string, got, want any) {
	tb.Helper()
	if g, w := fmt.Sprintf("%q", got), fmt.Sprintf("%q", want); g != w {
		tb.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

// stored reads all lines of the newest run.
func stored(tb testing.TB, dir string) []Line {
	tb.Helper()
	run, err := OpenRun(dir, 0)
	if err != nil {
		tb.Fatal(err)
	}
	lines, err := run.Tail(1<<30, Filter{})
	if err != nil {
		tb.Fatal(err)
	}
	return lines
}

// gate is a writer that can be shut.
type gate struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	shut sync.Mutex
}

func (g *gate) Write(p []byte) (int, error) {
	g.shut.Lock()
	defer g.shut.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.buf.Write(p)
}

func (g *gate) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.buf.String()
}

// countWriter counts lines and bytes.
type countWriter struct{ lines, bytes uint64 }

func (c *countWriter) Write(p []byte) (int, error) {
	c.lines += uint64(bytes.Count(p, newline))
	c.bytes += uint64(len(p))
	return len(p), nil
}

//go:build linux || darwin

package dyno

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/emulator/sentinel"
)

// childVariable makes the test binary play a part instead of running tests.
const childVariable = "INSHORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == sentinel.Command {
		os.Exit(sentinel.Main())
	}
	if part := os.Getenv(childVariable); part != "" {
		play(part)
		return
	}
	code := m.Run()
	if code == 0 && !settled(1) {
		fmt.Fprintln(os.Stderr, "goroutines are left over")
		_ = pprof.Lookup("goroutine").WriteTo(os.Stderr, 1)
		code = 1
	}
	os.Exit(code)
}

// settled waits until no more goroutines run than a test binary has by itself.
func settled(own int) bool {
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) { //nolint:forbidigo // polling
		if runtime.NumGoroutine() <= own {
			return true
		}
	}
	return false
}

// play is the process of a dyno.
func play(part string) {
	name, argument, _ := strings.Cut(part, " ")
	switch name {
	case "listen": // on the address given
		listener, err := net.Listen("tcp", argument)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		turnAway(listener)
		return
	case "deaf":
		signal.Ignore(syscall.SIGTERM)
		fmt.Fprintln(os.Stdout, "ready")
	case "holder": // its child in another session keeps the pipe
		child := exec.Command("sleep", "100")
		child.Stdout = os.Stdout
		child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := child.Start(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	time.Sleep(10 * time.Minute) //nolint:forbidigo // it is a process that has to be stopped
}

// turnAway accepts connections and closes them at once.
func turnAway(listener net.Listener) {
	defer func() { _ = listener.Close() }()
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		_ = conn.Close()
	}
}

// part is the Spec of a dyno that plays a part.
func part(name, part string) Spec {
	return Spec{Name: name, Argv: []string{os.Args[0]}, Env: append(os.Environ(), childVariable+"="+part)}
}

func shell(name, command string) Spec {
	return Spec{Name: name, Command: command, Argv: []string{"sh", "-c", command}, Env: os.Environ()}
}

// record keeps the events of a dyno.
type record struct {
	mu     sync.Mutex
	events []Event
}

func (r *record) observe(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

func (r *record) all() []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Event(nil), r.events...)
}

func (r *record) lines() []string {
	var lines []string
	for _, e := range r.all() {
		if e.Line != "" {
			lines = append(lines, e.Line)
		}
	}
	return lines
}

func (r *record) count(kind Kind) int {
	n := 0
	for _, e := range r.all() {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

func (r *record) first(kind Kind) (Event, bool) {
	for _, e := range r.all() {
		if e.Kind == kind {
			return e, true
		}
	}
	return Event{}, false
}

// last is the newest event of a kind.
func (r *record) last(kind Kind) Event {
	var found Event
	for _, e := range r.all() {
		if e.Kind == kind {
			found = e
		}
	}
	return found
}

// became tells whether the dyno was ever in that state.
func (r *record) became(state State) bool {
	for _, e := range r.all() {
		if e.To == state {
			return true
		}
	}
	return false
}

// eventually polls a condition.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %s", what)
		}
		<-tick.C
	}
}

func startSentinel(t *testing.T) *sentinel.Sentinel {
	t.Helper()
	s, err := sentinel.Start(t.Context(), sentinel.Options{
		Tag: fmt.Sprintf("dynotest%d/%s/%d", os.Getpid(), t.Name(), time.Now().UnixNano()), Log: os.Stderr,
	})
	if err != nil {
		t.Skip("no sentinel here: ", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return s
}

// running is a dyno whose Run is active until the end of the test.
type running struct {
	*Dyno
	*record
	cancel context.CancelFunc
	done   chan Exit
}

func run(t *testing.T, launcher Launcher, spec Spec) *running {
	t.Helper()
	r := &running{record: &record{}, done: make(chan Exit, 1)}
	r.Dyno = New(launcher, spec, r.record.observe)
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		r.done <- r.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		r.Kill()
		<-finished
	})
	return r
}

func (r *running) wait(t *testing.T) Exit {
	t.Helper()
	select {
	case exit := <-r.done:
		return exit
	case <-time.After(20 * time.Second):
		for _, pid := range r.Tree() {
			status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			t.Logf("left: %s", status)
		}
		t.Fatalf("Run does not return: %+v %v", r.Status(), r.lines())
		return Exit{}
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}

// cpuTime is the processor time this process has used.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return -1
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

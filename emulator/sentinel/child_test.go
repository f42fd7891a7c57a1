//go:build linux || darwin

package sentinel

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// childVariable makes the test binary play a part instead of running tests.
const childVariable = "INSHORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == Command {
		os.Exit(Main())
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

// settled waits until no more goroutines run than a test binary has by itself,
// besides the one of os/signal.
func settled(own int) bool {
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) { //nolint:forbidigo // polling
		if runtime.NumGoroutine() <= own+1 {
			return true
		}
	}
	return false
}

// play is a child process. Whoever is ready says so with a line on stdout.
func play(part string) {
	switch part {
	case "sleep":
		ready()
	case "deaf":
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
		ready()
	case "fork": // a double fork: the middle one leaves at once
		spawn("sleep", &syscall.SysProcAttr{Setsid: true})
		return
	case "forkdeaf":
		spawn("deaf", &syscall.SysProcAttr{Setsid: true})
		return
	case "leave": // the leader goes, a group member that ignores TERM stays
		spawn("deaf", nil)
		return
	case "stubborn":
		spawn("sleep", nil)
		spawn("sleep", &syscall.SysProcAttr{Setsid: true})
		spawn("deaf", nil)
		fork := spawn("fork", nil)
		_ = fork.Wait()
		ready() // and the leader itself is the fifth
	case "hop":
		hop()
		return
	case "hoppers":
		for range 20 {
			spawn("hop", &syscall.SysProcAttr{Setsid: true})
		}
		ready()
	case "manager":
		manage()
	}
	time.Sleep(10 * time.Minute) //nolint:forbidigo // it is a process that has to be stopped
}

func ready() { fmt.Fprintln(os.Stdout, "ready", os.Getpid()) }

func spawn(part string, attr *syscall.SysProcAttr) *exec.Cmd {
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), childVariable+"="+part)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.SysProcAttr = attr
	if err := command.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return command
}

// hop goes on as another process in another session, for 40 s at most.
func hop() {
	const variable = "INSHORE_TEST_HOP_UNTIL"
	until := time.Now().Add(40 * time.Second)
	if given, err := time.Parse(time.RFC3339, os.Getenv(variable)); err == nil {
		until = given
	}
	if time.Now().After(until) {
		return
	}
	_ = os.Setenv(variable, until.Format(time.RFC3339))
	spawn("hop", &syscall.SysProcAttr{Setsid: true})
}

// manage is a manager to be killed: it guards one stubborn worker.
func manage() {
	s, err := Start(context.Background(), Options{
		Tag: os.Getenv("INSHORE_TEST_TAG"), Grace: 100 * time.Millisecond, Log: os.Stderr,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if _, err := s.Launch(Spec{Name: "web.1", Argv: []string{os.Args[0]}, Env: childEnv("stubborn"), Stdout: os.Stdout}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stdout, "sentinel", s.PID())
}

func childEnv(part string) []string {
	return append(os.Environ(), childVariable+"="+part)
}

// stubbornReady is how many lines a stubborn worker's family says.
const stubbornReady = 5

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

func testTag(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("test%d/%s/%d", os.Getpid(), strings.ReplaceAll(t.Name(), "/", "-"), time.Now().UnixNano())
}

// startSentinel is closed at the end of the test, and nothing may be left.
func startSentinel(t *testing.T, grace time.Duration) *Sentinel {
	t.Helper()
	s, err := Start(t.Context(), Options{Tag: testTag(t), Grace: grace, Log: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
		if left := survivors(s.options.Tag); len(left) > 0 {
			t.Errorf("%d processes survived: %v", len(left), left)
		}
	})
	return s
}

func survivors(tag string) []processInfo {
	target := sweepTarget{match: func(run string) bool { return run == tag }}
	return target.find()
}

// launchPart starts the test binary in a part and waits for n ready lines; the
// returned pids are those of who said so.
func launchPart(t *testing.T, s *Sentinel, part string, n int) (p *Process, pids []string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p, err = s.Launch(Spec{Name: part, Argv: []string{os.Args[0]}, Env: childEnv(part), Stdout: w, Stderr: os.Stderr})
	_ = w.Close()
	t.Cleanup(func() { _ = r.Close() })
	if err != nil {
		t.Fatal(err)
	}
	return p, readLines(t, r, "ready", n)
}

// readLines waits for n lines with the given first word and gives the rest of them.
func readLines(t *testing.T, r *os.File, word string, n int) []string {
	t.Helper()
	_ = r.SetReadDeadline(time.Now().Add(20 * time.Second))
	scanner := bufio.NewScanner(r)
	var rest []string
	for len(rest) < n && scanner.Scan() {
		if text, ok := strings.CutPrefix(scanner.Text(), word+" "); ok {
			rest = append(rest, text)
		}
	}
	if len(rest) < n {
		t.Fatalf("%d of %d %q lines came: %v", len(rest), n, word, scanner.Err())
	}
	return rest
}

func median(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

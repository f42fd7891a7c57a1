//go:build linux || darwin

package dyno

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/emulator/sentinel"
)

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("lines\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func TestDyno_WorkerIsUpAtOnceAndDownAfterStop(t *testing.T) {
	r := run(t, startSentinel(t), shell("worker.1", "sleep 100"))
	eventually(t, "up", func() bool { return r.Status().State == Up })
	if s := r.Status(); s.PID == 0 || len(r.Tree()) == 0 || s.Exit != nil {
		t.Errorf("status %+v", s)
	}
	if err := r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	exit := r.wait(t)
	if exit.Status() != 143 || r.Status().State != Down || r.Status().PID != 0 {
		t.Errorf("exit %+v, status %+v", exit, r.Status())
	}
	wantLines(t, r.lines(),
		"Starting process with command `sleep 100`",
		"State changed from starting to up",
		"State changed from up to down",
		"Stopping all processes with SIGTERM",
		"Process exited with status 143",
	)
	if err := r.Stop(t.Context()); err != nil {
		t.Errorf("second stop: %v", err)
	}
	if err := r.Restart(t.Context()); !errors.Is(err, ErrNotRunning) {
		t.Errorf("restart of a stopped dyno: %v", err)
	}
}

func TestDyno_WebIsUpWhenItsPortIsOpen(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1", "0.0.0.0"} {
		t.Run(host, func(t *testing.T) {
			if host == "::1" && !hasIPv6() {
				t.Skip("no IPv6 here")
			}
			port := freePort(t)
			spec := part("web.1", "listen "+net.JoinHostPort(host, strconv.Itoa(port)))
			spec.Port = port
			r := run(t, startSentinel(t), spec)
			eventually(t, "up", func() bool { return r.Status().State == Up })
			want := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
			if host == "::1" {
				want = net.JoinHostPort("::1", strconv.Itoa(port))
			}
			if got := r.Status().ListenAddr; got != want {
				t.Errorf("listens on %s, want %s", got, want)
			}
			r.cancel()
			if exit := r.wait(t); exit.Status() != 143 {
				t.Errorf("exit %+v", exit)
			}
		})
	}
}

func hasIPv6() bool {
	listener, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		return false
	}
	return listener.Close() == nil
}

func TestDyno_RestartSaysWhatHerokuSays(t *testing.T) {
	r := run(t, startSentinel(t), shell("worker.1", "sleep 100"))
	eventually(t, "up", func() bool { return r.Status().State == Up })
	before := r.Status().PID
	if err := r.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "up again", func() bool { return r.Status().State == Up })
	if s := r.Status(); s.PID == before || s.Restarts != 1 {
		t.Errorf("status %+v, pid before %d", s, before)
	}
	wantLines(t, r.lines(),
		"Starting process with command `sleep 100`",
		"State changed from starting to up",
		"Restarting",
		"State changed from up to starting",
		"Stopping all processes with SIGTERM",
		"Process exited with status 143",
		"Starting process with command `sleep 100`",
		"State changed from starting to up",
	)
}

func TestDyno_ReplaceTakesEffectAtTheNextStart(t *testing.T) {
	r := run(t, startSentinel(t), shell("worker.1", "sleep 100"))
	eventually(t, "up", func() bool { return r.Status().State == Up })
	r.Replace(shell("other", "sleep 200"))
	if err := r.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	lines := r.lines()
	if !slices.Contains(lines, "Starting process with command `sleep 200`") || r.Status().Name != "worker.1" {
		t.Errorf("%v %+v", lines, r.Status())
	}
}

func TestDyno_AnyExitOfAFormationDynoIsACrash(t *testing.T) {
	r := run(t, startSentinel(t), shell("worker.1", "exit 0"))
	eventually(t, "a delayed start", func() bool { return r.count(KindDelayed) > 1 })
	lines := r.lines()
	if len(lines) < 5 {
		t.Fatalf("lines %v", lines)
	}
	wantLines(t, lines[:5],
		"Starting process with command `exit 0`",
		"State changed from starting to up",
		"Process exited with status 0",
		"State changed from up to crashed",
		"State changed from crashed to starting",
	)
	first, _ := r.first(KindDelayed)
	if first.Delay != 0 || first.Crashes != 1 || first.Exit == nil {
		t.Errorf("first delay %+v", first)
	}
	e := r.last(KindDelayed)
	if e.Delay < time.Second || e.Delay > 1100*time.Millisecond || e.Crashes != 2 {
		t.Errorf("second delay %+v", e)
	}
	if s := r.Status(); s.NextStart.IsZero() || s.State != Crashed {
		t.Errorf("status %+v", s)
	}
	if err := r.Stop(t.Context()); err != nil || r.Status().State != Down {
		t.Errorf("stop while waiting: %v, %+v", err, r.Status())
	}
}

func TestDyno_CrashDuringBootIsACrash(t *testing.T) {
	spec := shell("web.1", "exit 3")
	spec.Port = freePort(t)
	r := run(t, startSentinel(t), spec)
	eventually(t, "crashed", func() bool { return r.became(Crashed) })
	if lines := r.lines(); !slices.Contains(lines, "State changed from starting to crashed") {
		t.Errorf("lines %v", lines)
	}
}

func TestDyno_OneOffCompletes(t *testing.T) {
	spec := shell("run.1234", "exit 7")
	spec.Policy = PolicyNever
	r := run(t, startSentinel(t), spec)
	if exit := r.wait(t); exit.Status() != 7 || r.Status().State != Complete {
		t.Errorf("exit %+v, status %+v", exit, r.Status())
	}
	wantLines(t, r.lines(),
		"Starting process with command `exit 7`",
		"State changed from starting to up",
		"Process exited with status 7",
		"State changed from up to complete",
	)
}

func TestFault_04_KilledDynoStartsAgainAndOthersStay(t *testing.T) {
	guard := startSentinel(t)
	other := run(t, guard, shell("worker.2", "sleep 100"))
	r := run(t, guard, shell("worker.1", "sleep 100"))
	eventually(t, "both up", func() bool { return r.Status().State == Up && other.Status().State == Up })
	otherPID := other.Status().PID
	_ = syscall.Kill(r.Status().PID, syscall.SIGKILL)
	eventually(t, "restarted", func() bool { s := r.Status(); return s.Restarts == 1 && s.State == Up })
	if e, ok := r.first(KindExited); !ok || e.Exit.Status() != 137 {
		t.Errorf("lines %v", r.lines())
	}
	if s := other.Status(); s.PID != otherPID || s.Restarts != 0 {
		t.Errorf("the other dyno: %+v", s)
	}
}

// pipe is an Output with one reader per stream.
type pipe struct {
	lines    chan string
	finished chan time.Time
}

func (p *pipe) Open(stream string) (*os.File, func(), error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	go func() { // ends when every writer is gone, or with finish
		scanner := bufio.NewScanner(r)
		for scanner.Scan() {
			p.lines <- stream + ": " + scanner.Text()
		}
	}()
	return w, func() {
		p.finished <- time.Now()
		_ = r.Close()
	}, nil
}

func newPipe() *pipe {
	return &pipe{lines: make(chan string, 100), finished: make(chan time.Time, 100)}
}

func TestDyno_WritesBothStreamsToItsOutput(t *testing.T) {
	out := newPipe()
	spec := shell("run.1", "echo one; echo two >&2")
	spec.Policy, spec.Output = PolicyNever, out
	r := run(t, startSentinel(t), spec)
	r.wait(t)
	got := []string{<-out.lines, <-out.lines}
	slices.Sort(got)
	wantLines(t, got, "stderr: two", "stdout: one")
	if len(out.finished) != 2 {
		t.Errorf("finish was called %d times", len(out.finished))
	}
}

func TestDyno_ReportsALogThatCannotBeOpened(t *testing.T) {
	spec := shell("run.1", "true")
	spec.Policy, spec.Output = PolicyNever, brokenOutput{}
	exit := run(t, startSentinel(t), spec).wait(t)
	if exit.Status() != 126 || exit.Problem == nil {
		t.Errorf("exit %+v", exit)
	}
}

type brokenOutput struct{}

func (brokenOutput) Open(string) (*os.File, func(), error) { return nil, nil, errors.New("disk full") }

func TestFault_06_R12WhenTermIsIgnored(t *testing.T) {
	out := newPipe()
	spec := part("worker.1", "deaf")
	spec.Grace, spec.Output, spec.Command = 200*time.Millisecond, out, "deaf"
	r := run(t, startSentinel(t), spec)
	<-out.lines
	begin := time.Now()
	if err := r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took < spec.Grace || took > spec.Grace+safetyMargin {
		t.Errorf("stop took %v", took)
	}
	wantLines(t, r.lines(),
		"Starting process with command `deaf`",
		"State changed from starting to up",
		"State changed from up to down",
		"Stopping all processes with SIGTERM",
		"Error R12 (Exit timeout) -> At least one process failed to exit within 0.2 seconds of SIGTERM",
		"Stopping process with SIGKILL",
		"Process exited with status 137",
	)
}

func TestDyno_KillShortensAStop(t *testing.T) {
	out := newPipe()
	spec := part("worker.1", "deaf")
	spec.Grace, spec.Output = time.Hour, out
	r := run(t, startSentinel(t), spec)
	<-out.lines
	r.cancel()
	eventually(t, "stopping", func() bool { return r.count(KindStopping) == 1 })
	r.Kill()
	if exit := r.wait(t); exit.Status() != 137 || r.Status().State != Down {
		t.Errorf("exit %+v %+v", exit, r.Status())
	}
}

func TestDyno_StopOverridesARestartThatHangs(t *testing.T) {
	out := newPipe()
	spec := part("worker.1", "deaf")
	spec.Grace, spec.Output = time.Hour, out
	r := run(t, startSentinel(t), spec)
	<-out.lines
	restarted := make(chan error, 1)
	go func() { restarted <- r.Restart(context.Background()) }()
	eventually(t, "restarting", func() bool { return r.count(KindStopping) == 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := r.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
	if err := <-restarted; !errors.Is(err, ErrNotRunning) {
		t.Errorf("restart: %v", err)
	}
	r.wait(t)
	if r.Status().State != Down || r.count(KindStarting) != 1 {
		t.Errorf("status %+v, lines %v", r.Status(), r.lines())
	}
}

func TestFault_10_ProcessWithoutOutputIsStillRunning(t *testing.T) {
	out := newPipe()
	spec := shell("worker.1", "echo last; exec >&- 2>&-; sleep 100")
	spec.Output = out
	r := run(t, startSentinel(t), spec)
	<-out.lines
	eventually(t, "up", func() bool { return r.Status().State == Up })
	if len(out.finished) != 0 {
		t.Error("the output was finished")
	}
	if used := cpuTime(); used >= 0 {
		timer := time.NewTimer(300 * time.Millisecond)
		<-timer.C
		if more := cpuTime() - used; more > 100*time.Millisecond {
			t.Errorf("used %v of processor time in 300ms", more)
		}
	}
}

func TestFault_11_ExitIsReportedWhileADescendantHoldsThePipe(t *testing.T) {
	out := newPipe()
	spec := part("run.1", "holder")
	spec.Policy, spec.Output, spec.OrphanGrace = PolicyNever, out, 3*time.Second
	r := run(t, startSentinel(t), spec)
	eventually(t, "the exit is reported", func() bool { return r.count(KindExited) == 1 })
	e, _ := r.first(KindExited)
	exit := r.wait(t)
	if exit.Status() != 0 {
		t.Errorf("exit %+v", exit)
	}
	// Uptime is taken when the leader's end is seen.
	if finished := <-out.finished; finished.Sub(e.Time) > 2*time.Second {
		t.Errorf("the pipe was finished %v after the exit", finished.Sub(e.Time))
	}
}

func TestFault_15_CrashLoopIsSlowedDown(t *testing.T) {
	r := run(t, startSentinel(t), shell("worker.1", "exit 1"))
	used := cpuTime()
	eventually(t, "the fourth delay", func() bool { return r.count(KindDelayed) == 4 })
	if starts := r.count(KindStarting); starts != 4 {
		t.Errorf("%d starts within 3 s, want 4", starts)
	}
	t.Logf("processor time in about 3 s: %v", cpuTime()-used)
}

func TestFault_16_WhatCannotBeStartedIsOneProblem(t *testing.T) {
	guard := startSentinel(t)
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	gone := shell("web.1", "true")
	gone.Dir = filepath.Join(dir, "gone")
	tests := []struct {
		name   string
		spec   Spec
		status int
		code   string
		says   string
	}{
		{"missing, by the shell", shell("web.1", "heroku-php-apache2 web/"), 127, "X003", "web: heroku-php-apache2: command not found"},
		{"missing, several commands", shell("web.1", "true && inshore-no-such"), 127, "X003", "web: a command was not found (exit 127)"},
		{"missing, directly", Spec{Name: "web.1", Argv: []string{"inshore-no-such"}}, 127, "X003", "web: inshore-no-such: command not found"},
		{"not executable", Spec{Name: "web.1", Argv: []string{file("plain", "x", 0o600)}}, 126, "X005", "permission denied"},
		{"exec format", Spec{Name: "web.1", Argv: []string{file("junk", "\x00\x01", 0o700)}}, 126, "X005", "exec format error"},
		{"directory gone", gone, 126, "X006", "working directory " + gone.Dir},
		{"nothing", Spec{Name: "web.1"}, 127, "X003", "empty command"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.spec.Policy = PolicyNever
			exit := run(t, guard, test.spec).wait(t)
			if exit.Status() != test.status || exit.Problem == nil {
				t.Fatalf("exit %+v", exit)
			}
			if exit.Problem.Code != test.code || !strings.Contains(exit.Problem.Message, test.says) || strings.Contains(exit.Problem.Message, "\n") {
				t.Errorf("problem %v", exit.Problem)
			}
		})
	}
	eventually(t, "the sentinel still works", func() bool {
		spec := shell("run.1", "true")
		spec.Policy = PolicyNever
		return run(t, guard, spec).wait(t).Status() == 0
	})
}

func TestDyno_RestartOfWhatCannotStartGivesTheProblem(t *testing.T) {
	r := run(t, startSentinel(t), shell("worker.1", "sleep 100"))
	eventually(t, "up", func() bool { return r.Status().State == Up })
	r.Replace(Spec{Argv: []string{"inshore-no-such"}})
	err := r.Restart(t.Context())
	if list := problem.Of(err); len(list) != 1 || list[0].Code != "X003" {
		t.Errorf("restart: %v", err)
	}
}

func TestDyno_SurvivesTheLossOfItsSentinel(t *testing.T) {
	first := startSentinel(t)
	launcher := &switchable{}
	launcher.guard.Store(first)
	r := run(t, launcher, shell("worker.1", "sleep 100"))
	eventually(t, "up", func() bool { return r.Status().State == Up })
	second := startSentinel(t)
	launcher.guard.Store(second)
	_ = syscall.Kill(first.PID(), syscall.SIGKILL)
	eventually(t, "up under another one", func() bool { s := r.Status(); return s.Restarts == 1 && s.State == Up })
}

type switchable struct {
	guard atomic.Pointer[sentinel.Sentinel]
}

func (s *switchable) Launch(spec sentinel.Spec) (*sentinel.Process, error) {
	return s.guard.Load().Launch(spec)
}

func TestDyno_UpAddsLittleAndStopIsFast(t *testing.T) {
	guard := startSentinel(t)
	var ups, stops []time.Duration
	for range 10 {
		begin := time.Now()
		r := run(t, guard, shell("worker.1", "sleep 100"))
		eventually(t, "up", func() bool { return r.Status().State == Up })
		ups = append(ups, time.Since(begin))
		begin = time.Now()
		r.cancel()
		r.wait(t)
		stops = append(stops, time.Since(begin))
	}
	slices.Sort(ups)
	slices.Sort(stops)
	t.Logf("up after %v, down after %v (medians of 10)", ups[5], stops[5])
}

func TestDyno_FiftyStartTogether(t *testing.T) {
	guard := startSentinel(t)
	begin := time.Now()
	var all []*running
	for i := range 50 {
		all = append(all, run(t, guard, shell(fmt.Sprintf("worker.%d", i+1), "sleep 100")))
	}
	for _, r := range all {
		eventually(t, "up", func() bool { return r.Status().State == Up })
	}
	up := time.Since(begin)
	begin = time.Now()
	for _, r := range all {
		r.cancel()
	}
	for _, r := range all {
		r.wait(t)
	}
	t.Logf("50 dynos: up after %v, down after %v", up, time.Since(begin))
}

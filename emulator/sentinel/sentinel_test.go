//go:build linux || darwin

package sentinel

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestSentinel_ReportsExitCodeAndSignal(t *testing.T) {
	s := startSentinel(t, time.Second)
	for script, want := range map[string]int{"exit 0": 0, "exit 7": 7, "kill -TERM $$": 143, "kill -KILL $$": 137, "kill -SEGV $$": 139} {
		p, err := s.Launch(Spec{Name: "x", Argv: []string{"sh", "-c", script}})
		if err != nil {
			t.Fatal(err)
		}
		<-p.Gone()
		if got := p.Exit().Status(); got != want {
			t.Errorf("%s: status %d, want %d", script, got, want)
		}
	}
}

func TestSentinel_HandsOverFilesDirectoryArgumentsAndEnvironment(t *testing.T) {
	s := startSentinel(t, time.Second)
	dir := t.TempDir()
	in, err := os.CreateTemp(dir, "in")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = in.WriteString("typed\n")
	_, _ = in.Seek(0, io.SeekStart)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	odd := "B=\xff\n'two lines'"
	p, err := s.Launch(Spec{
		Name: "x", Dir: dir, Stdin: in, Stdout: w, Stderr: w,
		Argv: []string{"sh", "-c", `read l; echo "$l|$1|$B|$PWD|$INSHORE_RUN" ; echo err >&2`, "sh", "a  b"},
		Env:  []string{"PATH=" + os.Getenv("PATH"), odd, RunVariable + "=forged"},
	})
	_ = w.Close()
	if err != nil {
		t.Fatal(err)
	}
	out, _ := io.ReadAll(r)
	<-p.Gone()
	resolved, _ := filepath.EvalSymlinks(dir)
	want := "typed|a  b|\xff\n'two lines'|" + resolved + "|" + s.options.Tag + "\nerr\n"
	if string(out) != want {
		t.Errorf("got %q\nwant %q", out, want)
	}
}

func TestSentinel_TakesLargeEnvironments(t *testing.T) {
	s := startSentinel(t, time.Second)
	env := []string{"PATH=" + os.Getenv("PATH")}
	for i := range 10 {
		env = append(env, "V"+strconv.Itoa(i)+"="+strings.Repeat("x", 100_000))
	}
	p, err := s.Launch(Spec{Name: "x", Argv: []string{"sh", "-c", "exit ${#V9}0"}, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	<-p.Gone()
	if got := p.Exit().Status(); got != 1_000_000%256 {
		t.Errorf("status %d", got)
	}
}

func TestSentinel_ExplainsWhyAProgramDoesNotStart(t *testing.T) {
	s := startSentinel(t, time.Second)
	dir := t.TempDir()
	write := func(name, text string, mode fs.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := []struct {
		name   string
		spec   Spec
		status int
	}{
		{"missing command", Spec{Argv: []string{"inshore-no-such-program"}}, 127},
		{"missing file", Spec{Argv: []string{"./nothing"}, Dir: dir}, 127},
		{"not executable", Spec{Argv: []string{write("plain", "x", 0o600)}}, 126},
		{"no executable format", Spec{Argv: []string{write("junk", "\x01\x02junk", 0o700)}}, 126},
		{"missing interpreter", Spec{Argv: []string{write("script", "#!/no/such/interpreter\n", 0o700)}}, 127},
		{"a directory", Spec{Argv: []string{dir}}, 126},
		{"working directory gone", Spec{Argv: []string{"true"}, Dir: filepath.Join(dir, "gone")}, 126},
		{"empty command", Spec{}, 127},
		{"not executable on the path", Spec{Argv: []string{"plain"}, Env: []string{"PATH=" + dir}}, 126},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.spec.Name = "web.1"
			_, err := s.Launch(test.spec)
			var failure *LaunchError
			if !errors.As(err, &failure) {
				t.Fatalf("got %v", err)
			}
			if failure.Status != test.status {
				t.Errorf("status %d, want %d (%v)", failure.Status, test.status, err)
			}
			if text := err.Error(); strings.Contains(text, "goroutine") || !strings.HasPrefix(text, "start web.1: ") {
				t.Errorf("message %q", text)
			}
		})
	}
}

func TestSentinel_StopsAddonServersAfterDynos(t *testing.T) {
	s := startSentinel(t, 10*time.Second)
	dir := t.TempDir()
	script := `trap 'echo $1 >>order; exit 0' TERM; : >ready$1; while :; do sleep 0.01; done`
	for i, spec := range []Spec{{Name: "postgres", Last: true}, {Name: "web.1"}, {Name: "redis", Last: true}, {Name: "web.2"}} {
		spec.Dir, spec.Argv = dir, []string{"sh", "-c", script, "sh", spec.Name}
		if _, err := s.Launch(spec); err != nil {
			t.Fatal(i, err)
		}
	}
	eventually(t, "four shells ready", func() bool {
		found, _ := filepath.Glob(filepath.Join(dir, "ready*"))
		return len(found) == 4
	})
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	order, _ := os.ReadFile(filepath.Join(dir, "order"))
	names := strings.Fields(string(order))
	if len(names) != 4 || !strings.HasPrefix(names[0], "web") || !strings.HasPrefix(names[1], "web") {
		t.Errorf("order of ends: %v", names)
	}
}

func TestSentinel_RefusesAfterClose(t *testing.T) {
	s := startSentinel(t, time.Second)
	p, err := s.Launch(Spec{Name: "x", Argv: []string{"sleep", "100"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.Exit().Signal != syscall.SIGTERM {
		t.Errorf("exit %v", p.Exit())
	}
	if _, err := s.Launch(Spec{Name: "y", Argv: []string{"true"}}); !errors.Is(err, ErrClosed) {
		t.Errorf("launch after close: %v", err)
	}
	if killed, err := p.Stop(t.Context(), time.Second); killed || err != nil {
		t.Errorf("stop of a gone tree: %v %v", killed, err)
	}
	if err := p.Signal(syscall.SIGHUP); err != nil {
		t.Errorf("signal to a gone tree: %v", err)
	}
}

func TestSentinel_CloseKillsWhenItsContextEnds(t *testing.T) {
	s := startSentinel(t, time.Hour)
	launchPart(t, s, "deaf", 1)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if err := s.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestProcess_SignalReachesEveryGroupOnce(t *testing.T) {
	s := startSentinel(t, time.Second)
	dir := t.TempDir()
	// Two processes of one group and one in a session of its own.
	script := `trap 'echo $$ >>heard' USR1; : >ready$$; while :; do sleep 0.01; done`
	p, err := s.Launch(Spec{Name: "x", Dir: dir, Argv: []string{"sh", "-c", `sh -c "$1" & setsid sh -c "$1" & trap "" USR1; wait`, "sh", script}})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "shells ready", func() bool {
		found, _ := filepath.Glob(filepath.Join(dir, "ready*"))
		return len(found) == 2
	})
	if err := p.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	eventually(t, "both heard it", func() bool {
		heard, _ := os.ReadFile(filepath.Join(dir, "heard"))
		return bytes.Count(heard, []byte("\n")) == 2
	})
}

func TestProcess_TreeListsADaemonUnderItsDyno(t *testing.T) {
	s := startSentinel(t, time.Second)
	one, lines := launchPart(t, s, "stubborn", stubbornReady)
	other, _ := launchPart(t, s, "sleep", 1)
	tree, err := one.Tree()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		if pid, _ := strconv.Atoi(line); !slices.Contains(tree, pid) {
			t.Errorf("tree %v lacks %d", tree, pid)
		}
	}
	if tree[0] != one.PID() {
		t.Errorf("leader %d is not first in %v", one.PID(), tree)
	}
	if tree, _ := other.Tree(); len(tree) != 1 || tree[0] != other.PID() {
		t.Errorf("the other tree is %v", tree)
	}
}

func TestProcess_OrphanWithoutMarksStaysWithItsDyno(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs a child subreaper")
	}
	s := startSentinel(t, time.Second)
	bystander, _ := launchPart(t, s, "sleep", 1)
	// The environment is empty, the session is new, the parent is gone.
	p, err := s.Launch(Spec{Name: "x", Argv: []string{"sh", "-c", "(env -i setsid sleep 100 &); sleep 100"}})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "both sleeps are seen", func() bool {
		tree, _ := p.Tree()
		sleeping := 0
		for _, pid := range tree {
			if name, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm"); string(name) == "sleep\n" {
				sleeping++
			}
		}
		return sleeping == 2
	})
	if _, err := p.Stop(t.Context(), time.Second); err != nil {
		t.Fatal(err)
	}
	select {
	case <-bystander.Done():
		t.Error("the bystander was stopped")
	default:
	}
}

func TestMessage_SurvivesEncoding(t *testing.T) {
	m := message{
		Op: opLaunch, Process: 1 << 60, Call: 3, PID: -4, Code: 5, Errno: 6, UID: 7, GID: 8, Signal: 9,
		Grace: time.Hour, Killed: true, TTY: true, Remap: true, Text: "\xff", Name: "n", Path: "p", Dir: "d",
		Argv: []string{"", "a"}, Env: []string{"A=\x01"}, PIDs: []int{1, 2},
	}
	got, err := decode(m.encode()[4:])
	if err != nil {
		t.Fatal(err)
	}
	if string(got.encode()) != string(m.encode()) {
		t.Errorf("got %+v", got)
	}
}

func FuzzMessage_NeverPanics(f *testing.F) {
	m := message{Op: opLaunch, Argv: []string{"sh"}, Env: []string{"A=B"}, PIDs: []int{1}}
	f.Add(m.encode()[4:])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		if m, err := decode(data); err == nil {
			if again, err := decode(m.encode()[4:]); err != nil || string(again.encode()) != string(m.encode()) {
				t.Errorf("round trip: %v", err)
			}
		}
	})
}

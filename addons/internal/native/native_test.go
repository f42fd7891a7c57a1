package native

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// childEnv makes the test binary a child that does what its value says.
const childEnv = "INSHORE_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "":
		os.Exit(m.Run())
	case "taken":
		fmt.Fprintln(os.Stderr, "bind: address already in use")
		os.Exit(1)
	case "broken":
		fmt.Fprintln(os.Stderr, "cannot read the data")
		os.Exit(3)
	case "wait":
		_, _ = io.Copy(io.Discard, os.Stdin) // until the test lets go
		os.Exit(0)
	}
}

// child is a process of the test.
type child struct {
	cmd  *exec.Cmd
	in   io.Closer
	done chan struct{}
}

func start(t *testing.T, what string, log io.Writer) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+what)
	cmd.Stdout, cmd.Stderr = log, log
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: cmd, in: in, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-c.done
	})
	return c
}

func (c *child) PID() int              { return c.cmd.Process.Pid }
func (c *child) Done() <-chan struct{} { return c.done }
func (c *child) Stop(context.Context, time.Duration) error {
	c.in.Close()
	<-c.done
	return nil
}

// ports gives 1, 2, 3 … so that a test sees which one was asked for.
func ports() func(context.Context, int) (int, error) {
	next := 0
	return func(_ context.Context, preferred int) (int, error) {
		if preferred > 0 {
			return preferred, nil
		}
		next++
		return next, nil
	}
}

func TestStart_TakesAnotherPortWhenItsOwnIsTaken(t *testing.T) {
	var asked []int
	running, err := Start(t.Context(), Server{
		Port: ports(), Preferred: 77,
		Launch: func(_ context.Context, port int, log io.Writer) (Process, error) {
			asked = append(asked, port)
			if port == 77 {
				return start(t, "taken", log), nil
			}
			return start(t, "wait", log), nil
		},
		Ready: func(_ context.Context, port int) error {
			if port == 77 {
				return errors.New("not yet")
			}
			return nil
		},
	})
	if err != nil || running.Port != 1 || !slices.Equal(asked, []int{77, 1}) {
		t.Fatalf("port %d, asked %v: %v", running.Port, asked, err)
	}
}

func TestStart_ReportsTheLastWordsOfAServerThatEnds(t *testing.T) {
	_, err := Start(t.Context(), Server{
		Port:   ports(),
		Launch: func(_ context.Context, _ int, log io.Writer) (Process, error) { return start(t, "broken", log), nil },
		Ready:  func(context.Context, int) error { return errors.New("not yet") },
	})
	var failed *StartError
	if !errors.As(err, &failed) || !failed.Exited || !slices.Equal(failed.Output, []string{"cannot read the data"}) {
		t.Errorf("got %#v", err)
	}
}

func TestStart_StopsTheProcessWhenItGivesUp(t *testing.T) {
	for name, ready := range map[string]error{"patience": errors.New("not yet"), "permanent": Permanent(errors.New("never"))} {
		t.Run(name, func(t *testing.T) {
			var c *child
			_, err := Start(t.Context(), Server{
				Port: ports(), Patience: 300 * time.Millisecond,
				Launch: func(_ context.Context, _ int, log io.Writer) (Process, error) {
					c = start(t, "wait", log)
					return c, nil
				},
				Ready: func(context.Context, int) error { return ready },
			})
			if !errors.Is(err, ready) {
				t.Errorf("got %v", err)
			}
			select {
			case <-c.done:
			default:
				t.Error("the process still runs")
			}
		})
	}
}

func TestEndMarked_EndsTheSameProcessOnly(t *testing.T) {
	if startTime(os.Getpid()) == "" {
		t.Skip("processes have no identity here")
	}
	file := MarkFile(t.TempDir())
	c := start(t, "wait", io.Discard)
	if err := WriteMark(file, c.PID()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// The same number, another start: a process that took the number over.
	if err := os.WriteFile(file, []byte(strings.Replace(string(data), "\n", "\n9", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := EndMarked(t.Context(), file, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.done:
		t.Fatal("a stranger was ended")
	default:
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := EndMarked(t.Context(), file, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.done:
	case <-time.After(10 * time.Second):
		t.Error("the process still runs")
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Error("the mark is still there")
	}
}

func TestEndOwned_LeavesOtherProgramsAlone(t *testing.T) {
	c := start(t, "wait", io.Discard)
	ours, err := EndOwned(t.Context(), c.PID(), syscall.SIGKILL, "postgres", "/some/dir")
	if ours || err != nil {
		t.Errorf("got %v, %v", ours, err)
	}
	select {
	case <-c.done:
		t.Error("it was ended")
	default:
	}
	if Exists(NoPID) {
		t.Error("NoPID exists")
	}
}

func TestCopy_KeepsModesLinksAndLeavesOutWhatItShould(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "to")
	for name, mode := range map[string]os.FileMode{"a/run": 0o755, "a/b/secret": 0o600, "skip/x": 0o600} {
		file := filepath.Join(from, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(name), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("run", filepath.Join(from, "a", "link")); err != nil {
		t.Skip(err)
	}
	c := Copy{From: from, To: to, Skip: func(path string, folder bool) bool { return folder && path == "skip" }}
	n, err := c.Run(t.Context())
	if err != nil || n != int64(len("a/run")+len("a/b/secret")) || n != Size(to) {
		t.Fatalf("%d bytes, %v", n, err)
	}
	if info, err := os.Stat(filepath.Join(to, "a", "link")); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("link: %v, %v", info, err)
	}
	if _, err := os.Stat(filepath.Join(to, "skip")); !errors.Is(err, os.ErrNotExist) {
		t.Error("skip was copied")
	}
	if _, err := c.Run(t.Context()); err == nil {
		t.Error("a copy onto another was allowed")
	}
}

func TestLock_WaitsForItsTurn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sub", "lock")
	unlock, err := Lock(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	short, done := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer done()
	if _, err := Lock(short, file); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	unlock()
	again, err := Lock(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	again()
}

func TestTail_KeepsTheLastLines(t *testing.T) {
	tail := NewTail(nil)
	for i := range 5000 {
		fmt.Fprintf(tail, "line %d\r\n\n", i)
	}
	if got := tail.Lines(2); !slices.Equal(got, []string{"line 4998", "line 4999"}) {
		t.Errorf("got %q", got)
	}
	if tail.Contains("line 17\r") || !tail.Contains("nothing", "line 4999") {
		t.Error("Contains is wrong")
	}
}

func TestLook_FindsProgramsInAbsoluteFolders(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "prog"+exeSuffix), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "text"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	path := strings.Join([]string{".", "/nowhere", dir}, string(os.PathListSeparator))
	if got := Look(path, "prog"); got != filepath.Join(dir, "prog"+exeSuffix) {
		t.Errorf("got %q", got)
	}
	if got := Look(path, "text") + Look(path, "none") + Look("", "prog"); exeSuffix == "" && got != "" {
		t.Errorf("got %q", got)
	}
}

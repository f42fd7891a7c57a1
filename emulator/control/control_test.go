//go:build linux

package control

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/emulator/problem"
)

func TestMain(m *testing.M) {
	before := runtime.NumGoroutine()
	code := m.Run()
	if code == 0 && !settled(before) {
		buf := make([]byte, 1<<20)
		_, _ = os.Stderr.Write(append(buf[:runtime.Stack(buf, true)], "\ngoroutines leaked\n"...))
		code = 1
	}
	os.Exit(code)
}

func settled(want int) bool {
	return poll(func() bool { return runtime.NumGoroutine() <= want })
}

// poll waits up to ten seconds for a condition.
func poll(cond func() bool) bool {
	deadline := time.Now().Add(10 * time.Second)
	for !cond() {
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(5 * time.Millisecond) //nolint:forbidigo // the one polling helper
	}
	return true
}

// platform is an emulator that only remembers what it was asked.
type platform struct {
	mu     sync.Mutex
	asked  []string
	ready  bool
	failed error
	lines  chan []LogLine
	down   context.CancelFunc
}

func (p *platform) note(parts ...string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, strings.Join(parts, " "))
	return p.failed
}

func (p *platform) Status(context.Context) (Status, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Status{App: "shop", PID: os.Getpid(), Ready: p.ready, Dynos: []Dyno{{Name: "web.1"}}}, p.failed
}

func (p *platform) Config(context.Context) ([]ConfigVar, error) {
	return []ConfigVar{{Name: "A", Value: "1", Origin: ".env:3", Secret: true}}, p.note("config")
}

func (p *platform) Environment(_ context.Context, name string) ([]string, error) {
	return []string{"PS=" + name}, p.note("environment", name)
}

func (p *platform) Restart(_ context.Context, patterns []string) ([]string, error) {
	return []string{"web.1"}, p.note(append([]string{"restart"}, patterns...)...)
}

func (p *platform) Stop(_ context.Context, patterns []string) ([]string, error) {
	return []string{"web.1"}, p.note(append([]string{"stop"}, patterns...)...)
}

func (p *platform) Start(_ context.Context, patterns []string) ([]string, error) {
	return []string{"web.1"}, p.note(append([]string{"start"}, patterns...)...)
}

func (p *platform) Scale(_ context.Context, tokens []string) ([]Quantity, error) {
	return []Quantity{{Type: "web", Quantity: 2}}, p.note(append([]string{"scale"}, tokens...)...)
}

func (p *platform) Logs(ctx context.Context, query LogQuery, emit func([]LogLine) error) error {
	if err := p.note("logs", query.Names[0]); err != nil {
		return err
	}
	for {
		select {
		case lines, ok := <-p.lines:
			if !ok {
				return nil
			}
			if err := emit(lines); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *platform) AddOnReset(_ context.Context, name string) (string, error) {
	return "/backup/" + name, p.note("reset", name)
}

func (p *platform) Down(context.Context, DownOptions) error {
	err := p.note("down")
	p.down()
	return err
}

func (p *platform) Run(_ context.Context, request RunRequest) (Dyno, error) {
	return Dyno{Name: "run.1"}, p.note("run", request.Command)
}

// serve runs a platform behind a socket in dir and gives a client for it.
func serve(t *testing.T, dir string, p *platform) *Client {
	t.Helper()
	ln, err := Listen(dir, "0badcafe")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.down = cancel
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, ln, p) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	c, err := Dial(dir, "0badcafe")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestClient_AsksThePlatformForEveryVerb(t *testing.T) {
	p := &platform{ready: true}
	c := serve(t, filepath.Join(t.TempDir(), "s"), p)
	ctx := t.Context()
	status, err := c.Wait(ctx)
	if err != nil || status.App != "shop" || status.Dynos[0].Name != "web.1" {
		t.Fatalf("status %+v, %v", status, err)
	}
	vars, err := c.Config(ctx)
	if want := []ConfigVar{{"A", "1", ".env:3", true}}; err != nil || !reflect.DeepEqual(vars, want) {
		t.Errorf("config %+v, %v", vars, err)
	}
	for verb, call := range map[string]func(context.Context, []string) ([]string, error){
		"restart": c.Restart, "stop": c.Stop, "start": c.Start,
	} {
		if got, err := call(ctx, []string{"web", "work*"}); err != nil || got[0] != "web.1" {
			t.Errorf("%s: %v, %v", verb, got, err)
		}
	}
	if got, err := c.Scale(ctx, []string{"web=2"}); err != nil || got[0].Quantity != 2 {
		t.Errorf("scale: %v, %v", got, err)
	}
	if got, err := c.AddOnReset(ctx, "post/gres"); err != nil || got != "/backup/post/gres" {
		t.Errorf("reset: %q, %v", got, err)
	}
	if got, err := c.Run(ctx, RunRequest{Command: "echo hi"}); err != nil || got.Name != "run.1" {
		t.Errorf("run: %+v, %v", got, err)
	}
	if got, err := c.Environment(ctx, "run.1"); err != nil || got[0] != "PS=run.1" {
		t.Errorf("environment: %v, %v", got, err)
	}
	if _, err := c.AddOnDestroy(ctx, "postgres"); err == nil {
		t.Error("a platform without AddOnDestroy destroyed an add-on")
	}
	if !reflect.DeepEqual(p.asked[len(p.asked)-1], "environment run.1") {
		t.Errorf("asked %q", p.asked)
	}
}

func TestClient_ReceivesProblemsAsTheyWereSent(t *testing.T) {
	sent := problem.New("C004", `no process type "wrker"`).
		At(problem.Place{File: "Procfile", Line: 2, Column: 1, EndColumn: 7, Source: "wrker: x", Caret: "here"}).
		Note("did you mean", `"worker"?`).Quote("by", "lines", []string{"a", "b"})
	p := &platform{failed: sent}
	c := serve(t, filepath.Join(t.TempDir(), "s"), p)
	_, err := c.Restart(t.Context(), nil)
	var got *problem.Problem
	if !errors.As(err, &got) || !reflect.DeepEqual(got, sent) {
		t.Fatalf("got %#v", err)
	}
	p.failed = problem.List{sent, problem.New("E003", "x").Warn()}
	_, err = c.Status(t.Context())
	if list := problem.Of(err); len(list) != 2 || list[1].Severity != problem.Warning {
		t.Fatalf("got %#v", err)
	}
	p.failed = errors.New("disk full")
	if _, err = c.Status(t.Context()); err == nil || err.Error() != "disk full" {
		t.Fatalf("got %v", err)
	}
	if err := c.Logs(t.Context(), LogQuery{Names: []string{"web"}}, nil); err == nil || err.Error() != "disk full" {
		t.Fatalf("logs: %v", err)
	}
}

func TestClient_FollowsLogsUntilItsContextEnds(t *testing.T) {
	p := &platform{lines: make(chan []LogLine, 1)}
	c := serve(t, filepath.Join(t.TempDir(), "s"), p)
	ctx, cancel := context.WithCancel(t.Context())
	p.lines <- []LogLine{{Name: "web.1", Text: "one", Seq: 1}, {Name: "web.1", Text: "two", Seq: 2}}
	var got []string
	err := c.Logs(ctx, LogQuery{Names: []string{"web"}, Tail: true}, func(lines []LogLine) error {
		for _, l := range lines {
			got = append(got, l.Text)
		}
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || !reflect.DeepEqual(got, []string{"one", "two"}) {
		t.Errorf("got %q, %v", got, err)
	}
	close(p.lines)
	if err := c.Logs(t.Context(), LogQuery{Names: []string{"web"}}, nil); err != nil {
		t.Errorf("finished stream: %v", err)
	}
}

func TestClient_HearsThatTheEmulatorHasGone(t *testing.T) {
	p := &platform{}
	dir := filepath.Join(t.TempDir(), "s")
	c := serve(t, dir, p)
	gone := make(chan error, 1)
	go func() { gone <- c.Gone(t.Context()) }()
	if err := c.Down(t.Context(), DownOptions{}); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-gone:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Gone did not return")
	}
	if !poll(func() bool { _, err := c.Status(t.Context()); return errors.Is(err, ErrNotRunning) }) {
		t.Error("the client still finds somebody")
	}
	if _, err := Dial(dir, "0badcafe"); !errors.Is(err, ErrNotRunning) {
		t.Errorf("Dial: %v", err)
	}
}

func TestListen_MakesAPrivateSocketAndHealsAStaleOne(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	ln, err := Listen(dir, "0badcafe")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, SocketPath(dir, "0badcafe"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	_, err = Listen(dir, "0badcafe")
	if list := problem.Of(err); len(list) != 1 || list[0].Code != "S002" {
		t.Errorf("second Listen: %v", err)
	}
	// What kill -9 leaves: the file without anybody behind it.
	ln.(*ownListener).Listener.(*net.UnixListener).SetUnlinkOnClose(false)
	_ = ln.Close()
	if _, err := Dial(dir, "0badcafe"); !errors.Is(err, ErrNotRunning) {
		t.Errorf("Dial on a stale socket: %v", err)
	}
	ln, err = Listen(dir, "0badcafe")
	if err != nil {
		t.Fatalf("stale socket was not replaced: %v", err)
	}
	_ = ln.Close()
}

func TestListen_RefusesADirectoryThatIsNotPrivate(t *testing.T) {
	base := t.TempDir()
	if err := os.Symlink(base, filepath.Join(base, "link")); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(filepath.Join(base, "link"), "0badcafe"); err == nil {
		t.Error("a symbolic link was accepted as the socket's directory")
	}
	open := filepath.Join(base, "open")
	if err := os.Mkdir(open, 0o755); err != nil {
		t.Fatal(err)
	}
	ln, err := Listen(open, "0badcafe")
	if err != nil {
		t.Fatal(err)
	}
	_ = ln.Close()
	if info, _ := os.Stat(open); info.Mode().Perm() != 0o700 {
		t.Errorf("directory stayed %v", info.Mode())
	}
}

func TestSocketPath_FallsBackWhenTheFolderIsDeep(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	t.Setenv("TMPDIR", "/tmp")
	deep := "/" + strings.Repeat("very/deep/", 12)
	got := SocketPath(deep, "0badcafe")
	if len(got) > maxSocketPath || !strings.HasSuffix(got, "/0badcafe.sock") {
		t.Fatalf("got %q", got)
	}
	ln, err := Listen(deep, "0badcafe")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_RUNTIME_DIR", "/nowhere")
	if _, err := Dial(deep, "0badcafe"); !errors.Is(err, ErrNotRunning) {
		t.Logf("another socket answered: %v", err)
	}
	_ = ln.Close()
	if short := SocketPath("/app/.inshore", "0badcafe"); short != "/app/.inshore/control.sock" {
		t.Errorf("got %q", short)
	}
}

func TestAllowUID_LetsOnlyOurselvesAndRootIn(t *testing.T) {
	for _, c := range []struct {
		peer, self int
		ok         bool
	}{{1000, 1000, true}, {0, 1000, true}, {1001, 1000, false}, {1000, 0, false}} {
		if err := allowUID(c.peer, c.self); (err == nil) != c.ok {
			t.Errorf("peer %d, self %d: %v", c.peer, c.self, err)
		}
	}
}

func TestClient_RefusesAnotherSchema(t *testing.T) {
	err := document{Schema: Schema + 1, Kind: "status"}.err()
	if list := problem.Of(err); len(list) != 1 || list[0].Code != "S006" {
		t.Errorf("got %v", err)
	}
}

func TestServer_BoundsTheBody(t *testing.T) {
	p := &platform{}
	c := serve(t, filepath.Join(t.TempDir(), "s"), p)
	_, err := c.Run(t.Context(), RunRequest{Command: strings.Repeat("x", maxBody+10)})
	if err == nil {
		t.Error("an oversized request was accepted")
	}
}

func FuzzDocument_NeverPanics(f *testing.F) {
	f.Add([]byte(`{"schema":1,"kind":"error","problems":[{"code":"P002"}]}`))
	f.Fuzz(func(_ *testing.T, raw []byte) {
		var doc document
		if json.Unmarshal(raw, &doc) == nil {
			_ = doc.err()
		}
	})
}

//go:build linux

package main

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/sentinel"
)

// terminal is a program of ours on a pseudo terminal.
type terminal struct {
	t     *testing.T
	cmd   *exec.Cmd
	tty   *os.File
	mu    sync.Mutex
	shown bytes.Buffer
	ended chan error
}

// onTerminal starts inshore in dir on a terminal of its own.
func onTerminal(t *testing.T, dir string, args ...string) *terminal {
	t.Helper()
	exe := filepath.Join(filepath.SplitList(os.Getenv("PATH"))[0], "inshore")
	if _, err := os.Stat(exe); err != nil {
		t.Skip("the test programs are not on PATH")
	}
	cmd := exec.Command(exe, args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LANG=C.UTF-8", "TERM=xterm"}
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 100})
	if err != nil {
		t.Fatal(err)
	}
	tty = pollable(t, tty)
	term := &terminal{t: t, cmd: cmd, tty: tty, ended: make(chan error, 1)}
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := tty.Read(buf)
			term.mu.Lock()
			term.shown.Write(buf[:n])
			term.mu.Unlock()
			if err != nil {
				term.ended <- cmd.Wait()
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = tty.Close()
	})
	return term
}

// pollable exchanges a file for one whose Close ends a Read that is under way;
// without it the terminal would stay open as long as somebody reads from it.
func pollable(t *testing.T, f *os.File) *os.File {
	t.Helper()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	f.Close()
	return os.NewFile(uintptr(fd), f.Name())
}

func (s *terminal) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown.String()
}

func (s *terminal) waitFor(pattern string) {
	s.t.Helper()
	re := regexp.MustCompile(pattern)
	deadline := time.Now().Add(patience)
	for !re.MatchString(s.text()) {
		if time.Now().After(deadline) {
			s.t.Fatalf("%q does not appear in:\n%s", pattern, s.text())
		}
		time.Sleep(10 * time.Millisecond) //nolint:forbidigo // polling
	}
}

func (s *terminal) write(text string) {
	s.t.Helper()
	if _, err := s.tty.WriteString(text); err != nil {
		s.t.Fatal(err)
	}
}

// status waits for the end.
func (s *terminal) status() int {
	s.t.Helper()
	select {
	case <-s.ended: //nolint:errcheck // the process state tells more
		return exitStatus(s.cmd.ProcessState)
	case <-time.After(patience):
		s.t.Fatalf("did not end; terminal:\n%s", s.text())
		return -1
	}
}

// echoes tells whether the terminal shows what is typed.
func (s *terminal) echoes() bool {
	s.t.Helper()
	// Not through Fd, which would make the file block again.
	connection, err := s.tty.SyscallConn()
	if err != nil {
		s.t.Fatal(err)
	}
	var state *unix.Termios
	var stateErr error
	if err := connection.Control(func(fd uintptr) { state, stateErr = unix.IoctlGetTermios(int(fd), unix.TCGETS) }); err != nil {
		s.t.Fatal(err)
	}
	if stateErr != nil {
		s.t.Fatal(stateErr)
	}
	return state.Lflag&unix.ECHO != 0 && state.Lflag&unix.ICANON != 0
}

func shop(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { stopEverything(dir) })
	return dir
}

func TestUp_OnATerminalTellsAndStopsOnCtrlC(t *testing.T) {
	term := onTerminal(t, shop(t, map[string]string{"Procfile": "web: app-web\nworker: app-worker\n"}), "up")
	term.waitFor(`inshore \S+ · .*shop.* · ~`)
	term.waitFor(`Processes`)
	term.waitFor(`✓.* .*web\.1.*listening on \d+`)
	term.waitFor(`shop is up`)
	term.waitFor(`App +.*http://localhost:\d+`)
	term.write("\n") // Enter is a blank line and nothing else
	if !term.echoes() {
		t.Error("the terminal does not echo while up runs")
	}
	term.write("\x03")
	term.waitFor(`Stopping web\.1, worker\.1 \(30s allowed; Ctrl-C again to kill now\)`)
	if got := term.status(); got != 0 {
		t.Errorf("exit status %d\n%s", got, term.text())
	}
	if !term.echoes() {
		t.Error("the terminal was not restored")
	}
}

func TestUp_AsksForAMissingVarAndSavesIt(t *testing.T) {
	dir := shop(t, map[string]string{
		"Procfile": "web: app-web\n",
		"app.json": `{"env":{"STRIPE_KEY":{"description":"Stripe test secret key"}}}`,
	})
	term := onTerminal(t, dir, "up")
	term.waitFor(`STRIPE_KEY.*  required by app\.json`)
	term.waitFor(`"Stripe test secret key"`)
	term.waitFor(`value \(hidden`)
	term.write("sk-123\n")
	term.waitFor(`shop is up`)
	term.write("\x03")
	if got := term.status(); got != 0 {
		t.Errorf("exit status %d", got)
	}
	if strings.Contains(term.text(), "sk-123") {
		t.Error("the secret was shown")
	}
	saved, err := os.ReadFile(filepath.Join(dir, ".env"))
	if err != nil || string(saved) != "STRIPE_KEY=sk-123\n" {
		t.Errorf(".env: %q, %v", saved, err)
	}
}

func TestUp_CtrlCDuringAQuestionRestoresTheTerminal(t *testing.T) {
	dir := shop(t, map[string]string{"Procfile": "web: app-web\n", "app.json": `{"env":{"KEY":{}}}`})
	term := onTerminal(t, dir, "up")
	term.waitFor(`value \(hidden`)
	term.write("\x03")
	if got := term.status(); got != exitInterrupted {
		t.Errorf("exit status %d", got)
	}
	if !term.echoes() {
		t.Error("the terminal was not restored")
	}
	if _, err := os.Stat(filepath.Join(dir, ".env")); err == nil {
		t.Error(".env was written")
	}
}

func TestFault_18_ClosingTheTerminalStopsEverything(t *testing.T) {
	dir := shop(t, map[string]string{"Procfile": "web: app-web\nworker: app-worker\n"})
	term := onTerminal(t, dir, "up")
	term.waitFor(`shop is up`)
	if err := term.tty.Close(); err != nil {
		t.Fatal(err)
	}
	term.status()
	if left := taggedProcesses(t, dir); len(left) > 0 {
		t.Errorf("processes %v are left", left)
	}
	if _, err := os.Stat(filepath.Join(dir, ".inshore", "control.sock")); err == nil {
		t.Error("the control socket is left")
	}
}

func TestFault_19_ASecondCtrlCKillsAtOnce(t *testing.T) {
	dir := shop(t, map[string]string{"Procfile": "web: app-web\nworker: app-stubborn\n"})
	term := onTerminal(t, dir, "up")
	term.waitFor(`shop is up`)
	term.write("\x03")
	term.waitFor(`Stopping .*Ctrl-C again to kill now`)
	second := time.Now()
	term.write("\x03")
	term.status()
	if took := time.Since(second); took > 5*time.Second {
		t.Errorf("the second Ctrl-C took %v", took)
	}
	if left := taggedProcesses(t, dir); len(left) > 0 {
		t.Errorf("processes %v are left", left)
	}
}

func TestFault_20_CtrlZLeavesTheRouterAnswering(t *testing.T) {
	dir := shop(t, map[string]string{"Procfile": "web: app-web\n"})
	term := onTerminal(t, dir, "up")
	term.waitFor(`shop is up`)
	url := regexp.MustCompile(`http://localhost:\d+`).FindString(term.text())
	term.write("\x1a")
	term.waitFor(`Ctrl-Z does not stop the app`)
	for range 20 {
		response, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("status %d", response.StatusCode)
		}
	}
	term.write("\x03")
	if got := term.status(); got != 0 {
		t.Errorf("exit status %d", got)
	}
}

// taggedProcesses are those that carry the tag of the checkout in dir.
func taggedProcesses(t *testing.T, dir string) []string {
	t.Helper()
	resolved, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	tag := []byte(sentinel.RunVariable + "=" + app.CheckoutID(resolved) + "/")
	environments, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, path := range environments {
		if environment, err := os.ReadFile(path); err == nil && bytes.Contains(environment, tag) {
			found = append(found, path)
		}
	}
	return found
}

func TestUp_HangingUpStopsEverything(t *testing.T) {
	dir := shop(t, map[string]string{"Procfile": "web: app-web\nworker: app-worker\n"})
	term := onTerminal(t, dir, "up")
	term.waitFor(`shop is up`)
	_ = term.cmd.Process.Signal(syscall.SIGHUP)
	if got := term.status(); got != 0 {
		t.Errorf("exit status %d", got)
	}
}

func TestInit_AsksAndWritesAfterAYes(t *testing.T) {
	files := map[string]string{"manage.py": "import django\n", "requirements.txt": "django==5.1\n"}
	dir := shop(t, files)
	term := onTerminal(t, dir, "init")
	term.waitFor(`Write Procfile\.dev.*\? \[y/N\]`)
	term.write("n\n")
	if got := term.status(); got != 0 {
		t.Errorf("exit status %d", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "Procfile.dev")); err == nil {
		t.Fatal("written after a no")
	}
	term = onTerminal(t, dir, "init")
	term.waitFor(`\[y/N\]`)
	term.write("y\n")
	if got := term.status(); got != 0 {
		t.Errorf("exit status %d", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "Procfile.dev")); err != nil {
		t.Error(err)
	}
}

func TestDestroy_AsksForTheName(t *testing.T) {
	dir := shop(t, map[string]string{"Procfile": "web: app-web\n"})
	term := onTerminal(t, dir, "destroy")
	term.waitFor(`type .*shop.*: `)
	term.write("yes\n")
	if got := term.status(); got != exitRefused {
		t.Errorf("exit status %d", got)
	}
	term = onTerminal(t, dir, "destroy")
	term.waitFor(`type .*shop.*: `)
	term.write(app.Slug("shop") + "\n")
	if got := term.status(); got != 0 {
		t.Errorf("exit status %d\n%s", got, term.text())
	}
}

func TestLogs_FollowUntilTheAppOrTheReaderHasEnough(t *testing.T) {
	dir := shop(t, map[string]string{"Procfile": "web: app-web\nworker: app-worker\n"})
	up := onTerminal(t, dir, "up", "-d")
	if got := up.status(); got != 0 {
		t.Fatalf("up -d: exit status %d\n%s", got, up.text())
	}
	one, two := onTerminal(t, dir, "logs", "-t"), onTerminal(t, dir, "logs", "-t", "-n", "0", "worker")
	one.waitFor(`web is about to listen`)
	one.write("\x03")
	if got := one.status(); got != 0 {
		t.Errorf("Ctrl-C: exit status %d", got)
	}
	down := onTerminal(t, dir, "restart", "worker")
	if got := down.status(); got != 0 {
		t.Errorf("restart: exit status %d", got)
	}
	two.waitFor(`worker\.1.*worker says goodbye`)
	down = onTerminal(t, dir, "down")
	if got := down.status(); got != 0 {
		t.Errorf("down: exit status %d", got)
	}
	if got := two.status(); got != 0 {
		t.Errorf("end of the app: exit status %d\n%s", got, two.text())
	}
	if strings.Contains(two.text(), "web.1") {
		t.Errorf("another process was shown:\n%s", two.text())
	}
}

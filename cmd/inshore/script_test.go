//go:build unix

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/inshore-dev/inshore/emulator"
	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/control"
)

var update = flag.Bool("update", false, "rewrite the expected files of the scripts")

// TestMain registers the program and the apps of the scripts: the test binary
// plays all of them, so that a script needs neither a shell nor an interpreter.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"inshore":         main,
		"app-web":         appWeb,
		"app-wrong-port":  appWrongPort,
		"app-ipv6":        appIPv6,
		"app-crash":       appCrash,
		"app-worker":      appWorker,
		"app-stubborn":    appStubborn,
		"app-unfinished":  appUnfinished,
		"app-port-holder": appPortHolder,
	})
}

func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setupScript,
		Condition:           scriptCondition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"get":         scriptGet,
			"waitready":   scriptWaitReady,
			"waitfile":    scriptWaitFile,
			"waitlog":     scriptWaitLog,
			"eventually":  scriptEventually,
			"env-file":    scriptEnvFile,
			"kill-run":    scriptKillRun,
			"nothingleft": scriptNothingLeft,
			"exitcode":    scriptExitCode,
		},
	})
}

func setupScript(env *testscript.Env) error {
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("NO_COLOR", "1")
	env.Setenv("LC_ALL", "C.UTF-8")
	for _, name := range []string{"DOCKER_HOST", "GOCACHE", "GORACE"} {
		if value, ok := os.LookupEnv(name); ok {
			env.Setenv(name, value)
		}
	}
	// Whatever a script leaves running ends with it.
	env.Defer(func() { stopEverything(env.WorkDir) })
	return nil
}

// stopEverything kills the runs in the folders of a script.
func stopEverything(work string) {
	_ = filepath.WalkDir(work, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() || d.Name() != ".inshore" {
			return nil // a folder that cannot be read holds no run
		}
		dir := filepath.Dir(path)
		client, err := control.Dial(path, app.CheckoutID(dir))
		if err == nil {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			_ = stopRun(ctx, client, control.DownOptions{Kill: true})
		}
		return filepath.SkipDir
	})
}

func scriptCondition(cond string) (bool, error) {
	if cond == "ipv6" {
		ln, err := net.Listen("tcp6", "[::1]:0")
		if err != nil {
			return false, nil //nolint:nilerr // the answer is no
		}
		return true, ln.Close()
	}
	return false, fmt.Errorf("unknown condition %q", cond)
}

// patience is how long the scripts wait for anything. It is generous, because
// the machine may be busy with other tests.
const patience = 60 * time.Second

// eventually waits for a condition and reports the last reason why it did not
// hold.
func eventually(ts *testscript.TestScript, what string, cond func() error) {
	deadline := time.Now().Add(patience)
	for {
		err := cond()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s: %v", what, err)
		}
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // the one polling helper of the scripts
	}
}

// scriptDial finds the run in the script's current folder.
func scriptDial(ts *testscript.TestScript) (*control.Client, error) {
	dir, err := filepath.EvalSymlinks(ts.MkAbs("."))
	if err != nil {
		return nil, err
	}
	return control.Dial(emulator.StateDir(dir), app.CheckoutID(dir))
}

func scriptStatus(ts *testscript.TestScript) (control.Status, error) {
	client, err := scriptDial(ts)
	if err != nil {
		return control.Status{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return client.Status(ctx)
}

// scriptWaitReady waits until everything is up.
func scriptWaitReady(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: waitready")
	}
	eventually(ts, "not up", func() error {
		s, err := scriptStatus(ts)
		if err == nil && !s.Ready {
			err = errors.New("still starting")
		}
		return err
	})
}

// scriptGet requests a path from the router and writes the body to stdout.
func scriptGet(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: [!] get path")
	}
	s, err := scriptStatus(ts)
	ts.Check(err)
	client := http.Client{Timeout: patience}
	response, err := client.Get(s.URL + args[0])
	ts.Check(err)
	defer func() { _ = response.Body.Close() }()
	_, err = io.Copy(ts.Stdout(), response.Body)
	ts.Check(err)
	if failed := response.StatusCode >= 400; failed != neg {
		ts.Fatalf("get %s: %s", args[0], response.Status)
	}
}

// scriptWaitFile waits until a file matches a pattern.
func scriptWaitFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: waitfile file pattern")
	}
	pattern := regexp.MustCompile("(?m)" + args[1])
	eventually(ts, args[0], func() error {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && !pattern.Match(text) {
			err = fmt.Errorf("no match for %q in:\n%s", args[1], text)
		}
		return err
	})
}

// scriptWaitLog waits until a line of the merged log matches.
func scriptWaitLog(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waitlog pattern")
	}
	pattern := regexp.MustCompile(args[0])
	eventually(ts, "log", func() error {
		client, err := scriptDial(ts)
		if err != nil {
			return err
		}
		found := false
		err = client.Logs(context.Background(), control.LogQuery{Num: 1000}, func(lines []control.LogLine) error {
			for _, l := range lines {
				found = found || pattern.MatchString(l.Name+" | "+l.Text)
			}
			return nil
		})
		if err == nil && !found {
			err = fmt.Errorf("no line matches %q", args[0])
		}
		return err
	})
}

// scriptEventually runs a command until it succeeds (or, with !, fails).
func scriptEventually(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: [!] eventually program [args...]")
	}
	eventually(ts, strings.Join(args, " "), func() error {
		err := ts.Exec(args[0], args[1:]...)
		if neg {
			if err == nil {
				return errors.New("succeeded")
			}
			return nil
		}
		return err
	})
}

// scriptEnvFile sets a variable to the content of a file, which may still have
// to appear.
func scriptEnvFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: env-file NAME file")
	}
	scriptWaitFile(ts, false, []string{args[1], "."})
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
}

// scriptKillRun kills the emulator of the current folder with SIGKILL.
func scriptKillRun(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: kill-run")
	}
	s, err := scriptStatus(ts)
	ts.Check(err)
	p, err := os.FindProcess(s.PID)
	ts.Check(err)
	ts.Check(p.Kill())
}

// scriptNothingLeft waits until no process carries the mark of a run in the
// current folder.
func scriptNothingLeft(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: nothingleft")
	}
	dir, err := filepath.EvalSymlinks(ts.MkAbs("."))
	ts.Check(err)
	mark := "INSHORE_RUN=" + app.CheckoutID(dir) + "/"
	eventually(ts, "processes remain", func() error {
		paths, err := filepath.Glob("/proc/[0-9]*/environ")
		if err != nil {
			return err
		}
		for _, path := range paths {
			environ, err := os.ReadFile(path)
			if err == nil && strings.Contains(string(environ), mark) {
				return fmt.Errorf("%s carries %s", path, mark)
			}
		}
		return nil
	})
}

// scriptExitCode runs a command and compares its exit status.
func scriptExitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode N program [args...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if want, _ := strconv.Atoi(args[0]); got != want {
		ts.Fatalf("%s: exit status %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

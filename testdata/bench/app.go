package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// patience bounds every wait; the first start with add-ons may fetch a database.
const patience = 5 * time.Minute

// measuredApp is a folder with a Procfile whose processes are this program.
type measuredApp struct {
	dir      string
	notes    string // where the children note their end
	command  []string
	workers  int
	port     int // of the router, or of the bare process
	listener net.Listener
	arrivals chan struct{} // one for each child that runs
}

// newApp writes the app: a web process and some workers, with add-ons or none.
func (b *benchmark) newApp(name string, workers int, appJSON string) (*measuredApp, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &measuredApp{
		dir: filepath.Join(b.work, name), notes: filepath.Join(b.work, name+"-notes"), workers: workers,
		listener: listener, arrivals: make(chan struct{}, 4096),
	}
	a.command = []string{self, childArgument, listener.Addr().String(), a.notes}
	go a.countArrivals() // ends when Close closes the listener
	if a.port, err = freePort(); err != nil {
		return nil, err
	}
	if err := errors.Join(os.MkdirAll(a.dir, 0o755), os.MkdirAll(a.notes, 0o755)); err != nil {
		return nil, err
	}
	line := fmt.Sprintf("%s %s %s %s\n", a.command[0], a.command[1], a.command[2], a.command[3])
	procfile := "web: " + line
	if workers > 0 {
		procfile += "worker: " + line
	}
	if appJSON != "" {
		if err := os.WriteFile(filepath.Join(a.dir, "app.json"), []byte(appJSON), 0o644); err != nil {
			return nil, err
		}
	}
	return a, os.WriteFile(filepath.Join(a.dir, "Procfile"), []byte(procfile), 0o644)
}

// Close frees the listener.
func (a *measuredApp) Close() { _ = a.listener.Close() }

func (a *measuredApp) countArrivals() {
	for {
		conn, err := a.listener.Accept()
		if err != nil {
			return
		}
		_ = conn.Close()
		a.arrivals <- struct{}{}
	}
}

func (a *measuredApp) url() string { return fmt.Sprintf("http://127.0.0.1:%d/", a.port) }

// running is a started app, bare or under inshore.
type running struct {
	app         *measuredApp
	cmds        []*exec.Cmd
	exits       []chan error // what Wait said, one for each command
	began       time.Time
	firstOutput chan time.Time
	log         *output
}

// startBare starts the same commands with nothing in between.
func (a *measuredApp) startBare() (*running, error) {
	r := &running{app: a, began: time.Now(), log: &output{}}
	for i := range 1 + a.workers {
		cmd := exec.Command(a.command[0], a.command[1:]...)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
		if i == 0 {
			cmd.Env = append(cmd.Env, fmt.Sprintf("PORT=%d", a.port))
		}
		if err := r.start(cmd); err != nil {
			return nil, errors.Join(err, r.kill())
		}
	}
	return r, nil
}

// startInshore runs `inshore up` in the folder of the app.
func (a *measuredApp) startInshore(b *benchmark, flags ...string) (*running, error) {
	args := []string{"up", "--port", fmt.Sprint(a.port), "--no-watch", "--no-input"}
	if a.workers > 0 {
		// A formation on the command line means nothing but itself.
		args = append(args, "web=1", fmt.Sprintf("worker=%d", a.workers))
	}
	r := &running{app: a, firstOutput: make(chan time.Time, 1), log: &output{}}
	r.log.first = r.firstOutput
	cmd := exec.Command(b.inshore, append(args, flags...)...)
	cmd.Dir = a.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TERM=dumb", "NO_COLOR=1"}
	cmd.Stdout, cmd.Stderr = r.log, r.log
	r.began = time.Now()
	err := r.start(cmd)
	return r, err
}

// start starts one command of the run; a goroutine waits for its end.
func (r *running) start(cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	exit := make(chan error, 1)
	go func() { exit <- cmd.Wait() }()
	r.cmds, r.exits = append(r.cmds, cmd), append(r.exits, exit)
	return nil
}

// untilServing is the time from the start to the first answer with status 200.
func (r *running) untilServing() (time.Duration, error) {
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for time.Since(r.began) < patience {
		if answer, err := client.Get(r.app.url()); err == nil {
			_, _ = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return time.Since(r.began), nil
			}
		}
		select {
		case err := <-r.exits[0]:
			r.exits[0] <- err
			return 0, fmt.Errorf("ended before it answered: %v\n%s", err, r.log)
		case <-time.After(time.Millisecond): // the resolution of the measurement
		}
	}
	return 0, fmt.Errorf("the app does not answer\n%s", r.log)
}

// untilAllRun is the time from the start until every process has reported.
func (r *running) untilAllRun() (time.Duration, error) {
	timeout := time.After(patience)
	for range 1 + r.app.workers {
		select {
		case <-r.app.arrivals:
		case <-timeout:
			return 0, fmt.Errorf("not all processes run\n%s", r.log)
		}
	}
	return time.Since(r.began), nil
}

// stop asks for the end and returns how long it took in all, and how long after
// the last process of the app.
func (r *running) stop() (all, after time.Duration, err error) {
	asked := time.Now()
	for _, cmd := range r.cmds {
		err = errors.Join(err, cmd.Process.Signal(os.Interrupt))
	}
	for _, exit := range r.exits {
		// 130 is right for a run whose start was not finished when it was stopped.
		var ended *exec.ExitError
		waitErr := <-exit
		if errors.As(waitErr, &ended) && ended.ExitCode() == 130 {
			continue
		}
		if waitErr != nil {
			err = errors.Join(err, fmt.Errorf("%w\n%s", waitErr, r.log))
		}
	}
	end := time.Now()
	last, noteErr := lastEnd(r.app.notes)
	for len(r.app.arrivals) > 0 {
		<-r.app.arrivals
	}
	return end.Sub(asked), end.Sub(last), errors.Join(err, noteErr)
}

func (r *running) kill() error {
	var err error
	for i, cmd := range r.cmds {
		if killErr := cmd.Process.Kill(); !errors.Is(killErr, os.ErrProcessDone) {
			err = errors.Join(err, killErr)
		}
		<-r.exits[i] //nolint:errcheck // it was killed
	}
	return err
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// output keeps what a program prints and says when it began to.
type output struct {
	mu    sync.Mutex
	data  bytes.Buffer
	first chan time.Time // nil when nobody asks
}

// Write keeps p.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.data.Len() == 0 && o.first != nil {
		o.first <- time.Now()
	}
	return o.data.Write(p)
}

// String is everything printed so far.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.data.String()
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/inshore-dev/inshore/emulator"
	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/control"
	"github.com/inshore-dev/inshore/emulator/problem"
)

// detachedVariable marks the background half of `up -d`.
const detachedVariable = "INSHORE_DETACHED"

// detach starts this program again in the background with the same flags, waits
// until everything is up and prints the final block, or why it did not come up.
func (inv *invocation) detach(ctx context.Context, c *cli.Context, p project, a *app.App) error {
	if client, err := p.dial(); err == nil {
		return alreadyRunning(ctx, client)
	}
	cmd, logPath, err := inv.detachedCommand(c, p)
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	// Ends with the background half; it outlives this function on purpose, for
	// the program ends with it.
	go func() { ended <- cmd.Wait() }()
	if c.Bool("no-wait") {
		inv.say("%s is starting (pid %d); see: inshore status", a.Name, cmd.Process.Pid)
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.Duration("timeout"), waitedTooLong(c.Duration("timeout")))
	defer cancel()
	s, err := waitDetached(ctx, p, ended)
	var failed *detachedError
	switch {
	case errors.As(err, &failed):
		return inv.detachedFailure(failed, logPath)
	case err != nil:
		return err
	case inv.json:
		return inv.out.json("status", s)
	case !inv.quiet:
		block(inv.talk, s)
	}
	return nil
}

func alreadyRunning(ctx context.Context, client *control.Client) error {
	p := problem.New("S002", "another inshore is already running this folder")
	if s, err := client.Status(ctx); err == nil {
		p = problem.Newf("S002", "another inshore is already running this folder (pid %d, since %s)",
			s.PID, s.Since.Local().Format("15:04"))
	}
	return p.Fix("follow it: inshore logs -t · stop it: inshore down")
}

// detachedCommand is this program again, in a session of its own, writing to
// .inshore/logs/up.log.
func (inv *invocation) detachedCommand(c *cli.Context, p project) (*exec.Cmd, string, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	if err := emulator.CheckStateDir(p.stateDir); err != nil {
		return nil, "", err
	}
	dir := filepath.Join(p.stateDir, "logs")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, "", err
	}
	path := filepath.Join(dir, "up.log")
	log, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, "", err
	}
	cmd := exec.Command(executable, detachedArgs(c)...)
	cmd.Dir = p.dir
	cmd.Env = append(slices.Clip(inv.environ), detachedVariable+"=1")
	cmd.Stderr = log
	leaveSession(cmd)
	return cmd, path, nil
}

// detachedArgs are the flags and arguments of this call without those that made
// it detach.
func detachedArgs(c *cli.Context) []string {
	// The child starts in the app's folder; INSHORE_DIR must not lead it elsewhere.
	args := []string{"up", "--no-input", "--dir=."}
	dropped := map[string]bool{"detach": true, "no-wait": true, "timeout": true, "dir": true, "json": true, "quiet": true, "no-input": true}
	for _, f := range c.Command.Flags {
		name := f.Names()[0]
		if dropped[name] || !c.IsSet(name) {
			continue
		}
		switch f.(type) {
		case *cli.StringSliceFlag:
			for _, v := range c.StringSlice(name) {
				args = append(args, "--"+name+"="+v)
			}
		case *cli.BoolFlag:
			if c.Bool(name) {
				args = append(args, "--"+name)
			}
		case *cli.IntFlag, *cli.StringFlag, *cli.DurationFlag:
			args = append(args, "--"+name+"="+valueText(c, name))
		}
	}
	return append(append(args, "--"), c.Args().Slice()...)
}

// detachedError is the end of the background half before it was up.
type detachedError struct{ err error }

// Error says how it ended.
func (e *detachedError) Error() string { return e.err.Error() }

// waitDetached waits until the background half is up or gone.
func waitDetached(ctx context.Context, p project, ended <-chan error) (control.Status, error) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if client, err := p.dial(); err == nil {
			return waitReady(ctx, client, ended)
		}
		select {
		case err := <-ended:
			return control.Status{}, &detachedError{err}
		case <-ctx.Done():
			return control.Status{}, context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// hopelessCrashes is how often a process may crash before it was ever up until
// `up -d` gives up: the first crashes are often those of a process that could
// not reach another one yet.
const hopelessCrashes = 3

func waitReady(ctx context.Context, client *control.Client, ended <-chan error) (control.Status, error) {
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	for {
		s, err := client.Status(ctx)
		switch {
		case errors.Is(err, control.ErrNotRunning):
			return s, &detachedError{<-ended}
		case err != nil || s.Ready:
			return s, err
		case hopeless(s):
			if err := stopRun(ctx, client, control.DownOptions{}); err != nil {
				return s, err
			}
			return s, &detachedError{<-ended}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return s, context.Cause(ctx)
		}
	}
}

// hopeless tells whether waiting longer makes no sense.
func hopeless(s control.Status) bool {
	for _, d := range s.Dynos {
		if d.State == "crashed" && d.Restarts >= hopelessCrashes-1 {
			return true
		}
	}
	for _, p := range s.Problems {
		if p.Code == "R002" {
			return true
		}
	}
	return false
}

// detachedFailure prints what the background half said, and ends with its
// status.
func (inv *invocation) detachedFailure(failed *detachedError, logPath string) error {
	if f, err := os.Open(logPath); err == nil {
		_, _ = io.Copy(inv.talk.w, io.LimitReader(f, 1<<20))
		_ = f.Close()
	}
	if exit, ok := errors.AsType[*exec.ExitError](failed.err); ok {
		return &statusError{status: exitStatus(exit.ProcessState)}
	}
	return &statusError{status: exitProcess} // it ended well, but before it was up
}

func valueText(c *cli.Context, name string) string { return fmt.Sprint(c.Value(name)) }

package redis

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/internal/native"
	"github.com/inshore-dev/inshore/emulator/problem"
)

// grace is what writing the last changes may take.
const grace = 15 * time.Second

// passwordEnv hands the password to our own server.
const passwordEnv = "INSHORE_REDIS_PASSWORD"

// resource is a running server with its data directory.
type resource struct {
	host    addons.Host
	spec    addons.Spec
	mode    addons.Mode
	program program
	dir     string // data directory

	mu     sync.Mutex // one start, stop, backup or restore at a time
	record addons.Record
	run    native.Running
}

var (
	_ addons.Backuper = (*resource)(nil)
	_ addons.Resetter = (*resource)(nil)
	_ addons.Faller   = (*resource)(nil)
)

// provision is the Provision of all server programs.
func provision(ctx context.Context, host addons.Host, spec addons.Spec, mode addons.Mode, p program) (addons.Resource, error) {
	record, err := addons.OpenRecord(host, spec, slug, mode, addons.Record{})
	if err != nil {
		return nil, err
	}
	r := &resource{host: host, spec: spec, mode: mode, program: p, dir: host.DataDir(spec.Name, mode), record: record}
	if err := native.EndMarked(ctx, r.mark(), syscall.SIGTERM); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return nil, err
	}
	if err := r.heal(); err != nil {
		return nil, err
	}
	if err := r.start(ctx, !spec.Ephemeral); err != nil {
		return nil, err
	}
	if err := r.moveOver(ctx); err != nil {
		return nil, errors.Join(err, r.halt(context.WithoutCancel(ctx)))
	}
	return r, nil
}

// moveOver gives a real server the keys that the limited one has saved in the
// same place, once.
func (r *resource) moveOver(ctx context.Context) error {
	file := filepath.Join(r.dir, dumpFile)
	if _, err := os.Stat(file); r.program.limited || err != nil {
		return nil //nolint:nilerr // no such keys
	}
	err := r.talk(ctx, func(c *client) error { return loadDump(ctx, c, file) })
	if err != nil {
		return err
	}
	r.host.Tell(r.spec.Name + ": the keys of the built-in server have moved to redis-server")
	return os.Rename(file, file+".moved")
}

func (r *resource) mark() string { return native.MarkFile(r.host.AddonDir(r.spec.Name)) }

// start launches the server; appendOnly turns the log of changes on.
func (r *resource) start(ctx context.Context, appendOnly bool) error {
	run, err := native.Start(ctx, native.Server{
		Port:      r.host.Port,
		Preferred: r.record.Port,
		Launch: func(ctx context.Context, port int, log io.Writer) (native.Process, error) {
			return r.process(ctx, port, log, appendOnly)
		},
		Ready: r.ready,
		Log:   r.host.LogWriter(r.spec.Name),
		Grace: grace,
	})
	if err != nil {
		return r.explain(err)
	}
	if r.record.Port != 0 && r.record.Port != run.Port {
		r.host.Tell(fmt.Sprintf("port %d of %s is taken, it uses %d now", r.record.Port, r.spec.Name, run.Port))
	}
	r.run = run
	err = native.WriteMark(r.mark(), run.Process.PID())
	if err == nil {
		r.record, err = addons.KeepRecord(r.host, r.spec.Name, r.record, run.Port, r.program.version)
	}
	if err != nil {
		return errors.Join(err, r.halt(context.WithoutCancel(ctx)))
	}
	return nil
}

func (r *resource) process(ctx context.Context, port int, log io.Writer, appendOnly bool) (native.Process, error) {
	launch := addons.Launch{Name: r.spec.Name, Dir: r.dir, StopSignal: syscall.SIGTERM, Log: log}
	if r.program.limited {
		launch.Argv = append(slices.Clip(r.program.argv), strconv.Itoa(port), filepath.Join(r.dir, dumpFile))
		launch.Env = native.Env(r.host.Getenv, passwordEnv+"="+r.record.Password)
	} else {
		config := filepath.Join(r.host.AddonDir(r.spec.Name), string(r.mode)+".conf")
		if err := r.configure(config, port, appendOnly); err != nil {
			return nil, err
		}
		launch.Argv = append(slices.Clip(r.program.argv), config)
		launch.Env = native.Env(r.host.Getenv, r.program.env...)
	}
	process, err := r.host.Launch(ctx, launch)
	if err != nil {
		return nil, err
	}
	return process, nil
}

// configure writes the configuration file, if it is not the same already.
func (r *resource) configure(file string, port int, appendOnly bool) error {
	text := []byte(r.config(port, appendOnly))
	if have, err := os.ReadFile(file); err == nil && bytes.Equal(have, text) {
		return nil
	}
	err := native.Replace(file, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
	if err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	return nil
}

// config is the server's configuration file: the password must not be among
// the arguments, where every user of the machine could read it.
func (r *resource) config(port int, appendOnly bool) string {
	lines := []string{
		"bind 127.0.0.1",
		fmt.Sprintf("port %d", port),
		"protected-mode yes",
		"requirepass " + r.record.Password,
		"daemonize no",
		`dir "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(r.dir) + `"`,
		`save ""`,
		`logfile ""`,
		"loglevel notice",
	}
	if appendOnly {
		// Every second to disk, at once to the kernel: a kill loses nothing.
		lines = append(lines, "appendonly yes", "appendfsync everysec")
	} else {
		lines = append(lines, "appendonly no")
	}
	return strings.Join(lines, "\n") + "\n"
}

// ready logs in and waits until the data has been loaded.
func (r *resource) ready(ctx context.Context, port int) error {
	c, err := dial(ctx, r.credentials(port))
	if answered(err, "WRONGPASS") || answered(err, "ERR invalid password") {
		return native.Permanent(errors.New("another server with another password answers on the port"))
	}
	if err != nil {
		return err
	}
	defer c.close()
	if _, err := c.do(ctx, "PING"); err != nil {
		return err
	}
	info, err := c.text(ctx, "INFO", "persistence")
	if err != nil {
		return err
	}
	if field(info, "loading") == "1" {
		return errors.New("it is still loading its data")
	}
	return nil
}

func (r *resource) explain(err error) error {
	var failed *native.StartError
	if !errors.As(err, &failed) || errors.Is(err, context.Canceled) {
		return err
	}
	p := problem.Newf("A002", "%s did not start: %v", r.spec.Name, failed.Err).Wrap(err)
	if len(failed.Output) > 0 {
		p.Quote("output", "its last lines:", failed.Output)
	}
	return p.Fix("start empty: inshore addons:reset %s (the data is moved into a backup)", r.spec.Name)
}

// Info describes the server as it runs now.
func (r *resource) Info() addons.Info {
	r.mu.Lock()
	defer r.mu.Unlock()
	info := addons.Info{
		Name: r.spec.Name, Kind: kind, Service: slug, Plan: r.spec.Plan, Attachment: r.spec.Attachment,
		Mode: r.mode, Version: r.program.version, Detail: r.program.detail, Limits: r.program.limits,
		Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(r.record.Port)), DataDir: r.dir,
	}
	if r.run.Process != nil {
		info.PID = r.run.Process.PID()
	}
	return info
}

// Credentials are the app's.
func (r *resource) Credentials() addons.Credentials {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.credentials(r.record.Port)
}

func (r *resource) credentials(port int) addons.Credentials {
	return addons.Credentials{Host: "127.0.0.1", Port: port, Password: r.record.Password}
}

// Vars are the config vars under the attachment's name.
func (r *resource) Vars() []addons.Var { return Vars(r.spec.Attachment, r.Credentials()) }

// Done is closed when the present server process is gone; after a Restore it is
// another channel.
func (r *resource) Done() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.run.Process == nil {
		gone := make(chan struct{})
		close(gone)
		return gone
	}
	return r.run.Process.Done()
}

// Stop lets the server write what is open and end.
func (r *resource) Stop(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.halt(ctx)
}

func (r *resource) halt(ctx context.Context) error {
	if r.run.Process == nil {
		return nil
	}
	if err := r.run.Process.Stop(ctx, grace); err != nil {
		return fmt.Errorf("stop %s: %w", r.spec.Name, err)
	}
	r.run.Process = nil
	os.Remove(r.mark())
	return nil
}

// Destroy stops the server and removes data and record.
func (r *resource) Destroy(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.halt(ctx); err != nil {
		return err
	}
	return os.RemoveAll(r.host.AddonDir(r.spec.Name))
}

// Reset removes every key.
func (r *resource) Reset(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.talk(ctx, func(c *client) error {
		_, err := c.do(ctx, "FLUSHALL")
		return err
	})
}

// talk runs do on a connection of its own.
func (r *resource) talk(ctx context.Context, do func(*client) error) error {
	c, err := dial(ctx, r.credentials(r.record.Port))
	if err != nil {
		return err
	}
	defer c.close()
	return do(c)
}

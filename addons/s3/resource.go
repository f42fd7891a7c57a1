package s3

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/internal/native"
	"github.com/inshore-dev/inshore/emulator/problem"
)

const (
	grace     = 5 * time.Second
	format    = "s3-folder" // of our backups
	dataSub   = "data"      // objects, one folder a bucket
	stateSub  = "state"     // metadata, versions, accounts
	keyPrefix = "INSHORE"   // access keys have 20 capital letters and digits
)

// program is a gateway program: our own binary or an installed versitygw.
type program struct {
	// argv gives the command line for a port, and env what it needs besides the keys.
	argv    func(port string, g gateway) []string
	version string
	detail  string
}

// resource is a running gateway with its folders.
type resource struct {
	host    addons.Host
	spec    addons.Spec
	service string
	mode    addons.Mode
	program program
	dir     string

	mu     sync.Mutex // one start, stop, backup or restore at a time
	record addons.Record
	run    native.Running
}

var (
	_ addons.Backuper = (*resource)(nil)
	_ addons.Resetter = (*resource)(nil)
	_ addons.Faller   = (*resource)(nil)
)

// start is the Provision of both programs.
func start(ctx context.Context, host addons.Host, spec addons.Spec, service string, mode addons.Mode, p program) (addons.Resource, error) {
	record, err := addons.OpenRecord(host, spec, service, mode, defaults(host, spec))
	if err != nil {
		return nil, err
	}
	r := &resource{
		host: host, spec: spec, service: service, mode: mode, program: p,
		dir: host.DataDir(spec.Name, mode), record: record,
	}
	if err := native.EndMarked(ctx, r.mark(), syscall.SIGTERM); err != nil {
		return nil, err
	}
	if err := r.heal(); err != nil {
		return nil, err
	}
	if err := r.launch(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// defaults are the keys and the bucket of a new add-on. Apps and SDKs check the
// form of an access key, so it has that of Amazon's.
func defaults(host addons.Host, spec addons.Spec) addons.Record {
	return addons.Record{User: keyPrefix + rand.Text()[:13], Database: bucketName(host.App, spec.Name)}
}

// bucketName is app and add-on as far as a bucket may be called so (Amazon S3
// User Guide, "Bucket naming rules").
func bucketName(app, name string) string {
	clean := func(text string) string {
		return strings.Trim(strings.Map(func(r rune) rune {
			switch {
			case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
				return r
			case r >= 'A' && r <= 'Z':
				return r + 'a' - 'A'
			default:
				return '-'
			}
		}, text), "-")
	}
	first := clean(app)
	if first == "" {
		first = "app"
	}
	return strings.Trim(first[:min(len(first), 40)], "-") + "-" + clean(name)[:min(len(clean(name)), 20)]
}

// Region is that of the options, or the usual one.
func Region(spec addons.Spec) string {
	if asked := spec.Options["region"]; asked != "" {
		return asked
	}
	return region
}

func (r *resource) mark() string { return native.MarkFile(r.host.AddonDir(r.spec.Name)) }

func (r *resource) gateway() gateway {
	return gateway{
		region: Region(r.spec),
		data:   filepath.Join(r.dir, dataSub),
		state:  filepath.Join(r.dir, stateSub),
	}
}

func (r *resource) launch(ctx context.Context) error {
	for _, sub := range []string{dataSub, stateSub + "/meta", stateSub + "/versions", stateSub + "/iam"} {
		if err := os.MkdirAll(filepath.Join(r.dir, filepath.FromSlash(sub)), 0o700); err != nil {
			return err
		}
	}
	run, err := native.Start(ctx, native.Server{
		Port: r.host.Port, Preferred: r.record.Port, Launch: r.process, Grace: grace,
		Ready: func(ctx context.Context, port int) error { return judge(Ready(ctx, r.credentials(port))) },
		Log:   r.host.LogWriter(r.spec.Name),
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

// judge ends the wait when the keys are refused: they will be at the next try.
func judge(err error) error {
	if hasStatus(err, http.StatusForbidden) || hasStatus(err, http.StatusBadRequest) {
		return native.Permanent(err)
	}
	return err
}

func (r *resource) process(ctx context.Context, port int, log io.Writer) (native.Process, error) {
	process, err := r.host.Launch(ctx, addons.Launch{
		Name: r.spec.Name, Argv: r.program.argv(strconv.Itoa(port), r.gateway()), Dir: r.dir,
		Env:        native.Env(r.host.Getenv, accessEnv+"="+r.record.User, secretEnv+"="+r.record.Password),
		StopSignal: syscall.SIGTERM, Log: log,
	})
	if err != nil {
		return nil, err
	}
	return process, nil
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
		Name: r.spec.Name, Kind: kind, Service: r.service, Plan: r.spec.Plan, Attachment: r.spec.Attachment,
		Mode: r.mode, Version: r.program.version, Detail: r.program.detail,
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
	return addons.Credentials{
		Host: "127.0.0.1", Port: port, User: r.record.User, Password: r.record.Password,
		Database: r.record.Database, Region: Region(r.spec),
	}
}

// Vars are the config vars under the attachment's name.
func (r *resource) Vars() []addons.Var { return Vars(r.spec.Attachment, r.Credentials()) }

// Done is closed when the present server process is gone; after a Reset or
// Restore it is another channel.
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

// Stop ends the server.
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

// Reset removes all buckets and makes the app's anew.
func (r *resource) Reset(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	empty, err := os.MkdirTemp(r.host.AddonDir(r.spec.Name), "new-")
	if err != nil {
		return err
	}
	return r.exchange(ctx, empty)
}

// Backup copies the folders. An object that is being written at the moment is
// either in the copy or not; uploads in parts that are not complete are left
// out.
func (r *resource) Backup(ctx context.Context, dir string) (addons.Backup, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	size, err := native.Copy{From: r.dir, To: filepath.Join(dir, "s3"), Skip: unfinished, Changing: true}.Run(ctx)
	return addons.Backup{Format: format, Version: r.program.version, Size: size}, err
}

// unfinished are the server's own folders for what is being written.
func unfinished(path string, folder bool) bool {
	return folder && strings.HasSuffix(path, "/.sgwtmp")
}

// Restore replaces everything by a backup.
func (r *resource) Restore(ctx context.Context, backup addons.Backup) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if backup.Format != format {
		return problem.Newf("A009", "a backup in the form %q cannot be restored into %s", backup.Format, r.spec.Name)
	}
	stage, err := os.MkdirTemp(r.host.AddonDir(r.spec.Name), "new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(stage)
	fresh := filepath.Join(stage, "s3")
	if _, err := (native.Copy{From: filepath.Join(backup.Dir, "s3"), To: fresh}).Run(ctx); err != nil {
		return err
	}
	return r.exchange(ctx, fresh)
}

func (r *resource) aside() string { return r.dir + ".aside" }

// exchange runs the server on another folder in the same place. When it does
// not start there, the present one comes back.
func (r *resource) exchange(ctx context.Context, fresh string) error {
	if err := r.halt(ctx); err != nil {
		return err
	}
	err := errors.Join(os.RemoveAll(r.aside()), os.Rename(r.dir, r.aside()), os.Rename(fresh, r.dir))
	if err == nil {
		if err = r.launch(ctx); err == nil {
			return os.RemoveAll(r.aside())
		}
	}
	// The old data runs again even if the caller has given up by now.
	return errors.Join(err, r.heal(), r.launch(context.WithoutCancel(ctx)))
}

// heal brings back data that an exchange had moved aside and did not finish.
func (r *resource) heal() error {
	if _, err := os.Stat(r.aside()); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(os.RemoveAll(r.dir), os.Rename(r.aside(), r.dir))
}

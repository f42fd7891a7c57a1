package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/internal/native"
	"github.com/inshore-dev/inshore/emulator/problem"
)

// grace is what a fast shutdown may take, quitAfter when it is made immediate.
const (
	grace     = 12 * time.Second
	quitAfter = 8 * time.Second
)

// resource is a running server with its cluster.
type resource struct {
	host    addons.Host
	spec    addons.Spec
	offer   addons.Offer
	cluster *cluster

	mu     sync.Mutex // one start, stop, backup or restore at a time
	record addons.Record
	run    native.Running
}

var (
	_ addons.Backuper = (*resource)(nil)
	_ addons.Resetter = (*resource)(nil)
	_ addons.Faller   = (*resource)(nil)
)

// provision is the Provision of both server modes.
func provision(ctx context.Context, host addons.Host, spec addons.Spec, mode addons.Mode, inst install, offer addons.Offer) (addons.Resource, error) {
	c, err := newCluster(ctx, host, spec, mode, inst)
	if err != nil {
		return nil, err
	}
	return provisionOn(ctx, c, spec, offer)
}

// provisionOn brings up the server on a cluster that has its user already.
func provisionOn(ctx context.Context, c *cluster, spec addons.Spec, offer addons.Offer) (addons.Resource, error) {
	host := c.host
	record, err := addons.OpenRecord(host, spec, slug, c.mode, addons.Record{User: superuser, Database: databaseName(host.App)})
	if err != nil {
		return nil, err
	}
	r := &resource{host: host, spec: spec, offer: offer, cluster: c, record: record}
	if err := r.clear(ctx); err != nil {
		return nil, err
	}
	if err := c.ensure(ctx); err != nil {
		return nil, err
	}
	if err := r.start(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// databaseName is the app's name as far as a database can have it unquoted.
func databaseName(app string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		default:
			return '_'
		}
	}, app)
	name = strings.Trim(name[:min(len(name), 50)], "_")
	switch {
	case name == "" || name == "postgres" || strings.HasPrefix(name, "template"):
		return "app_" + name
	case name[0] <= '9':
		return "app_" + name
	default:
		return name
	}
}

// clear ends a server that an earlier run left on the data, and takes the
// number out of a lock file that names a stranger: PostgreSQL would refuse to
// start because of it. The rest of the lock file stays, since by it PostgreSQL
// notices back ends that still use the data.
func (r *resource) clear(ctx context.Context) error {
	if err := native.EndMarked(ctx, r.mark(), syscall.SIGINT); err != nil {
		return err
	}
	lock := filepath.Join(r.cluster.dir, "postmaster.pid")
	data, err := os.ReadFile(lock)
	if err != nil {
		return nil //nolint:nilerr // no lock, nothing to clear
	}
	first, rest, _ := strings.Cut(string(data), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 {
		return os.Remove(lock) // it was cut off while it was written
	}
	ours, err := native.EndOwned(ctx, pid, syscall.SIGINT, "postgres", r.cluster.dir)
	if err != nil || ours || !native.Exists(pid) {
		return err
	}
	return os.WriteFile(lock, []byte(strconv.Itoa(native.NoPID)+"\n"+rest), 0o600)
}

func (r *resource) mark() string { return native.MarkFile(r.host.AddonDir(r.spec.Name)) }

// start launches the server. A cluster that knows another password, as after
// the restore of an older add-on's backup, is given the recorded one.
func (r *resource) start(ctx context.Context) error {
	err := r.launch(ctx)
	if errors.Is(err, errPassword) {
		if err = r.cluster.single(ctx, r.cluster.dir, passwordStatement(r.credentials(0))); err == nil {
			err = r.launch(ctx)
		}
	}
	return r.explain(err)
}

func (r *resource) launch(ctx context.Context) error {
	run, err := native.Start(ctx, native.Server{
		Port:      r.host.Port,
		Preferred: r.record.Port,
		Launch:    r.process,
		Ready:     r.ready,
		Log:       r.host.LogWriter(r.spec.Name),
		Grace:     grace,
		Passing:   []string{"pre-existing shared memory block", `lock file "postmaster.pid" already exists`},
	})
	if err != nil {
		return err
	}
	if r.record.Port != 0 && r.record.Port != run.Port {
		r.host.Tell(fmt.Sprintf("port %d of %s is taken, it uses %d now", r.record.Port, r.spec.Name, run.Port))
	}
	r.run = run
	if err := native.WriteMark(r.mark(), run.Process.PID()); err != nil {
		return errors.Join(err, r.halt(context.WithoutCancel(ctx)))
	}
	r.record, err = addons.KeepRecord(r.host, r.spec.Name, r.record, run.Port, r.cluster.inst.version)
	if err != nil {
		return errors.Join(err, r.halt(context.WithoutCancel(ctx)))
	}
	return nil
}

// process starts postgres itself, not pg_ctl: in the foreground, with its log
// on the error output.
func (r *resource) process(ctx context.Context, port int, log io.Writer) (native.Process, error) {
	c := r.cluster
	settings := []string{
		"listen_addresses=127.0.0.1", "unix_socket_directories=",
		"ssl=on", "ssl_cert_file=server.crt", "ssl_key_file=server.key",
		"password_encryption=md5", "hba_file=" + filepath.Join(c.dir, "pg_hba.conf"),
		"timezone=UTC", "log_timezone=UTC", "log_destination=stderr", "logging_collector=off",
		"log_line_prefix=", "log_checkpoints=off", "max_wal_senders=4", "max_replication_slots=4",
	}
	if c.inst.major >= 18 {
		settings = append(settings, "md5_password_warnings=off")
	}
	if r.spec.Ephemeral {
		// Never synchronous_commit: that loses acknowledged rows on kill -9,
		// these two only on a power cut.
		settings = append(settings, "fsync=off", "full_page_writes=off")
	}
	argv := []string{c.inst.program("postgres"), "-D", c.dir, "-p", strconv.Itoa(port)}
	for _, setting := range settings {
		argv = append(argv, "-c", setting)
	}
	launch := addons.Launch{
		Name: r.spec.Name, Argv: argv, Env: native.Env(r.host.Getenv), Dir: c.dir,
		StopSignal: syscall.SIGINT, Log: log,
	}
	if c.user != nil {
		launch.User = &addons.User{UID: c.user.UID, GID: c.user.GID, Namespace: c.user.Namespace}
	}
	process, err := r.host.Launch(ctx, launch)
	if err != nil {
		return nil, err
	}
	return process, nil
}

// explain turns a failed start into problem A002 with the server's last words.
func (r *resource) explain(err error) error {
	var failed *native.StartError
	if !errors.As(err, &failed) || errors.Is(err, context.Canceled) {
		return err
	}
	p := problem.Newf("A002", "%s did not start: %v", r.spec.Name, failed.Err).Wrap(err)
	if len(failed.Output) > 0 {
		p.Quote("output", "its last lines:", failed.Output)
	}
	return p.Fix("start empty: inshore addons:reset %s (a backup is made first)", r.spec.Name)
}

// Info describes the server as it runs now.
func (r *resource) Info() addons.Info {
	r.mu.Lock()
	defer r.mu.Unlock()
	info := addons.Info{
		Name: r.spec.Name, Kind: kind, Service: slug, Plan: r.spec.Plan, Attachment: r.spec.Attachment,
		Mode: r.cluster.mode, Version: r.cluster.inst.version, Detail: r.offer.Detail, Limits: r.offer.Limits,
		Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(r.record.Port)), DataDir: r.cluster.dir,
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
		Host: "127.0.0.1", Port: port,
		User: r.record.User, Password: r.record.Password, Database: r.record.Database,
	}
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

// Stop shuts the server down: fast first, immediate when that takes too long,
// by force in the end.
func (r *resource) Stop(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.halt(ctx)
}

func (r *resource) halt(ctx context.Context) error {
	if r.run.Process == nil {
		return nil
	}
	if err := native.Stop(ctx, r.run.Process, grace, native.Last{Signal: syscall.SIGQUIT, After: quitAfter}); err != nil {
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

// Reset drops the app's database, whoever is connected to it, and makes it anew.
func (r *resource) Reset(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	admin := r.credentials(r.record.Port)
	admin.Database = "postgres"
	return with(ctx, admin, func(conn *pgx.Conn) error {
		name := ident(r.record.Database)
		if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, "CREATE DATABASE "+name)
		return err
	})
}

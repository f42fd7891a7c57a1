package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/internal/container"
	"github.com/inshore-dev/inshore/emulator/problem"
)

// dumpFormat of the backups of a container: a dump in pg_dump's custom form,
// which any later version can read.
const dumpFormat = "postgres-dump"

// extraImage is where the record keeps the image that the data belongs to.
const extraImage = "image"

// Container runs the official image, or one that behaves like it.
func Container() addons.Driver { return containerDriver{} }

type containerDriver struct{}

func (containerDriver) Mode() addons.Mode { return addons.Container }

// Probe looks for an engine.
func (containerDriver) Probe(ctx context.Context, host addons.Host, spec addons.Spec) (addons.Offer, error) {
	record, err := addons.LoadRecord(host, spec.Name)
	if err != nil {
		return addons.Offer{}, err
	}
	image := containerImage(host, spec, record)
	if _, err := container.Probe(ctx, container.Place{Getenv: host.Getenv}, image, host.Offline); err != nil {
		return addons.Offer{}, err
	}
	return addons.Offer{Version: imageVersion(image), Detail: image}, nil
}

// Provision takes over the add-on's container or makes one.
func (containerDriver) Provision(ctx context.Context, host addons.Host, spec addons.Spec) (addons.Resource, error) {
	engine, err := container.Dial(ctx, container.Place{Getenv: host.Getenv})
	if err != nil {
		return nil, err
	}
	r := &containerResource{host: host, spec: spec}
	if err := r.start(ctx, engine); err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	return r, nil
}

func containerImage(host addons.Host, spec addons.Spec, record addons.Record) string {
	return container.Wish{
		Kind: kind, Option: spec.Options["image"], Version: spec.Options["version"],
		Recorded: record.Extra[extraImage], Getenv: host.Getenv,
	}.Image()
}

// imageVersion is the version that a tag promises; "" when it promises none.
func imageVersion(image string) string {
	if major := container.Major(container.Tag(image)); major > 0 {
		return strconv.Itoa(major)
	}
	return ""
}

// containerResource is a server in a container.
type containerResource struct {
	host    addons.Host
	spec    addons.Spec
	record  addons.Record
	image   string
	version atomic.Value // string; what the running server has said
	server  *container.Server
}

var (
	_ addons.Backuper = (*containerResource)(nil)
	_ addons.Resetter = (*containerResource)(nil)
	_ addons.Faller   = (*containerResource)(nil)
)

// start brings the container up. User, password and image are recorded before
// anything is made with them.
func (r *containerResource) start(ctx context.Context, engine container.Engine) error {
	record, err := addons.OpenRecord(r.host, r.spec, slug, addons.Container,
		addons.Record{User: superuser, Database: databaseName(r.host.App)})
	if err != nil {
		return err
	}
	r.image = containerImage(r.host, r.spec, record)
	if record.Extra[extraImage] != r.image {
		record.Extra = maps.Clone(record.Extra)
		if record.Extra == nil {
			record.Extra = map[string]string{}
		}
		record.Extra[extraImage] = r.image
		if err := addons.SaveRecord(r.host, r.spec.Name, record); err != nil {
			return err
		}
	}
	r.record = record
	service, err := r.service()
	if err != nil {
		return err
	}
	r.server, err = container.Start(ctx, engine, service, container.Options{
		Preferred: record.Port, Port: r.host.Port, Ready: r.ready, Offline: r.host.Offline,
		Log: r.host.LogWriter(r.spec.Name), Tell: r.host.Tell, Explain: explainLog,
		Progress: func(text string, done, total int64) { r.host.Report(r.spec.Name, text, done, total) },
	})
	if err != nil {
		return err
	}
	if record.Port != 0 && record.Port != r.server.Port() {
		r.host.Tell(fmt.Sprintf("port %d of %s is taken, it uses %d now", record.Port, r.spec.Name, r.server.Port()))
	}
	version, _ := r.version.Load().(string)
	r.record, err = addons.KeepRecord(r.host, r.spec.Name, record, r.server.Port(), version)
	if err != nil {
		return errors.Join(err, r.server.Stop(context.WithoutCancel(ctx)))
	}
	return nil
}

// beforeStart runs as root in the container and hands over to the image's own
// entry point: the server accepts a key only from its own user.
const beforeStart = `#!/bin/sh
set -e
chown postgres /etc/inshore/server.crt /etc/inshore/server.key
chmod 600 /etc/inshore/server.key
exec docker-entrypoint.sh "$@"
`

// service describes the container. Passwords are stored in their MD5 form,
// which old drivers need; hosts may connect plain or with TLS.
func (r *containerResource) service() (container.Service, error) {
	files, err := r.certificate()
	if err != nil {
		return container.Service{}, err
	}
	files = append(files, container.File{Path: "/etc/inshore/start.sh", Content: []byte(beforeStart), Mode: 0o755})
	initdb := "--auth-host=md5"
	settings := []string{
		"ssl=on", "ssl_cert_file=/etc/inshore/server.crt", "ssl_key_file=/etc/inshore/server.key",
		"password_encryption=md5", "timezone=UTC", "log_timezone=UTC",
	}
	if r.spec.Ephemeral {
		initdb += " --no-sync"
		settings = append(settings, "fsync=off", "full_page_writes=off")
	}
	args := []string{"postgres"}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	return container.Service{
		Checkout: r.host.Checkout, App: r.host.App, Addon: r.spec.Name, Ephemeral: r.spec.Ephemeral,
		Image: r.image,
		Env: map[string]string{
			"POSTGRES_USER": r.record.User, "POSTGRES_PASSWORD": r.record.Password, "POSTGRES_DB": r.record.Database,
			"POSTGRES_HOST_AUTH_METHOD": "md5", "POSTGRES_INITDB_ARGS": initdb,
		},
		Entrypoint: []string{"/bin/sh", "/etc/inshore/start.sh"},
		Args:       args,
		Port:       5432,
		DataPath:   dataPath(r.image),
		Files:      files,
		// Root prepares the volume and then becomes the user postgres.
		Capabilities: []string{"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"},
		SharedMemory: 256 << 20,
		StopSignal:   "SIGINT", // the fast shutdown, which does not wait for clients
	}, nil
}

// dataPath is where the image wants its volume; from version 18 on that is one
// folder higher.
func dataPath(image string) string {
	if major := container.Major(container.Tag(image)); major > 0 && major < 18 {
		return "/var/lib/postgresql/data"
	}
	return "/var/lib/postgresql"
}

// certificate is made once, because a new one would make a new container.
func (r *containerResource) certificate() ([]container.File, error) {
	dir := r.host.DataDir(r.spec.Name, addons.Container)
	if _, err := os.Stat(filepath.Join(dir, "server.key")); errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("make certificate: %w", err)
		}
		if err := writeCertificate(dir); err != nil {
			return nil, err
		}
	}
	var files []container.File
	for _, name := range []string{"server.crt", "server.key"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("read certificate: %w", err)
		}
		files = append(files, container.File{Path: "/etc/inshore/" + name, Content: data, Mode: 0o600})
	}
	return files, nil
}

// ready logs in as the app does. Only a running server tells its full version.
func (r *containerResource) ready(ctx context.Context, port int) error {
	err := with(ctx, r.credentials(port), func(conn *pgx.Conn) error {
		var version string
		err := conn.QueryRow(ctx, "SHOW server_version").Scan(&version)
		if err == nil {
			number, _, _ := strings.Cut(version, " ")
			r.version.Store(number)
		}
		return err
	})
	if is(err, "28P01") || is(err, "28000") || is(err, "3D000") {
		return container.Permanent(fmt.Errorf("%w: %w", errPassword, err))
	}
	return err
}

// explainLog recognises what the server says about data of another version.
func explainLog(lines []string) (cause, fix string) {
	found := regexp.MustCompile(`initialized by PostgreSQL version (\d+)`).FindStringSubmatch(strings.Join(lines, "\n"))
	if found == nil {
		return "", ""
	}
	return "the data of this add-on was made by version " + found[1],
		fmt.Sprintf(`keep the data: "options": {"version": %q} in app.json, or start empty: inshore addons:reset (a backup is made first)`, found[1])
}

// Info describes the container as it runs now.
func (r *containerResource) Info() addons.Info {
	return addons.Info{
		Name: r.spec.Name, Kind: kind, Service: slug, Plan: r.spec.Plan, Attachment: r.spec.Attachment,
		Mode: addons.Container, Version: cmp.Or(r.record.Version, imageVersion(r.image)), Detail: r.image,
		Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(r.server.Port())), ContainerID: r.server.ID(),
	}
}

// Credentials are the app's.
func (r *containerResource) Credentials() addons.Credentials { return r.credentials(r.server.Port()) }

func (r *containerResource) credentials(port int) addons.Credentials {
	return addons.Credentials{
		Host: "127.0.0.1", Port: port,
		User: r.record.User, Password: r.record.Password, Database: r.record.Database,
	}
}

// Vars are the config vars under the attachment's name.
func (r *containerResource) Vars() []addons.Var { return Vars(r.spec.Attachment, r.Credentials()) }

// Done is closed when the server is gone.
func (r *containerResource) Done() <-chan struct{} { return r.server.Done() }

// Stop ends the server and keeps container and volume.
func (r *containerResource) Stop(ctx context.Context) error { return r.server.Stop(ctx) }

// Destroy removes container, volume and record.
func (r *containerResource) Destroy(ctx context.Context) error {
	if err := r.server.Destroy(ctx); err != nil {
		return err
	}
	return os.RemoveAll(r.host.AddonDir(r.spec.Name))
}

// Reset drops the app's database, whoever is connected to it, and makes it anew.
func (r *containerResource) Reset(ctx context.Context) error {
	return r.admin(ctx, "DROP DATABASE IF EXISTS "+ident(r.record.Database)+" WITH (FORCE)",
		"CREATE DATABASE "+ident(r.record.Database))
}

// admin runs statements from outside the app's database.
func (r *containerResource) admin(ctx context.Context, statements ...string) error {
	c := r.Credentials()
	c.Database = "postgres"
	return with(ctx, c, func(conn *pgx.Conn) error {
		for _, statement := range statements {
			if _, err := conn.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}

// Backup dumps the database with the image's own pg_dump.
func (r *containerResource) Backup(ctx context.Context, dir string) (backup addons.Backup, err error) {
	file, err := os.OpenFile(filepath.Join(dir, "dump"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return addons.Backup{}, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := r.tool(ctx, nil, file, "pg_dump", "--format=custom", "--dbname="+r.record.Database); err != nil {
		return addons.Backup{}, err
	}
	info, err := file.Stat()
	if err != nil {
		return addons.Backup{}, err
	}
	return addons.Backup{Format: dumpFormat, Version: r.record.Version, Size: info.Size()}, nil
}

// Restore reads a dump into a database of its own, which takes the place of the
// present one only when it is complete.
func (r *containerResource) Restore(ctx context.Context, backup addons.Backup) error {
	if backup.Format != dumpFormat {
		return problem.Newf("A009", "a backup in the form %q cannot be restored into %s", backup.Format, r.spec.Name)
	}
	dump, err := os.Open(filepath.Join(backup.Dir, "dump"))
	if err != nil {
		return err
	}
	defer dump.Close()
	stage := r.record.Database + "_restored"
	drop := "DROP DATABASE IF EXISTS " + ident(stage) + " WITH (FORCE)"
	if err := r.admin(ctx, drop, "CREATE DATABASE "+ident(stage)+" TEMPLATE template0"); err != nil {
		return err
	}
	if err := r.tool(ctx, dump, nil, "pg_restore", "--exit-on-error", "--dbname="+stage); err != nil {
		return errors.Join(err, r.admin(context.WithoutCancel(ctx), drop))
	}
	return r.admin(ctx, "DROP DATABASE IF EXISTS "+ident(r.record.Database)+" WITH (FORCE)",
		"ALTER DATABASE "+ident(stage)+" RENAME TO "+ident(r.record.Database))
}

// tool runs one of the image's client programs inside the container.
func (r *containerResource) tool(ctx context.Context, in io.Reader, out io.Writer, argv ...string) error {
	argv = append(argv, "--username="+r.record.User, "--no-password")
	return r.server.Exec(ctx, container.Command{
		Argv: argv, Env: []string{"PGPASSWORD=" + r.record.Password}, Stdin: in, Stdout: out,
	})
}

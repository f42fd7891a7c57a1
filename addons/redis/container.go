package redis

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/internal/container"
	"github.com/inshore-dev/inshore/emulator/problem"
)

// rdbFormat of the backups of a container: a snapshot as SAVE writes it.
const rdbFormat = "redis-rdb"

// extraImage is where the record keeps the image that the data belongs to.
const extraImage = "image"

// Container runs Valkey's or Redis's official image.
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

// start brings the container up. Password and image are recorded before
// anything is made with them.
func (r *containerResource) start(ctx context.Context, engine container.Engine) error {
	record, err := addons.OpenRecord(r.host, r.spec, slug, addons.Container, addons.Record{})
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
	r.server, err = container.Start(ctx, engine, r.service(), container.Options{
		Preferred: record.Port, Port: r.host.Port, Ready: r.ready, Offline: r.host.Offline,
		Log: r.host.LogWriter(r.spec.Name), Tell: r.host.Tell,
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

// service describes the container. The password goes into a file: an argument
// would be in everybody's list of processes.
func (r *containerResource) service() container.Service {
	sync := "everysec"
	if r.spec.Ephemeral {
		sync = "no"
	}
	config := strings.Join([]string{
		"requirepass " + r.record.Password,
		"dir /data", "appendonly yes", "appendfsync " + sync,
		// What Heroku sets unless it is told otherwise (Dev Center, "Heroku
		// Key-Value Store"), and what job queues need.
		"maxmemory-policy noeviction", "",
	}, "\n")
	return container.Service{
		Checkout: r.host.Checkout, App: r.host.App, Addon: r.spec.Name, Ephemeral: r.spec.Ephemeral,
		Image: r.image, Args: []string{"/etc/inshore/server.conf"},
		Port: 6379, DataPath: "/data",
		Files: []container.File{{Path: "/etc/inshore/server.conf", Content: []byte(config)}},
		// Root prepares the volume and then becomes the server's user.
		Capabilities: []string{"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"},
	}
}

// ready logs in, pings, and asks whether the data has been read.
func (r *containerResource) ready(ctx context.Context, port int) error {
	c, err := dial(ctx, r.credentials(port))
	if answered(err, "WRONGPASS") || answered(err, "ERR invalid password") {
		return container.Permanent(errors.New("the server does not accept the recorded password"))
	}
	if err != nil {
		return err
	}
	defer c.close()
	if _, err := c.do(ctx, "PING"); err != nil {
		return err
	}
	info, err := c.text(ctx, "INFO")
	if err != nil {
		return err
	}
	if field(info, "loading") != "0" {
		return errors.New("it is still loading its data")
	}
	r.version.Store(cmp.Or(field(info, "valkey_version"), field(info, "redis_version")))
	return nil
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
	return addons.Credentials{Host: "127.0.0.1", Port: port, Password: r.record.Password}
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

// Reset removes every key of every database.
func (r *containerResource) Reset(ctx context.Context) error {
	return r.command(ctx, "FLUSHALL")
}

func (r *containerResource) command(ctx context.Context, words ...string) error {
	c, err := dial(ctx, r.Credentials())
	if err != nil {
		return err
	}
	defer c.close()
	_, err = c.do(ctx, words...)
	return err
}

// Backup has the server write a snapshot and takes it out of the container.
func (r *containerResource) Backup(ctx context.Context, dir string) (addons.Backup, error) {
	if err := r.command(ctx, "SAVE"); err != nil {
		return addons.Backup{}, err
	}
	stream, err := r.server.CopyFrom(ctx, "/data/dump.rdb")
	if err != nil {
		return addons.Backup{}, err
	}
	size, err := unpackOne(stream, filepath.Join(dir, "dump.rdb"))
	if err := errors.Join(err, stream.Close()); err != nil {
		return addons.Backup{}, err
	}
	return addons.Backup{Format: rdbFormat, Version: r.record.Version, Size: size}, nil
}

// unpackOne writes the only file of a tar stream.
func unpackOne(stream io.Reader, path string) (size int64, err error) {
	archive := tar.NewReader(stream)
	if _, err := archive.Next(); err != nil {
		return 0, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	size, err = io.Copy(file, archive)
	return size, errors.Join(err, file.Close())
}

// Restore starts the server anew on a volume that holds only the snapshot. With
// append-only files switched on the server reads nothing else, but it takes a
// file of the old name in which the commands are preceded, here replaced, by a
// snapshot.
func (r *containerResource) Restore(ctx context.Context, backup addons.Backup) error {
	if backup.Format != rdbFormat {
		return problem.Newf("A009", "a backup in the form %q cannot be restored into %s", backup.Format, r.spec.Name)
	}
	data, err := os.ReadFile(filepath.Join(backup.Dir, "dump.rdb"))
	if err != nil {
		return err
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	header := &tar.Header{Name: "appendonly.aof", Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(data)), ModTime: time.Now()}
	if err := w.WriteHeader(header); err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return r.server.Refill(ctx, "/data", &archive)
}

package s3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/internal/container"
	"github.com/inshore-dev/inshore/emulator/problem"
)

// archiveFormat of the backups of a container: the gateway's folders in a tar.
const archiveFormat = "versitygw-tar"

// extraImage is where the record keeps the image that the data belongs to.
const extraImage = "image"

// gatewayPort is the one inside the container.
const gatewayPort = 7070

// Container runs the gateway's official image: the same program that the
// embedded mode brings along.
func Container() addons.Driver { return containerDriver{slug} }

type containerDriver struct{ service string }

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
func (d containerDriver) Provision(ctx context.Context, host addons.Host, spec addons.Spec) (addons.Resource, error) {
	engine, err := container.Dial(ctx, container.Place{Getenv: host.Getenv})
	if err != nil {
		return nil, err
	}
	r := &containerResource{host: host, spec: spec, slug: d.service}
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

// imageVersion is the tag of the image without its letter: "1.8.0".
func imageVersion(image string) string { return strings.TrimPrefix(container.Tag(image), "v") }

// containerResource is a gateway in a container.
type containerResource struct {
	host   addons.Host
	spec   addons.Spec
	slug   string
	record addons.Record
	image  string
	server *container.Server
}

var (
	_ addons.Backuper = (*containerResource)(nil)
	_ addons.Resetter = (*containerResource)(nil)
	_ addons.Faller   = (*containerResource)(nil)
)

// start brings the container up. Keys and image are recorded before anything is
// made with them.
func (r *containerResource) start(ctx context.Context, engine container.Engine) error {
	record, err := addons.OpenRecord(r.host, r.spec, r.slug, addons.Container, defaults(r.host, r.spec))
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
	r.record, err = addons.KeepRecord(r.host, r.spec.Name, record, r.server.Port(), imageVersion(r.image))
	if err != nil {
		return errors.Join(err, r.server.Stop(context.WithoutCancel(ctx)))
	}
	return nil
}

// service describes the container. Metadata lies in files of its own beside
// the objects, so that a plain copy of the folder is complete.
func (r *containerResource) service() container.Service {
	return container.Service{
		Checkout: r.host.Checkout, App: r.host.App, Addon: r.spec.Name, Ephemeral: r.spec.Ephemeral,
		Image: r.image,
		Env: map[string]string{
			"ROOT_ACCESS_KEY": r.record.User, "ROOT_SECRET_KEY": r.record.Password,
			"VGW_BACKEND": "posix", "VGW_BACKEND_ARG": "/data/buckets",
			"VGW_META_SIDECAR": "/data/meta", "VGW_VERSIONING_DIR": "/data/versions", "VGW_IAM_DIR": "/data/iam",
			"VGW_PORT": ":" + strconv.Itoa(gatewayPort), "VGW_REGION": Region(r.spec), "VGW_HEALTH": healthPath,
			"VGW_CORS_ALLOW_ORIGIN": "*", "VGW_QUIET": "true", "VGW_KEEP_ALIVE": "true",
		},
		Port: gatewayPort, DataPath: "/data",
		Files: []container.File{
			{Path: "/data/buckets/"}, {Path: "/data/meta/"}, {Path: "/data/versions/"}, {Path: "/data/iam/"},
		},
		Capabilities: []string{"DAC_OVERRIDE"},
	}
}

// healthPath answers without a signature as soon as the gateway listens.
const healthPath = "/inshore-health"

// ready asks for the bucket with the app's keys; the first time it makes it.
func (r *containerResource) ready(ctx context.Context, port int) error {
	err := Ready(ctx, r.credentials(port))
	if hasStatus(err, http.StatusForbidden) || hasStatus(err, http.StatusBadRequest) {
		return container.Permanent(err)
	}
	return err
}

// Info describes the container as it runs now.
func (r *containerResource) Info() addons.Info {
	return addons.Info{
		Name: r.spec.Name, Kind: kind, Service: r.slug, Plan: r.spec.Plan, Attachment: r.spec.Attachment,
		Mode: addons.Container, Version: cmp.Or(r.record.Version, imageVersion(r.image)), Detail: r.image,
		Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(r.server.Port())), ContainerID: r.server.ID(),
	}
}

// Credentials are the app's.
func (r *containerResource) Credentials() addons.Credentials { return r.credentials(r.server.Port()) }

func (r *containerResource) credentials(port int) addons.Credentials {
	return addons.Credentials{
		Host: "127.0.0.1", Port: port,
		User: r.record.User, Password: r.record.Password, Database: r.record.Database, Region: Region(r.spec),
	}
}

// Vars are the config vars under the attachment's name.
func (r *containerResource) Vars() []addons.Var { return Vars(r.spec.Attachment, r.Credentials()) }

// Done is closed when the gateway is gone.
func (r *containerResource) Done() <-chan struct{} { return r.server.Done() }

// Stop ends the gateway and keeps container and volume.
func (r *containerResource) Stop(ctx context.Context) error { return r.server.Stop(ctx) }

// Destroy removes container, volume and record.
func (r *containerResource) Destroy(ctx context.Context) error {
	if err := r.server.Destroy(ctx); err != nil {
		return err
	}
	return os.RemoveAll(r.host.AddonDir(r.spec.Name))
}

// Reset starts the gateway anew on an empty volume; the bucket is made again.
func (r *containerResource) Reset(ctx context.Context) error {
	return r.server.Refill(ctx, "/data", nil)
}

// Backup packs the gateway's folders. A file appears in them only when it is
// complete, so the gateway goes on meanwhile.
func (r *containerResource) Backup(ctx context.Context, dir string) (addons.Backup, error) {
	stream, err := r.server.CopyFrom(ctx, "/data/.")
	if err != nil {
		return addons.Backup{}, err
	}
	defer stream.Close()
	file, err := os.OpenFile(filepath.Join(dir, "data.tar"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return addons.Backup{}, err
	}
	size, err := io.Copy(file, stream)
	if err := errors.Join(err, file.Close()); err != nil {
		return addons.Backup{}, err
	}
	return addons.Backup{Format: archiveFormat, Version: r.record.Version, Size: size}, nil
}

// Restore starts the gateway anew on a volume that holds the backup.
func (r *containerResource) Restore(ctx context.Context, backup addons.Backup) error {
	if backup.Format != archiveFormat {
		return problem.Newf("A009", "a backup in the form %q cannot be restored into %s", backup.Format, r.spec.Name)
	}
	file, err := os.Open(filepath.Join(backup.Dir, "data.tar"))
	if err != nil {
		return err
	}
	defer file.Close()
	return r.server.Refill(ctx, "/data", file)
}

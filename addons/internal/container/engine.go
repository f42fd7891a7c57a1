// Package container runs add-ons in containers of the local engine: Docker,
// Docker Desktop, Colima, Podman or whatever else speaks Docker's API.
//
// It is the only importer of the Docker client and of testcontainers-go, and it
// knows nothing of add-on services: a driver describes a Service, calls Start
// and gets a Server back. Start takes over what an earlier run left behind: a
// container counts as ours only when its labels, its name and its volume all
// match, everything else is foreign and is never touched. Containers are
// published on 127.0.0.1 only, have no privileges beyond the few a service
// names, and keep their data in a labelled volume.
//
// Goroutines: a Server has one that follows the log and one that waits for the
// container's end; Stop and Destroy wait for both.
package container

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/client"
)

// oldestAPI is the oldest version of the API that is accepted: that of Docker
// 20.10, the engine of Debian 12.
const oldestAPI = "1.41"

// Engine is a container engine that has answered. Its methods may be used by
// several goroutines. When the engine goes away they return problem D006.
type Engine interface {
	// About says which engine it is.
	About() About
	// Ping asks whether it still answers.
	Ping(ctx context.Context) error

	// ImagePresent tells whether the image can be run without a registry.
	ImagePresent(ctx context.Context, image string) (bool, error)
	// Pull fetches an image; progress, which may be nil, gets the bytes of all
	// layers, never going down. A registry that cannot be reached is problem D004.
	Pull(ctx context.Context, image string, progress func(done, total int64)) error

	// Run makes a container of the service at the port and starts it. When it
	// fails no container is left. ErrPortTaken says that the port is in use.
	Run(ctx context.Context, service Service, port int) (id string, err error)
	// Find lists the containers, running or not, that carry all the labels.
	Find(ctx context.Context, labels map[string]string) ([]Instance, error)
	// Inspect describes one container; ErrNotFound when there is none.
	Inspect(ctx context.Context, id string) (Instance, error)
	// Start starts a stopped container; ErrPortTaken as in Run.
	Start(ctx context.Context, id string) error
	// Stop ends a container, killing it after the grace time. One that is not
	// running or does not exist is fine.
	Stop(ctx context.Context, id string, grace time.Duration) error
	// Remove kills and removes a container, keeping its volumes. One that does
	// not exist is fine.
	Remove(ctx context.Context, id string) error
	// Wait returns when the container is not running any more.
	Wait(ctx context.Context, id string) error

	// Tail gives the last lines of a container's output.
	Tail(ctx context.Context, id string, lines int) ([]string, error)
	// Follow copies the output since a time into w until the container ends.
	Follow(ctx context.Context, id string, since time.Time, w io.Writer) error

	// CopyTo unpacks a tar stream below a folder of the container.
	CopyTo(ctx context.Context, id, dir string, content io.Reader) error
	// CopyFrom packs a file or folder of the container. The caller closes it.
	CopyFrom(ctx context.Context, id, path string) (io.ReadCloser, error)
	// Exec runs a command inside and returns its exit status.
	Exec(ctx context.Context, id string, command Command) (int, error)

	// Volume finds a volume by its name; ErrNotFound when there is none.
	Volume(ctx context.Context, name string) (Volume, error)
	// Volumes lists the volumes that carry all the labels.
	Volumes(ctx context.Context, labels map[string]string) ([]Volume, error)
	// CreateVolume makes a volume. One of that name is left as it is.
	CreateVolume(ctx context.Context, name string, labels map[string]string) error
	// RemoveVolume removes a volume and its data. None is fine.
	RemoveVolume(ctx context.Context, name string) error

	// Closer drops idle connections; the engine can still be used.
	io.Closer
}

// About says what an engine is.
type About struct {
	Endpoint string // "unix:///var/run/docker.sock"
	Source   string // how it was found: "DOCKER_HOST", "context colima", "/var/run/docker.sock"
	Version  string // of the server: "28.5.1"; may be empty
	API      string // version spoken: "1.41"
}

// Volume is a named volume.
type Volume struct {
	Name   string
	Labels map[string]string
}

// Command is something to run inside a container.
type Command struct {
	Argv   []string
	Env    []string  // NAME=value, added to the container's own
	Stdin  io.Reader // may be nil
	Stdout io.Writer // may be nil
	Stderr io.Writer // may be nil
}

// What callers ask for with errors.Is.
var (
	ErrNotFound  = errors.New("not found")
	ErrPortTaken = errors.New("port is taken")
)

// docker is the Engine behind Docker's API.
type docker struct {
	about  About
	client *client.Client
}

// Dial finds the engine of this machine. The order is DOCKER_HOST, Docker's
// current context, the sockets of rootless Docker, of the system, of Docker
// Desktop, Colima and others, and Podman's. Without an engine the error is one
// of the problems D001 (there, but not running), D002 (not allowed), D003 (none),
// D005 (too old) or D008 (on another machine). It takes at most two seconds.
func Dial(ctx context.Context, place Place) (Engine, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	var failures []failure
	for _, e := range endpoints(place) {
		engine, err := dialEndpoint(ctx, e)
		if err == nil {
			return engine, nil
		}
		failures = append(failures, failure{endpoint: e, err: err})
		if e.explicit {
			break
		}
	}
	return nil, unreachable(place, failures)
}

func dialEndpoint(ctx context.Context, e endpoint) (Engine, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	options := []client.Opt{client.WithHost(e.host), client.WithAPIVersionNegotiation()}
	if e.fromEnvironment {
		// FromEnv also brings the certificates of DOCKER_CERT_PATH.
		options = []client.Opt{client.FromEnv, client.WithAPIVersionNegotiation()}
	}
	c, err := client.NewClientWithOpts(options...)
	if err != nil {
		return nil, fmt.Errorf("use %s: %w", e.host, err)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	ping, err := c.Ping(ctx)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	if older(ping.APIVersion, oldestAPI) {
		return nil, errors.Join(&tooOldError{API: ping.APIVersion}, c.Close())
	}
	c.NegotiateAPIVersionPing(ping)
	about := About{Endpoint: e.host, Source: e.source, API: c.ClientVersion()}
	return &docker{about: about, client: c}, nil
}

func (d *docker) About() About { return d.about }

func (d *docker) Ping(ctx context.Context) error {
	_, err := d.client.Ping(ctx)
	return d.translate(err)
}

func (d *docker) Close() error { return d.client.Close() }

// translate turns what the client says into what this package promises.
func (d *docker) translate(err error) error {
	switch {
	case err == nil:
		return nil
	case client.IsErrConnectionFailed(err):
		return vanished(d.about, err)
	case errdefs.IsNotFound(err):
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	case portTaken(err):
		return fmt.Errorf("%w: %w", ErrPortTaken, err)
	default:
		return err
	}
}

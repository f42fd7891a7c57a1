package container

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/pkg/stdcopy"
)

// Instance is a container as the engine sees it.
type Instance struct {
	ID       string
	Name     string
	Labels   map[string]string
	Volumes  map[string]string // name of the volume by its place in the container
	Port     int               // the first one published on 127.0.0.1; 0 for none
	Running  bool
	OOM      bool // ended because its memory was used up
	ExitCode int
	Started  time.Time
}

// Volume is the name of the volume at a place; "" for none.
func (i Instance) Volume(path string) string { return i.Volumes[path] }

func (d *docker) Find(ctx context.Context, labels map[string]string) ([]Instance, error) {
	list, err := d.client.ContainerList(ctx, container.ListOptions{All: true, Filters: labelFilter(labels)})
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", d.translate(err))
	}
	var found []Instance
	for _, c := range list {
		i, err := d.Inspect(ctx, c.ID)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, i)
	}
	return found, nil
}

func labelFilter(labels map[string]string) filters.Args {
	args := filters.NewArgs()
	for name, value := range labels {
		args.Add("label", name+"="+value)
	}
	return args
}

func (d *docker) Inspect(ctx context.Context, id string) (Instance, error) {
	c, err := d.client.ContainerInspect(ctx, id)
	if err != nil {
		return Instance{}, fmt.Errorf("inspect container: %w", d.translate(err))
	}
	i := Instance{Volumes: map[string]string{}}
	if c.ContainerJSONBase != nil {
		i.ID, i.Name = c.ID, strings.TrimPrefix(c.Name, "/")
		if c.HostConfig != nil {
			i.Port = published(c.HostConfig)
		}
		if c.State != nil {
			i.Running, i.OOM, i.ExitCode = c.State.Running, c.State.OOMKilled, c.State.ExitCode
			// An unreadable time is the zero time: the whole log is shown.
			i.Started, _ = time.Parse(time.RFC3339Nano, c.State.StartedAt)
		}
	}
	if c.Config != nil {
		i.Labels = c.Config.Labels
	}
	for _, m := range c.Mounts {
		if m.Type == mount.TypeVolume {
			i.Volumes[m.Destination] = m.Name
		}
	}
	return i, nil
}

// published reads the configured port: that of a container which is not
// running is known as well.
func published(host *container.HostConfig) int {
	for _, bindings := range host.PortBindings {
		for _, b := range bindings {
			port, err := strconv.Atoi(b.HostPort)
			if err == nil && b.HostIP == "127.0.0.1" {
				return port
			}
		}
	}
	return 0
}

func (d *docker) Start(ctx context.Context, id string) error {
	ctx, cancel := lasting(ctx)
	defer cancel()
	if err := d.client.ContainerStart(ctx, id, container.StartOptions{}); err != nil {
		return fmt.Errorf("start container: %w", d.translate(err))
	}
	return nil
}

func (d *docker) Stop(ctx context.Context, id string, grace time.Duration) error {
	seconds := int(max(grace, time.Second) / time.Second)
	err := d.translate(d.client.ContainerStop(ctx, id, container.StopOptions{Timeout: &seconds}))
	if err == nil || errors.Is(err, ErrNotFound) {
		return nil
	}
	return fmt.Errorf("stop container: %w", err)
}

func (d *docker) Remove(ctx context.Context, id string) error {
	// RemoveVolumes concerns volumes without a name only: those that the image
	// declares and the service does not mount.
	err := d.translate(d.client.ContainerRemove(ctx, id, container.RemoveOptions{Force: true, RemoveVolumes: true}))
	if err == nil || errors.Is(err, ErrNotFound) {
		return nil
	}
	return fmt.Errorf("remove container: %w", err)
}

func (d *docker) Wait(ctx context.Context, id string) error {
	answers, failures := d.client.ContainerWait(ctx, id, container.WaitConditionNotRunning)
	select {
	case <-answers:
		return nil
	case err := <-failures:
		if err == nil {
			return nil
		}
		return fmt.Errorf("wait for container: %w", d.translate(err))
	}
}

func (d *docker) Tail(ctx context.Context, id string, lines int) ([]string, error) {
	stream, err := d.client.ContainerLogs(ctx, id, container.LogsOptions{
		ShowStdout: true, ShowStderr: true, Tail: strconv.Itoa(lines),
	})
	if err != nil {
		return nil, fmt.Errorf("read log: %w", d.translate(err))
	}
	var text strings.Builder
	_, err = stdcopy.StdCopy(&text, &text, stream)
	if err = errors.Join(err, stream.Close()); err != nil {
		return nil, fmt.Errorf("read log: %w", err)
	}
	all := strings.Split(strings.TrimRight(text.String(), "\n"), "\n")
	if len(all) == 1 && all[0] == "" {
		return nil, nil
	}
	return all[max(0, len(all)-lines):], nil
}

func (d *docker) Follow(ctx context.Context, id string, since time.Time, w io.Writer) error {
	options := container.LogsOptions{ShowStdout: true, ShowStderr: true, Follow: true}
	if !since.IsZero() {
		options.Since = since.Format(time.RFC3339Nano)
	}
	stream, err := d.client.ContainerLogs(ctx, id, options)
	if err != nil {
		return fmt.Errorf("follow log: %w", d.translate(err))
	}
	_, err = stdcopy.StdCopy(w, w, stream)
	return errors.Join(err, stream.Close())
}

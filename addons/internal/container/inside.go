package container

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
)

func (d *docker) CopyTo(ctx context.Context, id, dir string, content io.Reader) error {
	if err := d.client.CopyToContainer(ctx, id, dir, content, container.CopyToContainerOptions{}); err != nil {
		return fmt.Errorf("copy into container: %w", d.translate(err))
	}
	return nil
}

func (d *docker) CopyFrom(ctx context.Context, id, path string) (io.ReadCloser, error) {
	stream, _, err := d.client.CopyFromContainer(ctx, id, path)
	if err != nil {
		return nil, fmt.Errorf("copy out of container: %w", d.translate(err))
	}
	return stream, nil
}

func (d *docker) Exec(ctx context.Context, id string, command Command) (int, error) {
	created, err := d.client.ContainerExecCreate(ctx, id, container.ExecOptions{
		Cmd: command.Argv, Env: command.Env,
		AttachStdin: command.Stdin != nil, AttachStdout: true, AttachStderr: true,
	})
	if err != nil {
		return 0, fmt.Errorf("run %s in container: %w", command.Argv[0], d.translate(err))
	}
	attached, err := d.client.ContainerExecAttach(ctx, created.ID, container.ExecAttachOptions{})
	if err != nil {
		return 0, fmt.Errorf("run %s in container: %w", command.Argv[0], d.translate(err))
	}
	// A connection that has been taken over does not end with the context.
	stop := context.AfterFunc(ctx, attached.Close)
	defer stop()
	defer attached.Close()
	fed := make(chan struct{})
	// The feeder ends with its input or with the connection. A command that does
	// not read all of its input says so by its exit status.
	go func() {
		defer close(fed)
		_ = feed(attached.Conn, attached.CloseWrite, command.Stdin)
	}()
	_, err = stdcopy.StdCopy(writer(command.Stdout), writer(command.Stderr), attached.Reader)
	attached.Close()
	<-fed
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	if err != nil {
		return 0, fmt.Errorf("run %s in container: %w", command.Argv[0], err)
	}
	state, err := d.client.ContainerExecInspect(ctx, created.ID)
	if err != nil {
		return 0, fmt.Errorf("run %s in container: %w", command.Argv[0], d.translate(err))
	}
	return state.ExitCode, nil
}

func feed(w io.Writer, done func() error, r io.Reader) error {
	if r == nil {
		return nil
	}
	_, err := io.Copy(w, r)
	return errors.Join(err, done())
}

func writer(w io.Writer) io.Writer {
	if w == nil {
		return io.Discard
	}
	return w
}

// pack makes a tar stream of files, to be unpacked at the root.
func pack(files []File) (io.Reader, error) {
	var buffer bytes.Buffer
	w := tar.NewWriter(&buffer)
	for _, f := range files {
		header := &tar.Header{
			Name: strings.TrimPrefix(f.Path, "/"), Typeflag: tar.TypeReg,
			Mode: cmp.Or(f.Mode, 0o644), Size: int64(len(f.Content)), ModTime: time.Unix(0, 0),
		}
		if strings.HasSuffix(f.Path, "/") {
			header.Typeflag, header.Mode, header.Size = tar.TypeDir, cmp.Or(f.Mode, 0o755), 0
		}
		if err := w.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.Path, err)
		}
		if header.Size == 0 {
			continue
		}
		if _, err := w.Write(f.Content); err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.Path, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack files: %w", err)
	}
	return &buffer, nil
}

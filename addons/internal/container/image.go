package container

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/docker/docker/api/types/image"
)

// Images is the table of what runs when neither app.json nor the environment
// says otherwise. It is a function because package variables could be changed.
func Images() map[string]string {
	return map[string]string{
		"postgres": "postgres:17",
		"redis":    "valkey/valkey:8",
		"s3":       "versity/versitygw:v1.8.0",
	}
}

// Tag is the part of an image's name behind the colon; "" when there is none
// or the image is named by its digest alone.
func Tag(ref string) string {
	ref, _, _ = strings.Cut(ref, "@")
	slash := strings.LastIndexByte(ref, '/')
	_, tag, _ := strings.Cut(ref[slash+1:], ":")
	return tag
}

func (d *docker) ImagePresent(ctx context.Context, ref string) (bool, error) {
	_, err := d.client.ImageInspect(ctx, ref)
	err = d.translate(err)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func (d *docker) Pull(ctx context.Context, ref string, progress func(done, total int64)) error {
	stream, err := d.client.ImagePull(ctx, ref, image.PullOptions{})
	if err != nil {
		return d.pullError(ctx, ref, err)
	}
	err = readPull(stream, progress)
	err = errors.Join(err, stream.Close())
	if err != nil {
		return d.pullError(ctx, ref, err)
	}
	return nil
}

func (d *docker) pullError(ctx context.Context, ref string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("pull %s: %w", ref, context.Cause(ctx))
	}
	if d.Ping(ctx) != nil {
		return d.translate(err)
	}
	return unpullable(ref, err)
}

// layer is what is known of one layer of an image being pulled.
type layer struct{ done, total int64 }

// readPull reads the engine's report to its end. The total of a layer is known
// only once its download has started, so the sum may grow; the bytes done
// never go down, although unpacking counts again from zero.
func readPull(stream io.Reader, progress func(done, total int64)) error {
	layers := map[string]layer{}
	var most int64
	decoder := json.NewDecoder(stream)
	for {
		var line struct {
			Status   string
			ID       string
			Progress struct{ Current, Total int64 } `json:"progressDetail"`
			Error    string
		}
		if err := decoder.Decode(&line); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read the engine's report: %w", err)
		}
		if line.Error != "" {
			return errors.New(line.Error)
		}
		if line.ID == "" || progress == nil {
			continue
		}
		layers[line.ID] = layers[line.ID].after(line.Status, line.Progress.Current, line.Progress.Total)
		done, total := sum(layers)
		most = max(most, done)
		if total > 0 {
			progress(most, total)
		}
	}
}

func (l layer) after(status string, current, total int64) layer {
	switch status {
	case "Downloading":
		return layer{done: max(l.done, current), total: max(l.total, total)}
	case "Download complete", "Pull complete":
		return layer{done: l.total, total: l.total}
	default:
		return l
	}
}

func sum(layers map[string]layer) (done, total int64) {
	for _, l := range layers {
		done += l.done
		total += l.total
	}
	return done, total
}

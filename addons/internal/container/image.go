package container

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/docker/docker/api/types/image"

	"github.com/inshore-dev/inshore/emulator/problem"
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

// Wish is what is known about the image that an add-on should run.
type Wish struct {
	Kind     string // key of Images
	Option   string // the image named in app.json; may be empty
	Version  string // the version named in app.json; may be empty
	Recorded string // what the add-on ran last; may be empty
	Getenv   func(name string) string
}

// Image decides: app.json's image, then INSHORE_IMAGE_<KIND>, then the version
// asked for, then what ran last, because data fits one version only, then the
// table.
func (w Wish) Image() string {
	place := Place{Getenv: w.Getenv}
	if image := cmp.Or(w.Option, place.env("INSHORE_IMAGE_"+strings.ToUpper(w.Kind))); image != "" {
		return image
	}
	if w.Version != "" {
		return versioned(w.Kind, w.Version)
	}
	return cmp.Or(w.Recorded, Images()[w.Kind])
}

// versioned is the image of a kind at a version. Up to 7.2 Redis is meant, from
// 8 on its free successor.
func versioned(kind, version string) string {
	switch kind {
	case "postgres":
		return "postgres:" + version
	case "redis":
		if Major(version) >= 8 {
			return "valkey/valkey:" + version
		}
		return "redis:" + version
	default:
		// The stand-in for S3 has no versions that an app could ask for.
		return Images()[kind]
	}
}

// Major is the first number in a version or tag: 17 of "17.4", of "pg17" and of
// "v17-alpine"; 0 when there is none.
func Major(version string) int {
	start := strings.IndexFunc(version, unicode.IsDigit)
	if start < 0 {
		return 0
	}
	digits := version[start:]
	if end := strings.IndexFunc(digits, func(r rune) bool { return !unicode.IsDigit(r) }); end >= 0 {
		digits = digits[:end]
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// Probe tells whether the image could run here. The error is the reason in one
// line; it wraps the problem of Dial. Whether an image that is not here can be
// pulled is not found out.
func Probe(ctx context.Context, place Place, ref string, offline bool) (About, error) {
	engine, err := Dial(ctx, place)
	if err != nil {
		return About{}, &reason{err}
	}
	about := engine.About()
	if offline {
		present, err := engine.ImagePresent(ctx, ref)
		if err == nil && !present {
			err = unpullable(ref, nil)
		}
		if err != nil {
			return about, errors.Join(&reason{err}, engine.Close())
		}
	}
	return about, engine.Close()
}

// reason is a problem on one line.
type reason struct{ err error }

func (r *reason) Unwrap() error { return r.err }

func (r *reason) Error() string {
	var p *problem.Problem
	if !errors.As(r.err, &p) {
		return firstLine(r.err)
	}
	for _, note := range p.Notes {
		if note.Label == "cause" {
			return p.Message + " (" + note.Text + ")"
		}
	}
	return p.Message
}

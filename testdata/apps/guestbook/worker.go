package main

import (
	"context"
	"errors"
	"strings"
	"time"
)

// popPatience is how long the worker waits for a job before it looks whether it
// should stop.
const popPatience = time.Second

// runWorker makes thumbnails until the context ends. A job in hand is finished
// first: it takes far less than the 30 seconds that a dyno has after SIGTERM.
func runWorker(ctx context.Context, app *App) error {
	app.Log.Info("worker ready")
	for ctx.Err() == nil {
		id, found, err := app.Queue.Pop(ctx, popPatience)
		switch {
		case err != nil && ctx.Err() == nil:
			app.Log.Warn("queue does not answer", "err", err)
			pause(ctx, time.Second)
		case found:
			workOn(context.WithoutCancel(ctx), app, id)
		}
	}
	app.Log.Info("worker stopped")
	return nil
}

func workOn(ctx context.Context, app *App, id int64) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	started := time.Now()
	err := makeThumbnail(ctx, app, id)
	switch {
	case err == nil:
		app.Log.Info("thumbnail made", "entry", id, "ms", time.Since(started).Milliseconds())
	case errors.Is(err, errNoEntry):
		app.Log.Info("entry is gone", "entry", id)
	case errors.Is(err, errNotAPicture), errors.Is(err, errNoPicture):
		app.Log.Warn("picture refused", "entry", id, "err", err)
		if err := app.Entries.SetPicture(ctx, id, PictureBroken, ""); err != nil {
			app.Log.Error("entry not updated", "entry", id, "err", err)
		}
	default:
		// The clock queues the entry again.
		app.Log.Error("thumbnail failed", "entry", id, "err", err)
	}
}

func makeThumbnail(ctx context.Context, app *App, id int64) error {
	entry, err := app.Entries.Find(ctx, id)
	if err != nil || entry.PictureState != PictureWaiting {
		return err
	}
	data, err := app.Pictures.Get(ctx, entry.PictureKey)
	if err != nil {
		return err
	}
	small, contentType, err := thumbnail(data)
	if err != nil {
		return err
	}
	key := thumbnailPrefix + strings.TrimPrefix(entry.PictureKey, picturePrefix)
	if err := app.Pictures.Put(ctx, key, contentType, small); err != nil {
		return err
	}
	return app.Entries.SetPicture(ctx, id, PictureReady, key)
}

// pause waits, or returns early when the context ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

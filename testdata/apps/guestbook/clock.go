package main

import (
	"context"
	"time"
)

const (
	// lostAfter is when a waiting picture counts as forgotten by the queue.
	lostAfter = time.Minute
	// orphanAfter is when a picture without an entry counts as never signed. It
	// is longer than an upload URL lives, so that nobody loses a picture while
	// they write their message.
	orphanAfter = 6 * uploadTTL
)

// runClock ticks at once and then every ClockInterval until the context ends.
func runClock(ctx context.Context, app *App) error {
	app.Log.Info("clock ready", "interval", app.Config.ClockInterval)
	ticker := time.NewTicker(app.Config.ClockInterval)
	defer ticker.Stop()
	for {
		tick(ctx, app)
		select {
		case <-ctx.Done():
			app.Log.Info("clock stopped")
			return nil
		case <-ticker.C:
		}
	}
}

// tick does each chore; one that fails is logged and tried again next time.
func tick(ctx context.Context, app *App) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := app.Queue.Beat(ctx, time.Now()); err != nil {
		app.Log.Warn("no heartbeat", "err", err)
	}
	queued, err := requeueLost(ctx, app)
	if err != nil {
		app.Log.Warn("lost jobs not queued", "err", err)
	}
	deleted, err := deleteOrphans(ctx, app)
	if err != nil {
		app.Log.Warn("orphans not deleted", "err", err)
	}
	app.Log.Info("tick", "queued_again", queued, "orphans_deleted", deleted)
}

// requeueLost queues pictures whose job was lost, for example because the
// worker was killed with the job in hand. It does nothing while jobs wait.
func requeueLost(ctx context.Context, app *App) (int, error) {
	if waiting, err := app.Queue.Length(ctx); err != nil || waiting > 0 {
		return 0, err
	}
	lost, err := app.Entries.Waiting(ctx, lostAfter)
	if err != nil {
		return 0, err
	}
	for i, id := range lost {
		if err := app.Queue.Push(ctx, id); err != nil {
			return i, err
		}
	}
	return len(lost), nil
}

// deleteOrphans removes pictures that no entry names.
func deleteOrphans(ctx context.Context, app *App) (int, error) {
	deleted := 0
	for _, prefix := range []string{picturePrefix, thumbnailPrefix} {
		old, err := app.Pictures.Older(ctx, prefix, orphanAfter)
		if err != nil {
			return deleted, err
		}
		orphans, err := app.Entries.Unused(ctx, old)
		if err != nil {
			return deleted, err
		}
		for _, key := range orphans {
			if err := app.Pictures.Delete(ctx, key); err != nil {
				return deleted, err
			}
			deleted++
		}
	}
	return deleted, nil
}

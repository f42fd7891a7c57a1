// Guestbook is a small app for Heroku, and the demo that `make run` shows. A
// visitor signs with a message and, if they like, a picture.
//
// The browser uploads the picture straight to S3 with a presigned URL, the row
// goes to Postgres, and a job goes to a list in Redis. The worker takes the job
// and makes the thumbnail. The clock looks after what got lost on the way. The
// release phase creates the tables.
//
// It knows nothing of inshore: it reads $PORT, DATABASE_URL, REDIS_URL and the
// variables of Bucketeer, as it would on the platform.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

const usage = `usage: guestbook COMMAND

  web       serve the page on $PORT
  worker    make thumbnails
  clock     tick, queue lost jobs again, delete pictures nobody uses
  migrate   create or update the tables and let browsers upload to the bucket
`

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the exit: it returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	commands := map[string]func(context.Context, *App) error{
		"web":     serveWeb,
		"worker":  runWorker,
		"clock":   runClock,
		"migrate": migrate,
	}
	if len(args) != 1 || commands[args[0]] == nil {
		fmt.Fprint(stderr, usage)
		return 2
	}

	// A dyno is asked to stop with SIGTERM ("Dynos and the Dyno Manager").
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()

	app, err := openApp(ctx, os.Getenv, newLogger(stdout))
	if err == nil {
		defer app.Close()
		err = commands[args[0]](ctx, app)
	}
	if err != nil && ctx.Err() == nil {
		fmt.Fprintf(stderr, "guestbook %s: %v\n", args[0], err)
		return 1
	}
	return 0
}

// newLogger writes one logfmt line per event without the time, because the
// platform's log stamps every line itself.
func newLogger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && (a.Key == slog.TimeKey || (a.Key == slog.LevelKey && a.Value.Any() == slog.LevelInfo)) {
				return slog.Attr{}
			}
			return a
		},
	}))
}

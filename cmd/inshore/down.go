package main

import (
	"context"
	"errors"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/inshore-dev/inshore/emulator/control"
	"github.com/inshore-dev/inshore/emulator/problem"
)

func (inv *invocation) downCommand() *cli.Command {
	return &cli.Command{
		Name:      "down",
		Category:  categoryRun,
		Usage:     "stop everything in this folder; data is kept",
		UsageText: "inshore down\ninshore down --timeout 5s",
		Flags: []cli.Flag{
			&cli.DurationFlag{Name: "timeout", Usage: "let processes end within `TIME`, then kill", Value: usualGrace},
			&cli.BoolFlag{Name: "kill", Usage: "do not wait at all"},
		},
		Action: wrap(inv.down),
	}
}

func (inv *invocation) down(ctx context.Context, c *cli.Context) error {
	client, p, err := running(c)
	if errors.Is(err, control.ErrNotRunning) {
		inv.say("nothing runs in %s", inv.home(p.dir))
		return inv.downJSON(false)
	}
	if err != nil {
		return err
	}
	began := time.Now()
	options := control.DownOptions{Kill: c.Bool("kill")}
	if c.IsSet("timeout") {
		options.Grace = c.Duration("timeout")
	}
	if err := stopRun(ctx, client, options); err != nil {
		return err
	}
	inv.say("stopped in %s; data is kept", brief(time.Since(began)))
	return inv.downJSON(true)
}

func (inv *invocation) downJSON(stopped bool) error {
	if !inv.json {
		return nil
	}
	return inv.out.json("down", map[string]bool{"stopped": stopped})
}

// stopPatience is what the end of a run may take beyond the processes' grace:
// add-ons write their data out.
const stopPatience = 60 * time.Second

// usualGrace is what the processes get unless told otherwise.
const usualGrace = 30 * time.Second

// stopRun stops the emulator and waits until it is gone.
func stopRun(ctx context.Context, client *control.Client, options control.DownOptions) error {
	patience := max(options.Grace, usualGrace) + stopPatience
	ctx, cancel := context.WithTimeoutCause(ctx, patience,
		problem.Newf("S013", "the run did not end within %s", patience).Fix("inshore down --kill"))
	defer cancel()
	gone := make(chan error, 1)
	// Ends with the run or the timeout, and is waited for.
	go func() { gone <- client.Gone(ctx) }()
	err := client.Down(ctx, options)
	if err != nil && !errors.Is(err, control.ErrNotRunning) {
		cancel()
		<-gone //nolint:errcheck // that it was cancelled, a line above
		return err
	}
	return <-gone
}

package main

import (
	"context"
	"errors"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/inshore-dev/inshore/emulator/control"
)

func (inv *invocation) restartCommand() *cli.Command {
	return &cli.Command{
		Name:      "restart",
		Category:  categoryRun,
		Usage:     "restart processes; without a name all of them",
		ArgsUsage: "[NAME...]",
		UsageText: "inshore restart\ninshore restart web.1\ninshore restart 'work*'",
		Action: wrap(func(ctx context.Context, c *cli.Context) error {
			return inv.onDynos(ctx, c, "Restarting", (*control.Client).Restart)
		}),
	}
}

func (inv *invocation) stopCommand() *cli.Command {
	return &cli.Command{
		Name:      "stop",
		Category:  categoryRun,
		Usage:     "stop some processes until `inshore start NAME`",
		ArgsUsage: "NAME...",
		UsageText: "inshore stop worker\ninshore stop web.2",
		Action: wrap(func(ctx context.Context, c *cli.Context) error {
			return inv.onDynos(ctx, c, "Stopping", (*control.Client).Stop)
		}),
	}
}

func (inv *invocation) startCommand() *cli.Command {
	return &cli.Command{
		Name:      "start",
		Category:  categoryRun,
		Usage:     "start stopped processes; when nothing runs, the same as up",
		ArgsUsage: "[NAME...]",
		UsageText: "inshore start worker\ninshore start",
		Flags:     upFlags(),
		Action: wrap(func(ctx context.Context, c *cli.Context) error {
			_, _, err := running(c)
			if errors.Is(err, control.ErrNotRunning) || err == nil && !c.Args().Present() {
				return inv.up(ctx, c)
			}
			return inv.onDynos(ctx, c, "Starting", (*control.Client).Start)
		}),
	}
}

// dynoVerb is a verb of the client that takes patterns and gives names.
type dynoVerb func(*control.Client, context.Context, []string) ([]string, error)

func (inv *invocation) onDynos(ctx context.Context, c *cli.Context, doing string, verb dynoVerb) error {
	client, _, err := running(c)
	if err != nil {
		return err
	}
	names, err := verb(client, ctx, c.Args().Slice())
	if err != nil {
		return err
	}
	if inv.json {
		return inv.out.json(c.Command.Name, append([]string{}, names...))
	}
	if len(names) == 0 {
		inv.say("%s... nothing to do", doing)
		return nil
	}
	inv.say("%s %s... done", doing, strings.Join(names, ", "))
	return nil
}

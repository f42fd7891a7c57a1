package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/inshore-dev/inshore/emulator/control"
)

func (inv *invocation) scaleCommand() *cli.Command {
	return &cli.Command{
		Name:        "scale",
		Category:    categoryRun,
		Usage:       "change how many processes of a type run",
		ArgsUsage:   "[TYPE=N...]",
		Description: "TYPE=N sets, TYPE+N and TYPE-N add and take away. Without arguments the\npresent formation is printed.",
		UsageText:   "inshore scale\ninshore scale worker=2 web=1\ninshore ps:scale worker+1",
		Action:      wrap(inv.scale),
	}
}

func (inv *invocation) scale(ctx context.Context, c *cli.Context) error {
	client, _, err := running(c)
	if err != nil {
		return err
	}
	formation, err := client.Scale(ctx, c.Args().Slice())
	if err != nil {
		return err
	}
	if inv.json {
		return inv.out.json("scale", formation)
	}
	if !c.Args().Present() {
		inv.out.line("%s", formationText(formation))
		return nil
	}
	inv.say("Scaling dynos... done, now running %s", nowRunning(formation, c.Args().Slice()))
	return nil
}

// formationText is the form that `scale` itself understands.
func formationText(formation []control.Quantity) string {
	var parts []string
	for _, q := range formation {
		text := fmt.Sprintf("%s=%d", q.Type, q.Quantity)
		if q.Size != "" {
			text += ":" + q.Size
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " ")
}

// nowRunning names the types that were asked about.
func nowRunning(formation []control.Quantity, tokens []string) string {
	var parts []string
	for _, q := range formation {
		for _, token := range tokens {
			name := token[:strings.IndexAny(token+"=", "=+")]
			if name == q.Type || name == "all" || strings.HasPrefix(token, q.Type+"-") {
				parts = append(parts, fmt.Sprintf("%s at %d", q.Type, q.Quantity))
				break
			}
		}
	}
	return strings.Join(parts, ", ")
}

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/inshore-dev/inshore/emulator/control"
	"github.com/inshore-dev/inshore/emulator/problem"
)

func (inv *invocation) psCommand() *cli.Command {
	return &cli.Command{
		Name:      "ps",
		Category:  categoryLook,
		Usage:     "list the processes",
		ArgsUsage: "[TYPE]",
		UsageText: "inshore ps\ninshore ps worker\ninshore ps:scale worker=2",
		Action:    wrap(inv.ps),
		Subcommands: []*cli.Command{
			inv.hidden(inv.scaleCommand()), inv.hidden(inv.restartCommand()), inv.hidden(inv.stopCommand()),
		},
	}
}

// hidden is a second place of a command that help shows elsewhere.
func (*invocation) hidden(c *cli.Command) *cli.Command {
	c.Hidden = true
	return c
}

func (inv *invocation) ps(ctx context.Context, c *cli.Context) error {
	client, _, err := running(c)
	if err != nil {
		return err
	}
	s, err := client.Status(ctx)
	if err != nil {
		return err
	}
	only := c.Args().First()
	if err := knownType(s, only); err != nil {
		return err
	}
	if inv.json {
		dynos := []control.Dyno{}
		for _, d := range s.Dynos {
			if only == "" || d.Type == only {
				dynos = append(dynos, d)
			}
		}
		return inv.out.json("ps", dynos)
	}
	first := true
	for _, q := range s.Formation {
		if only == "" || q.Type == only {
			inv.psType(s, q, first)
			first = false
		}
	}
	if only == "" {
		inv.psAddOns(s, first)
	}
	return nil
}

func knownType(s control.Status, name string) error {
	if name == "" {
		return nil
	}
	var types []string
	for _, q := range s.Formation {
		if q.Type == name {
			return nil
		}
		types = append(types, q.Type)
	}
	p := problem.Newf("C004", "no process type %q", name)
	if near := problem.Nearest(name, types); near != "" {
		p.Note("did you mean", "%q?", near)
	}
	return p.Note("note", "process types here: %s", strings.Join(types, ", "))
}

// psType prints one group in the shape of `heroku ps`.
func (inv *invocation) psType(s control.Status, q control.Quantity, first bool) {
	if !first {
		inv.out.line("")
	}
	size := ""
	if q.Size != "" {
		size = " (" + q.Size + ")"
	}
	head := fmt.Sprintf("=== %s%s: %s (%d)", q.Type, size, q.Command, q.Quantity)
	inv.out.line("%s", inv.out.paint("bold", inv.out.fit(head, inv.out.width)))
	for _, d := range s.Dynos {
		if d.Type == q.Type {
			inv.out.line("%s", inv.out.fit(d.Name+": "+dynoState(d, time.Now()), inv.out.width))
		}
	}
}

func (inv *invocation) psAddOns(s control.Status, first bool) {
	if len(s.AddOns) == 0 {
		return
	}
	if !first {
		inv.out.line("")
	}
	inv.out.line("%s", inv.out.paint("bold", "=== add-ons"))
	for _, a := range s.AddOns {
		parts := []string{a.State + " " + age(a.Since, time.Now()), strings.TrimSpace(a.Mode + " " + a.Version), a.Addr}
		inv.out.line("%s", inv.out.fit(a.Name+": "+strings.Join(parts, " · "), inv.out.width))
	}
}

// dynoState says in one line how a dyno is.
func dynoState(d control.Dyno, now time.Time) string {
	state := d.State + " " + age(d.Since, now)
	if d.State == "crashed" || d.State == "down" {
		state += " ago"
	}
	parts := []string{state}
	if d.PID > 0 {
		parts = append(parts, fmt.Sprintf("pid %d", d.PID))
	}
	if d.Port > 0 {
		parts = append(parts, fmt.Sprintf(":%d", d.Port))
	}
	if d.RSSBytes > 0 {
		parts = append(parts, megabytes(d.RSSBytes), fmt.Sprintf("%.1f%% cpu", d.CPUPercent))
	}
	if d.State == "crashed" && d.Exit != nil {
		parts = append(parts, exitText(*d.Exit))
	}
	if d.NextStart != nil {
		parts = append(parts, "next start in "+brief(max(0, d.NextStart.Sub(now))))
	}
	if d.Restarts > 0 {
		parts = append(parts, plural(d.Restarts, "restart"))
	}
	return strings.Join(parts, " · ")
}

func exitText(e control.Exit) string {
	if e.Signal != "" {
		return e.Signal
	}
	return fmt.Sprintf("exit %d", e.Status)
}

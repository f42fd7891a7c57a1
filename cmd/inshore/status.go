package main

import (
	"context"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/inshore-dev/inshore/emulator/control"
	"github.com/inshore-dev/inshore/emulator/problem"
)

func (inv *invocation) statusCommand() *cli.Command {
	return &cli.Command{
		Name:      "status",
		Aliases:   []string{"info"},
		Category:  categoryLook,
		Usage:     "show where everything is",
		ArgsUsage: "[NAME]",
		UsageText: "inshore status\ninshore status web.1\ninshore status --json",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "why", Usage: "with NAME: also the last lines of a crashed process"},
			&cli.BoolFlag{Name: "wait", Aliases: []string{"w"}, Usage: "wait until everything is up"},
			&cli.DurationFlag{Name: "timeout", Usage: "with --wait: at most `TIME`", Value: time.Minute},
		},
		Action: wrap(inv.status),
	}
}

func (inv *invocation) status(ctx context.Context, c *cli.Context) error {
	client, _, err := running(c)
	if err != nil {
		return err
	}
	s, err := inv.statusOf(ctx, c, client)
	if err != nil {
		return err
	}
	if name := c.Args().First(); name != "" {
		return inv.statusOfOne(s, name, c.Bool("why"))
	}
	if inv.json {
		return inv.out.json("status", s)
	}
	inv.showStatus(s)
	return nil
}

func (inv *invocation) statusOf(ctx context.Context, c *cli.Context, client *control.Client) (control.Status, error) {
	if !c.Bool("wait") {
		return client.Status(ctx)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.Duration("timeout"), waitedTooLong(c.Duration("timeout")))
	defer cancel()
	return client.Wait(ctx)
}

func waitedTooLong(timeout time.Duration) *problem.Problem {
	return problem.Newf("S013", "not everything was up within %s", timeout).
		Fix("see what happens: inshore logs -t · inshore ps")
}

// showStatus prints the block that ended `up`, with the state of each process.
func (inv *invocation) showStatus(s control.Status) {
	t := inv.out
	state := "up"
	switch {
	case s.Stopping:
		state = "stopping"
	case !s.Ready:
		state = "starting"
	}
	t.line("%s is %s  (pid %d, since %s)", t.paint("bold", s.App), state, s.PID, age(s.Since, time.Now()))
	rows := [][]string{}
	if len(s.URLs) > 0 {
		rows = append(rows, []string{"App", t.paint("url", strings.Join(s.URLs, "   "))})
	}
	for _, a := range s.AddOns {
		rows = append(rows, []string{title(a.Name), addOnAddress(a)})
	}
	for _, d := range s.Dynos {
		rows = append(rows, []string{d.Name, dynoState(d, time.Now())})
	}
	t.table("  ", rows)
	for _, p := range s.Problems {
		inv.problems(problem.List{p.Problem()})
	}
}

// statusOfOne shows a single dyno or add-on.
func (inv *invocation) statusOfOne(s control.Status, name string, why bool) error {
	for _, d := range s.Dynos {
		if d.Name != name && d.Type != name {
			continue
		}
		if inv.json {
			return inv.out.json("dyno", d)
		}
		inv.out.line("%s: %s", d.Name, dynoState(d, time.Now()))
		inv.out.line("  command  %s", d.Command)
		if why || d.State == "crashed" {
			for _, line := range d.LastLines {
				inv.out.line("  | %s", line)
			}
		}
		return nil
	}
	for _, a := range s.AddOns {
		if a.Name == name || a.Service == name {
			return inv.showAddOn(a)
		}
	}
	return unknownName(s, name)
}

// unknownName says which names there are.
func unknownName(s control.Status, name string) error {
	var names []string
	for _, d := range s.Dynos {
		names = append(names, d.Name)
	}
	for _, a := range s.AddOns {
		names = append(names, a.Name)
	}
	p := problem.Newf("C004", "no process or add-on %q", name)
	if near := problem.Nearest(name, names); near != "" {
		p.Note("did you mean", "%q?", near)
	}
	return p.Note("note", "here: %s", strings.Join(names, ", "))
}

// bare is what `inshore` alone does: look, never start anything.
func (inv *invocation) bare(ctx context.Context, c *cli.Context) error {
	p, err := locate(c)
	if err != nil {
		return err
	}
	client, err := p.dial()
	if err == nil {
		s, err := client.Status(ctx)
		if err != nil {
			return err
		}
		if inv.json {
			return inv.out.json("status", s)
		}
		inv.showStatus(s)
		return nil
	}
	if p.declared() {
		inv.out.line("nothing runs in %s", inv.home(p.dir))
		inv.out.line("start it: inshore up · look at its files: inshore check · all commands: inshore help")
		return nil
	}
	inv.out.line("%s", shortHelp)
	return nil
}

// shortHelp stands where there is no app.
const shortHelp = `inshore - run your Heroku-style app here, with its add-ons, its router and its config.

There is no Procfile in this folder. Three ways on:

  cd FOLDER-OF-YOUR-APP          then: inshore up
  inshore init                   propose a Procfile from the files here
  inshore up --web "COMMAND"     start one command as web

All commands: inshore help`

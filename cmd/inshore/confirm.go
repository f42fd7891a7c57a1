package main

import (
	"github.com/urfave/cli/v2"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// confirmFlag is Heroku's way to make sure: the name must be given.
func confirmFlag() cli.Flag {
	return &cli.StringFlag{Name: "confirm", Usage: "confirm by giving the `NAME` that would be asked for"}
}

// confirm asks for a name before data is touched. Without a person and without
// --confirm it refuses.
func (inv *invocation) confirm(c *cli.Context, name, consequence string) error {
	refused := func() error {
		return problem.Newf("S012", "not confirmed: %s", consequence).Fix("add --confirm %s", name)
	}
	if given := c.String("confirm"); given != "" {
		if given == name {
			return nil
		}
		return problem.Newf("S012", "--confirm says %q, but this is %q", given, name).
			Note("note", "%s", consequence)
	}
	if !inv.interactive() {
		return refused()
	}
	inv.talk.line("%s %s", inv.talk.mark("warning"), consequence)
	answer, err := inv.ask("  To go on, type " + inv.talk.paint("bold", name) + ": ")
	if err != nil {
		return err
	}
	if answer != name {
		return refused()
	}
	return nil
}

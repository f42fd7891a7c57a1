package main

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/inshore-dev/inshore/emulator"
	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/control"
)

func (inv *invocation) destroyCommand() *cli.Command {
	return &cli.Command{
		Name:     "destroy",
		Category: categoryOther,
		Usage:    "stop the app and remove all data of its add-ons; backups are made first",
		Description: "Asks for the app's name, or takes it from --confirm. The files of the app stay as\n" +
			"they are; only what inshore keeps in .inshore goes, except for the backups.",
		UsageText: "inshore destroy\ninshore destroy --confirm guestbook",
		Flags:     []cli.Flag{confirmFlag()},
		Action:    wrap(inv.destroy),
	}
}

func (inv *invocation) destroy(ctx context.Context, c *cli.Context) error {
	p, err := locate(c)
	if err != nil {
		return err
	}
	if err := emulator.CheckStateDir(p.stateDir); err != nil {
		return err // what is behind a link is not ours to remove
	}
	name := inv.appName(ctx, c, p)
	if err := inv.confirm(c, name, "all data of the add-ons of "+name+" will be removed (backups are made first)"); err != nil {
		return err
	}
	if client, err := p.dial(); err == nil {
		if err := stopRun(ctx, client, control.DownOptions{}); err != nil {
			return err
		}
	}
	backups, err := inv.removeAddOns(ctx, c, p, recordedAddOns(p))
	if err != nil {
		return err
	}
	for _, addOn := range slices.Sorted(maps.Keys(backups)) {
		inv.say("  %s %s  backup in %s", inv.talk.mark("ok"), addOn, inv.home(backups[addOn]))
	}
	if err := clearState(p); err != nil {
		return err
	}
	if inv.json {
		return inv.out.json("destroy", map[string]any{"app": name, "backups": backups})
	}
	inv.say("%s is destroyed here; its files are untouched", name)
	return nil
}

// appName is what must be typed to confirm. It does not need files that can be
// read.
func (inv *invocation) appName(ctx context.Context, c *cli.Context, p project) string {
	if client, err := p.dial(); err == nil {
		if s, err := client.Status(ctx); err == nil {
			return s.App
		}
	}
	a, _ := app.Load(app.LoadOptions{Dir: p.dir, Name: c.String("app"), Web: "true", Environ: inv.environ})
	if a != nil {
		return a.Name
	}
	return app.Slug(filepath.Base(p.dir))
}

// clearState empties the state directory but for the backups and the file that
// hides the directory from git.
func clearState(p project) error {
	entries, err := os.ReadDir(p.stateDir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == "backups" || strings.HasPrefix(e.Name(), ".gitignore") {
			continue
		}
		if err := os.RemoveAll(filepath.Join(p.stateDir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/control"
	"github.com/inshore-dev/inshore/emulator/problem"
)

func (inv *invocation) addonsCommand() *cli.Command {
	return &cli.Command{
		Name:      "addons",
		Category:  categoryConfigure,
		Usage:     "show or change the app's add-ons",
		UsageText: "inshore addons\ninshore addons:info postgres\ninshore addons:reset redis --confirm redis",
		Action:    wrap(inv.addons),
		Subcommands: []*cli.Command{
			{
				Name: "info", ArgsUsage: "NAME", Usage: "describe one add-on",
				UsageText: "inshore addons:info postgres",
				Action:    wrap(inv.addonsInfo),
			},
			{
				Name: "open", ArgsUsage: "NAME", Usage: "print the address that a client needs, password included",
				UsageText: "inshore addons:open postgres",
				Action:    wrap(inv.addonsOpen),
			},
			{
				Name: "reset", ArgsUsage: "NAME", Usage: "empty an add-on; a backup is made first",
				UsageText: "inshore addons:reset postgres --confirm postgres",
				Flags:     []cli.Flag{confirmFlag()},
				Action:    wrap(inv.addonsReset),
			},
			{
				Name: "destroy", ArgsUsage: "NAME", Usage: "remove an add-on's data; a backup is made first",
				UsageText: "inshore addons:destroy postgres --confirm postgres",
				Flags:     []cli.Flag{confirmFlag()},
				Action:    wrap(inv.addonsDestroy),
			},
		},
	}
}

// listAddOns gives the add-ons of the running app, else those of app.json.
func (inv *invocation) listAddOns(ctx context.Context, c *cli.Context) ([]control.AddOn, error) {
	client, p, err := running(c)
	if err == nil {
		s, err := client.Status(ctx)
		return s.AddOns, err
	}
	if !errors.Is(err, control.ErrNotRunning) {
		return nil, err
	}
	a, err := inv.load(c, p, app.LoadOptions{Web: "true"})
	if err != nil {
		return nil, err
	}
	return declaredAddOns(p, a)
}

func declaredAddOns(p project, a *app.App) ([]control.AddOn, error) {
	wants := make([]addons.Want, 0, len(a.AddOns))
	for _, d := range a.AddOns {
		wants = append(wants, addons.Want{Plan: d.Plan, As: d.As, Options: d.Options, Place: d.Place})
	}
	requests, problems := newCatalogue().Requests(wants)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	declared := make([]control.AddOn, 0, len(requests))
	for _, r := range requests {
		record, _ := addons.LoadRecord(addons.Host{Dir: p.stateDir}, r.Spec.Name)
		declared = append(declared, control.AddOn{
			Name: r.Spec.Name, Service: r.Service.Slug, Plan: r.Spec.Plan, State: "down",
			Mode: string(record.Mode), Version: record.Version, Vars: r.Service.VarNames(r.Spec.Attachment),
		})
	}
	return declared, nil
}

func (inv *invocation) addons(ctx context.Context, c *cli.Context) error {
	list, err := inv.listAddOns(ctx, c)
	if err != nil {
		return err
	}
	if inv.json {
		return inv.out.json("addons", append([]control.AddOn{}, list...))
	}
	if len(list) == 0 {
		inv.say("app.json asks for no add-ons")
		return nil
	}
	rows := [][]string{{"ADD-ON", "SERVICE", "MODE", "STATE", "ADDRESS", "CONFIG VARS"}}
	for _, a := range list {
		rows = append(rows, []string{
			inv.out.paint("bold", a.Name), a.Service, dash(strings.TrimSpace(a.Mode + " " + a.Version)), a.State,
			dash(a.Addr), strings.Join(a.Vars, ", "),
		})
	}
	inv.out.table("", rows)
	return nil
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// findAddOn takes the add-on's name or its service's.
func findAddOn(list []control.AddOn, name string) (control.AddOn, error) {
	var names []string
	for _, a := range list {
		if a.Name == name || a.Service == name {
			return a, nil
		}
		names = append(names, a.Name)
	}
	p := problem.Newf("C005", "no add-on %q here", name)
	if near := problem.Nearest(name, names); near != "" {
		p.Note("did you mean", "%q?", near)
	}
	if len(names) == 0 {
		return control.AddOn{}, p.Note("note", "app.json asks for no add-ons")
	}
	return control.AddOn{}, p.Note("note", "add-ons here: %s", strings.Join(names, ", "))
}

func (inv *invocation) addonsInfo(ctx context.Context, c *cli.Context) error {
	list, err := inv.listAddOns(ctx, c)
	if err != nil {
		return err
	}
	a, err := findAddOn(list, c.Args().First())
	if err != nil {
		return err
	}
	return inv.showAddOn(a)
}

func (inv *invocation) showAddOn(a control.AddOn) error {
	if inv.json {
		return inv.out.json("addon", a)
	}
	state := a.State
	if !a.Since.IsZero() {
		state += " " + age(a.Since, time.Now())
	}
	inv.out.line("%s", inv.out.paint("bold", "=== "+a.Name))
	rows := [][]string{
		{"Service", strings.TrimSuffix(a.Service+":"+a.Plan, ":")},
		{"State", state},
		{"Mode", strings.TrimSpace(a.Mode + " " + a.Version)},
		{"Address", addOnAddress(a)},
		{"Config vars", strings.Join(a.Vars, ", ")},
		{"Data", a.DataDir},
		{"From", a.Detail},
	}
	for _, limit := range a.Limits {
		rows = append(rows, []string{"Limit", limit})
	}
	inv.out.table("", slices.DeleteFunc(rows, func(row []string) bool { return row[1] == "" }))
	return nil
}

func (inv *invocation) addonsOpen(ctx context.Context, c *cli.Context) error {
	client, _, err := running(c)
	if err != nil {
		return err
	}
	s, err := client.Status(ctx)
	if err != nil {
		return err
	}
	a, err := findAddOn(s.AddOns, c.Args().First())
	if err != nil {
		return err
	}
	vars, err := client.Config(ctx)
	if err != nil {
		return err
	}
	for _, v := range vars {
		if len(a.Vars) > 0 && v.Name == a.Vars[0] {
			if inv.json {
				return inv.out.json("open", map[string]string{"name": v.Name, "url": v.Value})
			}
			inv.out.line("%s", v.Value)
			return nil
		}
	}
	return problem.Newf("C005", "add-on %q has no address", a.Name)
}

func (inv *invocation) addonsReset(ctx context.Context, c *cli.Context) error {
	list, err := inv.listAddOns(ctx, c)
	if err != nil {
		return err
	}
	a, err := findAddOn(list, c.Args().First())
	if err != nil {
		return err
	}
	if err := inv.confirm(c, a.Name, "all data of add-on "+a.Name+" will be removed (a backup is made first)"); err != nil {
		return err
	}
	return inv.withRun(ctx, c, []string{a.Name}, func(client *control.Client, _ project) error {
		backup, err := client.AddOnReset(ctx, a.Name)
		if err != nil {
			return err
		}
		return inv.backedUp("reset", a.Name, inv.home(backup))
	})
}

func (inv *invocation) backedUp(kind, name, backup string) error {
	if inv.json {
		return inv.out.json(kind, map[string]string{"addon": name, "backup": backup})
	}
	inv.say("%s is empty; its data before that: %s", name, backup)
	return nil
}

func (inv *invocation) addonsDestroy(ctx context.Context, c *cli.Context) error {
	list, err := inv.listAddOns(ctx, c)
	if err != nil {
		return err
	}
	a, err := findAddOn(list, c.Args().First())
	if err != nil {
		return err
	}
	if client, _, err := running(c); err == nil {
		return inv.stopFirst(ctx, client)
	}
	if err := inv.confirm(c, a.Name, "add-on "+a.Name+" and its data will be removed (a backup is made first)"); err != nil {
		return err
	}
	p, err := locate(c)
	if err != nil {
		return err
	}
	backups, err := inv.removeAddOns(ctx, c, p, []string{a.Name})
	if err != nil {
		return err
	}
	return inv.backedUp("destroy", a.Name, inv.home(backups[a.Name]))
}

func (*invocation) stopFirst(ctx context.Context, client *control.Client) error {
	s, err := client.Status(ctx)
	if err != nil {
		return err
	}
	return problem.Newf("S002", "%s is running (pid %d)", s.App, s.PID).Fix("stop it first: inshore down")
}

// removeAddOns removes the data of add-ons that are not running and returns
// where their backups are. A folder of ours is put aside as it is; data in a
// container's volume can only be read by its server, so that one is started.
func (inv *invocation) removeAddOns(ctx context.Context, c *cli.Context, p project, names []string) (map[string]string, error) {
	host := addons.Host{Dir: p.stateDir}
	backups := map[string]string{}
	var contained []string
	for _, name := range names {
		if record, _ := addons.LoadRecord(host, name); record.Mode == addons.Container {
			contained = append(contained, name)
			continue
		}
		backup, err := addons.Shelve(host, name, "destroy")
		if err != nil {
			return backups, err
		}
		backups[name] = backup.Dir
	}
	if len(contained) == 0 {
		return backups, nil
	}
	return backups, inv.withRun(ctx, c, contained, func(client *control.Client, _ project) error {
		for _, name := range contained {
			backup, err := client.AddOnDestroy(ctx, name)
			if err != nil {
				return err
			}
			backups[name] = backup
		}
		return nil
	})
}

// recordedAddOns names the add-ons that have left something on disk.
func recordedAddOns(p project) []string {
	entries, err := os.ReadDir(filepath.Dir(addons.Host{Dir: p.stateDir}.AddonDir("x")))
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

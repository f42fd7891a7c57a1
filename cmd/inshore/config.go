package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/urfave/cli/v2"

	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/control"
	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/procfile/envfile"
)

func (inv *invocation) configCommand() *cli.Command {
	return &cli.Command{
		Name:     "config",
		Category: categoryConfigure,
		Usage:    "show or change config vars",
		Description: "Lists every config var with the value that processes see. Secrets are masked in\n" +
			"the list; --shell, --json and `config get` give real values. Changes go to .env,\n" +
			"whose comments and order are kept.",
		UsageText: "inshore config\ninshore config --where\ninshore config:get DATABASE_URL\ninshore config:set DEBUG=1\ninshore config -j",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "shell", Aliases: []string{"s"}, Usage: "print NAME=value lines for a shell"},
			&cli.BoolFlag{Name: "json", Aliases: []string{"j"}, Usage: "print one flat JSON object"},
			&cli.BoolFlag{Name: "where", Usage: "also say where each value comes from"},
			&cli.BoolFlag{Name: "reveal", Usage: "show secrets in the list"},
		},
		Action: wrap(inv.config),
		Subcommands: []*cli.Command{
			{
				Name: "get", ArgsUsage: "NAME", Usage: "print one value",
				UsageText: "inshore config:get DATABASE_URL",
				Flags:     []cli.Flag{&cli.BoolFlag{Name: "shell", Aliases: []string{"s"}, Usage: "print it as NAME=value"}},
				Action:    wrap(inv.configGet),
			},
			{
				Name: "set", ArgsUsage: "NAME=VALUE...", Usage: "set values in .env; `NAME -` reads the value from stdin",
				UsageText: "inshore config:set DEBUG=1 LOG_LEVEL=info\ninshore config:set STRIPE_KEY -",
				Action:    wrap(inv.configSet),
			},
			{
				Name: "unset", ArgsUsage: "NAME...", Usage: "remove values from .env",
				UsageText: "inshore config:unset DEBUG",
				Action:    wrap(inv.configUnset),
			},
		},
	}
}

// configVars gives the resolved config of the running app, else what the files
// and earlier runs tell.
func (inv *invocation) configVars(ctx context.Context, c *cli.Context) ([]control.ConfigVar, string, error) {
	client, p, err := running(c)
	if err == nil {
		vars, err := client.Config(ctx)
		if err != nil {
			return nil, "", err
		}
		s, err := client.Status(ctx)
		return vars, s.App, err
	}
	if !errors.Is(err, control.ErrNotRunning) {
		return nil, "", err
	}
	a, err := inv.load(c, p, app.LoadOptions{Web: "true"})
	if err != nil {
		return nil, "", err
	}
	if len(a.AddOns) > 0 {
		inv.say("%s nothing runs, so the config vars of add-ons are not listed", inv.talk.mark("note"))
	}
	return declaredConfig(p, a), a.Name, nil
}

func declaredConfig(p project, a *app.App) []control.ConfigVar {
	secrets, _ := envfile.Load(filepath.Join(p.stateDir, "secrets.env"))
	for _, name := range a.Generated {
		if value, ok := secrets.Value(name); ok {
			a = a.With(app.ConfigVar{Name: name, Value: value, Secret: true, Origin: app.Origin{Layer: app.LayerGenerated}})
		}
	}
	vars := make([]control.ConfigVar, 0, len(a.Config))
	for _, v := range a.Config {
		vars = append(vars, control.ConfigVar{Name: v.Name, Value: v.Value, Origin: originText(v.Origin), Secret: v.Secret})
	}
	return vars
}

func originText(o app.Origin) string {
	switch {
	case o.Layer == app.LayerAddOn:
		return "add-on " + o.File
	case o.Layer == app.LayerGenerated:
		return "generated"
	case o.File == "":
		return string(o.Layer)
	case o.Line > 0:
		return fmt.Sprintf("%s:%d", o.File, o.Line)
	}
	return o.File
}

func (inv *invocation) config(ctx context.Context, c *cli.Context) error {
	vars, name, err := inv.configVars(ctx, c)
	if err != nil {
		return err
	}
	switch {
	case inv.json:
		flat := make(map[string]string, len(vars))
		for _, v := range vars {
			flat[v.Name] = v.Value
		}
		return inv.out.encode(flat)
	case c.Bool("shell"):
		for _, v := range vars {
			inv.out.line("%s=%s", v.Name, shellQuote(v.Value))
		}
		return nil
	}
	inv.out.line("%s\n", inv.out.paint("bold", "=== "+name+" Config Vars"))
	rows := make([][]string, 0, len(vars))
	for _, v := range vars {
		value := v.Value
		if v.Secret && !c.Bool("reveal") {
			value = masked(v)
		}
		row := []string{inv.out.paint("ok", v.Name+":"), printable(value)}
		if c.Bool("where") {
			row = []string{row[0], inv.out.paint("faint", v.Origin), row[1]}
		}
		rows = append(rows, row)
	}
	inv.out.table("", rows)
	return nil
}

// printable keeps a value on one line and from driving the terminal.
func printable(value string) string {
	quoted := strconv.Quote(value)
	if quoted[1:len(quoted)-1] == value || !strings.ContainsFunc(value, unicode.IsControl) {
		return value
	}
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

// masked hides a secret also where neither its name nor its form tells that it
// is one, such as a generated value.
func masked(v control.ConfigVar) string {
	value := app.Mask(v.Name, v.Value)
	if value == v.Value && value != "" && !strings.Contains(value, "://") {
		return app.Masked
	}
	return value
}

// shellQuote writes a value as `heroku config -s` does: bare when that is safe,
// in single quotes unless it holds one or a line end, else in double quotes.
func shellQuote(value string) string {
	if plainWord.MatchString(value) {
		return value
	}
	if !strings.ContainsAny(value, "'\n") {
		return "'" + value + "'"
	}
	escaped := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`", "!", `\!`, "\n", `\n`).Replace(value)
	return `"` + escaped + `"`
}

func (inv *invocation) configGet(ctx context.Context, c *cli.Context) error {
	vars, _, err := inv.configVars(ctx, c)
	if err != nil {
		return err
	}
	name, value := c.Args().First(), ""
	for _, v := range vars {
		if v.Name == name {
			value = v.Value
		}
	}
	switch {
	case inv.json:
		return inv.out.encode(map[string]string{name: value})
	case c.Bool("shell"):
		inv.out.line("%s=%s", name, shellQuote(value))
	default:
		inv.out.line("%s", value)
	}
	return nil
}

func (inv *invocation) configSet(ctx context.Context, c *cli.Context) error {
	p, err := locate(c)
	if err != nil {
		return err
	}
	names, values, err := inv.settings(c.Args().Slice())
	if err != nil {
		return err
	}
	if err := editEnv(p, func(src []byte) []byte {
		for i, name := range names {
			src = envfile.Edit(src, name, values[i])
		}
		return src
	}); err != nil {
		return err
	}
	inv.say("Setting %s in .env... done", strings.Join(names, ", "))
	inv.warnUnignoredOnce(p)
	return inv.afterConfigChange(ctx, p, names)
}

// settings reads NAME=VALUE words, and NAME followed by "-" for a value on
// stdin, which keeps secrets out of the shell's history.
func (inv *invocation) settings(words []string) (names, values []string, err error) {
	for i := 0; i < len(words); i++ {
		name, value, ok := strings.Cut(words[i], "=")
		if !ok && i+1 < len(words) && words[i+1] == "-" {
			text, err := io.ReadAll(io.LimitReader(inv.in, 1<<20))
			if err != nil {
				return nil, nil, err
			}
			value, ok = strings.TrimRight(string(text), "\r\n"), true
			i++
		}
		if !ok {
			return nil, nil, problem.Newf("C013", "%s is invalid. Must be in the format FOO=bar.", name).
				Fix("inshore config:set %s -   reads the value from stdin", cmp.Or(name, "NAME"))
		}
		if !variableName.MatchString(name) {
			return nil, nil, problem.Newf("C013", "%q cannot be the name of a config var", name).
				Note("note", "letters, digits and _, not beginning with a digit")
		}
		names, values = append(names, name), append(values, value)
	}
	return names, values, nil
}

func (inv *invocation) configUnset(ctx context.Context, c *cli.Context) error {
	p, err := locate(c)
	if err != nil {
		return err
	}
	names := c.Args().Slice()
	if err := editEnv(p, func(src []byte) []byte {
		for _, name := range names {
			src = envfile.Remove(src, name)
		}
		return src
	}); err != nil {
		return err
	}
	inv.say("Unsetting %s in .env... done", strings.Join(names, ", "))
	return inv.afterConfigChange(ctx, p, names)
}

// afterConfigChange says what a running app needs to see the change.
func (inv *invocation) afterConfigChange(_ context.Context, p project, names []string) error {
	if inv.json {
		return inv.out.json("config", map[string]any{"changed": slices.Clone(names), "file": ".env"})
	}
	if _, err := p.dial(); err == nil {
		inv.say("%s the running app sees it after: inshore down && inshore up", inv.talk.mark("note"))
	}
	return nil
}

// warnUnignoredOnce warns when this call has just made the file.
func (inv *invocation) warnUnignoredOnce(p project) {
	if !inv.json {
		inv.warnUnignored(p)
	}
}

// editEnv changes .env in one atomic step.
func editEnv(p project, change func([]byte) []byte) error {
	path := p.path(".env")
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return problem.New("E009", ".env cannot be read").Cause("it is not a regular file")
	}
	src, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return problem.Newf("E009", ".env cannot be read").Cause("%v", err).Wrap(err)
	}
	changed := change(src)
	if string(changed) == string(src) {
		return nil
	}
	return writeSecret(path, changed)
}

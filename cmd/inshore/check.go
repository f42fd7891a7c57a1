package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/emulator"
	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/control"
	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/procfile"
	"github.com/inshore-dev/inshore/procfile/appjson"
	"github.com/inshore-dev/inshore/procfile/envfile"
)

func (inv *invocation) checkCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Category:  categoryConfigure,
		Usage:     "read Procfile, app.json and .env and say what is wrong; nothing is started",
		ArgsUsage: "[FILE...]",
		UsageText: "inshore check\ninshore check Procfile .env.example\ninshore check --json",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "strict", Usage: "Procfile rules of Heroku's Fir generation"},
		},
		Action: wrap(inv.check),
	}
}

func (inv *invocation) check(_ context.Context, c *cli.Context) error {
	p, err := locate(c)
	if err != nil {
		return err
	}
	files, problems := inv.checkProject(c, p)
	if c.Args().Present() {
		files, problems = checkFiles(p, c.Args().Slice(), c.Bool("strict"))
	}
	if inv.json {
		return inv.checkJSON(problems)
	}
	errors, warnings := 0, 0
	for _, found := range problems {
		switch found.Severity {
		case problem.Error:
			errors++
		case problem.Warning:
			warnings++
		case problem.Info:
		}
	}
	for _, f := range files {
		inv.out.line("%-12s %s", f.Name, f.Detail)
	}
	inv.problems(problems)
	if errors > 0 {
		inv.say("%s, %s", plural(errors, "error"), plural(warnings, "warning"))
		return &statusError{status: exitCode(problems)}
	}
	inv.out.line("ok, %s", plural(warnings, "warning"))
	return nil
}

func (inv *invocation) checkJSON(problems problem.List) error {
	if err := inv.out.json("check", control.NewProblems(problems)); err != nil {
		return err
	}
	if problems.Failed() {
		return &statusError{status: exitCode(problems)}
	}
	return nil
}

// checkProject reads everything that `up` would read.
func (inv *invocation) checkProject(c *cli.Context, p project) ([]app.File, problem.List) {
	catalogue := newCatalogue()
	a, problems := app.Load(app.LoadOptions{
		Dir: p.dir, Name: c.String("app"), Environ: inv.environ,
		Strict: c.Bool("strict"), AddOnVars: emulator.AddOnVars(catalogue),
	})
	if a == nil {
		return nil, problems
	}
	wants := make([]addons.Want, 0, len(a.AddOns))
	for _, d := range a.AddOns {
		wants = append(wants, addons.Want{Plan: d.Plan, As: d.As, Options: d.Options, Place: d.Place})
	}
	_, unknown := catalogue.Requests(wants)
	problems = append(problems, unknown...)
	for _, m := range a.Missing {
		problems = append(problems, problem.Newf("E003", "required config var %s has no value", m.Name).At(m.Place).Warn().
			Fix("inshore config:set %s -", m.Name))
	}
	if tracked := trackedByGit(p); tracked {
		problems = append(problems, problem.New("E010", ".env is tracked by git").Warn().At(problem.Place{File: ".env"}).
			Fix("git rm --cached .env && echo .env >> .gitignore"))
	}
	return a.Files, problems
}

func trackedByGit(p project) bool {
	git, err := exec.LookPath("git")
	if err != nil {
		return false
	}
	ls := exec.Command(git, "-C", p.dir, "ls-files", "--error-unmatch", ".env")
	ls.WaitDelay = time.Second
	return ls.Run() == nil
}

// checkFiles reads single files, each by the grammar that its name asks for.
func checkFiles(p project, names []string, strict bool) ([]app.File, problem.List) {
	var files []app.File
	var problems problem.List
	for _, name := range names {
		path := name
		if !filepath.IsAbs(path) {
			path = p.path(name)
		}
		var found problem.List
		detail := ""
		switch base := filepath.Base(name); {
		case strings.HasSuffix(base, ".json"):
			m, list := appjson.LoadAs(path, name)
			found, detail = list, plural(len(m.AddOns), "add-on")
		case strings.Contains(base, ".env") || strings.HasSuffix(base, "env"):
			vars, list := envfile.LoadIn(filepath.Dir(path), envfile.Options{}, base)
			found, detail = list, plural(vars.Len(), "config var")
		default:
			pf, list := procfile.Load(path, procfile.Options{Strict: strict, Name: name})
			found, detail = list, plural(len(pf.Entries), "process type")
		}
		if !found.Failed() {
			files = append(files, app.File{Name: name, Found: true, Detail: detail})
		}
		problems = append(problems, found...)
	}
	return files, problems
}

package main

import (
	"context"
	"errors"
	"os"

	"github.com/google/renameio/v2/maybe"
	"github.com/urfave/cli/v2"

	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/procfile/detect"
)

func (inv *invocation) initCommand() *cli.Command {
	return &cli.Command{
		Name:     "init",
		Category: categoryConfigure,
		Usage:    "propose a Procfile and app.json for this folder",
		Description: "Looks at the files in the folder, never runs any of them, and proposes how to\n" +
			"start the app. Nothing is written without a yes; existing files stay as they are.",
		UsageText: "inshore init\ninshore init --yes",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "web", Usage: "propose `COMMAND` as the web process"},
			&cli.BoolFlag{Name: "dry-run", Aliases: []string{"n"}, Usage: "show the proposal only"},
		},
		Action: wrap(inv.init),
	}
}

func (inv *invocation) init(_ context.Context, c *cli.Context) error {
	p, err := locate(c)
	if err != nil {
		return err
	}
	proposal := detect.Detect(os.DirFS(p.dir))
	if web := c.String("web"); web != "" {
		proposal = detect.Proposal{Stack: "--web", Processes: []detect.Process{{Type: "web", Command: web, Why: "--web"}}}
	}
	if inv.json {
		return inv.out.json("init", proposal)
	}
	if proposal.Stack == "" {
		return nothingDetected(proposal)
	}
	inv.showProposal(proposal)
	if c.Bool("dry-run") {
		return nil
	}
	if !c.Bool("yes") {
		if !inv.interactive() {
			return unanswered()
		}
		answer, err := inv.ask("\nWrite " + proposedNames(proposal) + "? [y/N] ")
		if err != nil {
			return err
		}
		if answer != "y" && answer != "Y" && answer != "yes" {
			inv.say("nothing was written")
			return nil
		}
	}
	return inv.writeProposal(p, proposal)
}

// loadOrPropose loads the app; without a Procfile it shows what would be
// proposed and asks.
func (inv *invocation) loadOrPropose(c *cli.Context, p project, opts app.LoadOptions) (*app.App, error) {
	a, err := inv.load(c, p, opts)
	if err == nil || !isMissingProcfile(err) || opts.Procfile != "" {
		return a, err
	}
	proposal := detect.Detect(os.DirFS(p.dir))
	if proposal.Stack == "" {
		return nil, nothingDetected(proposal)
	}
	if inv.json {
		return nil, unanswered()
	}
	inv.talk.line("inshore %s · %s", version(), inv.home(p.dir))
	inv.showProposal(proposal)
	if !inv.interactive() && !c.Bool("yes") {
		return nil, unanswered()
	}
	if !c.Bool("yes") {
		answer, err := inv.ask("\n  [Y] write " + proposedNames(proposal) + " and start   [q] quit\n  > ")
		if err != nil {
			return nil, err
		}
		if answer != "" && answer != "y" && answer != "Y" && answer != "yes" {
			return nil, &statusError{status: exitFiles}
		}
	}
	if err := inv.writeProposal(p, proposal); err != nil {
		return nil, err
	}
	return inv.load(c, p, opts)
}

func isMissingProcfile(err error) bool {
	for _, p := range problem.Of(err) {
		if p.Code == "P001" {
			return true
		}
	}
	return false
}

func unanswered() *problem.Problem {
	return problem.New("P001", "no Procfile here, and nobody to ask").
		Fix(`run "inshore init --yes" to accept the proposal`)
}

func nothingDetected(proposal detect.Proposal) *problem.Problem {
	p := problem.New("P001", "no Procfile here, and the files do not tell how to start the app")
	if len(proposal.Looked) > 0 {
		p.Quote("looked", "for one of:", wrapWords(proposal.Looked, 70))
	}
	return p.Fix(`inshore init --web "COMMAND"   writes a Procfile`).
		Fix("or write one yourself:  web: COMMAND --port $PORT").
		Fix(`or start once without:  inshore up --web "COMMAND"`)
}

// showProposal prints what was found and what would be written, every line with
// its reason.
func (inv *invocation) showProposal(proposal detect.Proposal) {
	t := inv.talk
	what := proposal.Stack
	if proposal.Version != "" {
		what += " " + proposal.Version
	}
	if len(proposal.Evidence) > 0 {
		what += " (" + proposal.Evidence[0].Text + ")"
	}
	t.line("No Procfile here. This %s %s.", proposal.Confidence, what)
	rows := [][]string{}
	for _, process := range proposal.Processes {
		rows = append(rows, []string{process.Type + ":", process.Command, t.paint("faint", process.Why)})
	}
	t.line("\n  %s", t.paint("bold", "Proposed Procfile.dev"))
	t.table("  ", rows)
	if len(proposal.AddOns) > 0 {
		t.line("\n  %s", t.paint("bold", "Proposed add-ons"))
		rows = rows[:0]
		for _, a := range proposal.AddOns {
			rows = append(rows, []string{a.Plan, t.paint("faint", a.Why)})
		}
		t.table("  ", rows)
	}
	if len(proposal.Production) > 0 {
		t.line("\n  On Heroku these would differ:")
		rows = rows[:0]
		for _, process := range proposal.Production {
			rows = append(rows, []string{process.Type + ":", process.Command, t.paint("faint", process.Why)})
		}
		t.table("  ", rows)
	}
	for _, note := range proposal.Notes {
		t.line("  %s %s", t.mark("note"), note)
	}
}

func proposedNames(proposal detect.Proposal) string {
	if len(proposal.AppJSON()) > 0 {
		return "Procfile.dev and app.json"
	}
	return "Procfile.dev"
}

// writeProposal writes what does not exist yet.
func (inv *invocation) writeProposal(p project, proposal detect.Proposal) error {
	files := []struct {
		name string
		text []byte
	}{{"Procfile.dev", proposal.Procfile()}, {"app.json", proposal.AppJSON()}}
	for _, f := range files {
		if len(f.text) == 0 {
			continue
		}
		if _, err := os.Lstat(p.path(f.name)); !errors.Is(err, os.ErrNotExist) {
			inv.say("  %s %s is there already and stays as it is", inv.talk.mark("note"), f.name)
			continue
		}
		if err := maybe.WriteFile(p.path(f.name), f.text, 0o644); err != nil {
			return err
		}
		inv.say("  %s wrote %s", inv.talk.mark("ok"), f.name)
	}
	return nil
}

// wrapWords joins words to lines of at most the given width.
func wrapWords(words []string, width int) []string {
	var lines []string
	line := ""
	for _, w := range words {
		if line != "" && len(line)+2+len(w) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += ", "
		}
		line += w
	}
	return append(lines, line)
}

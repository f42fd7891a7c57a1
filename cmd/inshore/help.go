package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/inshore-dev/inshore/emulator/problem"
)

func (inv *invocation) helpCommand() *cli.Command {
	return &cli.Command{
		Name:      "help",
		Category:  categoryOther,
		Usage:     "explain a command or a topic",
		ArgsUsage: "[TOPIC...]",
		UsageText: "inshore help\ninshore help logs\ninshore help config set\ninshore help exit-codes",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "all", Usage: "list every command"},
			&cli.BoolFlag{Name: "markdown", Usage: "print the command line reference"},
		},
		Action: wrap(inv.help),
	}
}

func (inv *invocation) help(_ context.Context, c *cli.Context) error {
	words := c.Args().Slice()
	switch {
	case c.Bool("markdown"):
		writeMarkdown(inv.out.w, newTree(inv))
		return nil
	case c.Bool("all"):
		inv.helpAll(newTree(inv))
		return nil
	case len(words) == 0:
		inv.helpTop(newTree(inv))
		return nil
	}
	if len(words) == 1 {
		if text, ok := topics()[words[0]]; ok {
			_, _ = io.WriteString(inv.out.w, text)
			return nil
		}
	}
	path := strings.FieldsFunc(strings.Join(words, ":"), func(r rune) bool { return r == ':' })
	return inv.helpFor(newTree(inv), path)
}

// helpFor prints the help of one command; an empty path is the whole program.
func (inv *invocation) helpFor(tree *cli.App, path []string) error {
	if len(path) == 0 {
		inv.helpTop(tree)
		return nil
	}
	list := tree.Commands
	var c *cli.Command
	var names []string
	for _, name := range path {
		if c = find(list, name); c == nil {
			return unknownTopic(tree, strings.Join(path, " "))
		}
		names = append(names, c.Name)
		list = c.Subcommands
	}
	inv.helpCommandText(c, strings.Join(names, " "))
	return nil
}

func unknownTopic(tree *cli.App, name string) error {
	names := visibleNames(tree.Commands)
	for topic := range topics() {
		names = append(names, topic)
	}
	p := problem.Newf("C014", "no help about %q", name)
	slices.Sort(names)
	if near := problem.Nearest(name, names); near != "" {
		p.Note("did you mean", "%q?", near)
	}
	return p.Fix("all commands: inshore help --all")
}

// helpTop is what a newcomer reads: three groups and how to go on.
func (inv *invocation) helpTop(tree *cli.App) {
	inv.out.line(`inshore - run your Heroku-style app here, with its add-ons, its router and its config.

  inshore up                     start everything in this folder
  inshore run bin/rails console  one-off command with the same config
  inshore logs worker -t         follow one process
  inshore status                 where everything is
`)
	for _, category := range []string{categoryRun, categoryLook, categoryConfigure} {
		var names []string
		for _, c := range tree.Commands {
			if c.Category == category && !c.Hidden {
				names = append(names, c.Name)
			}
		}
		word := category[:1] + strings.ToLower(category[1:])
		inv.out.line("%s%s", inv.out.paint("bold", fmt.Sprintf("%-11s", word)), strings.Join(names, "  "))
	}
	inv.out.line("\ninshore help COMMAND for one command · inshore help --all for all · inshore help environment for variables")
}

// helpAll lists every command with a line about it.
func (inv *invocation) helpAll(tree *cli.App) {
	for i, category := range []string{categoryRun, categoryLook, categoryConfigure, categoryOther} {
		if i > 0 {
			inv.out.line("")
		}
		inv.out.line("%s", inv.out.paint("bold", category))
		var rows [][]string
		for _, c := range tree.Commands {
			if c.Category != category || c.Hidden {
				continue
			}
			rows = append(rows, []string{synopsis(c, c.Name), c.Usage})
			for _, sub := range c.Subcommands {
				if !sub.Hidden {
					rows = append(rows, []string{synopsis(sub, c.Name+" "+sub.Name), sub.Usage})
				}
			}
		}
		inv.out.table("  ", rows)
	}
	var names []string
	for name := range topics() {
		names = append(names, name)
	}
	slices.Sort(names)
	inv.out.line("\nTopics: %s", strings.Join(names, ", "))
	inv.out.line("A subcommand can also be written with a colon: inshore config:set")
}

func synopsis(c *cli.Command, name string) string {
	return strings.TrimSpace(name + " " + c.ArgsUsage)
}

// helpCommandText is the help of one command.
func (inv *invocation) helpCommandText(c *cli.Command, name string) {
	inv.out.line("%s\n", title(c.Usage))
	inv.out.line("  inshore %s", strings.TrimSpace(synopsis(c, name)+" [flags]"))
	if len(c.Aliases) > 0 {
		inv.out.line("  also: %s", strings.Join(c.Aliases, ", "))
	}
	if c.Description != "" {
		inv.out.line("\n%s", c.Description)
	}
	if rows := subcommandRows(c, name); len(rows) > 0 {
		inv.out.line("\n%s", inv.out.paint("bold", "Commands"))
		inv.out.table("  ", rows)
	}
	own, global := flagRows(c)
	if len(own) > 0 {
		inv.out.line("\n%s", inv.out.paint("bold", "Flags"))
		inv.out.table("  ", own)
	}
	inv.out.line("\n%s", inv.out.paint("bold", "Flags of every command"))
	inv.out.table("  ", global)
	inv.out.line("\n%s", inv.out.paint("bold", "Examples"))
	for example := range strings.SplitSeq(c.UsageText, "\n") {
		inv.out.line("  %s", example)
	}
}

func subcommandRows(c *cli.Command, name string) [][]string {
	var rows [][]string
	for _, sub := range c.Subcommands {
		if !sub.Hidden {
			rows = append(rows, []string{synopsis(sub, name+" "+sub.Name), sub.Usage})
		}
	}
	return rows
}

// flagRows describes a command's flags, its own apart from the common ones.
func flagRows(c *cli.Command) (own, global [][]string) {
	common := map[string]string{}
	for _, f := range globalFlags() {
		common[f.Names()[0]] = flagUsage(f)
	}
	for _, f := range c.Flags {
		row := []string{flagNames(f), flagText(f)}
		if usage, ok := common[f.Names()[0]]; ok && usage == flagUsage(f) {
			global = append(global, row)
			continue
		}
		own = append(own, row)
	}
	return own, global
}

// flagNames is the left column: short name first, with the value's placeholder.
func flagNames(f cli.Flag) string {
	var names []string
	for _, n := range f.Names() {
		if len(n) == 1 {
			names = append([]string{"-" + n}, names...)
		} else {
			names = append(names, "--"+n)
		}
	}
	text := strings.Join(names, ", ")
	if len(names) == 1 && strings.HasPrefix(text, "--") {
		text = "    " + text
	}
	if takesValue(f) {
		text += " " + placeholder(f)
	}
	return text
}

// placeholder is the word in back quotes in a flag's usage.
func placeholder(f cli.Flag) string {
	if _, after, ok := strings.Cut(flagUsage(f), "`"); ok {
		word, _, _ := strings.Cut(after, "`")
		return word
	}
	return "VALUE"
}

func flagUsage(f cli.Flag) string {
	if d, ok := f.(cli.DocGenerationFlag); ok {
		return d.GetUsage()
	}
	return ""
}

// flagText is the right column: what it does, and its default.
func flagText(f cli.Flag) string {
	text := strings.ReplaceAll(flagUsage(f), "`", "")
	if s, ok := f.(*cli.StringFlag); ok && s.Value != "" {
		text += fmt.Sprintf(" (default %s)", s.Value)
	}
	if i, ok := f.(*cli.IntFlag); ok && i.Value != 0 {
		text += fmt.Sprintf(" (default %d)", i.Value)
	}
	if d, ok := f.(*cli.DurationFlag); ok && d.Value != 0 {
		text += fmt.Sprintf(" (default %s)", d.Value)
	}
	return text
}

// writeMarkdown prints the reference that README includes.
func writeMarkdown(w io.Writer, tree *cli.App) {
	_, _ = fmt.Fprintf(w, "| command | what it does |\n|---|---|\n")
	var write func(list []*cli.Command, prefix string)
	write = func(list []*cli.Command, prefix string) {
		for _, c := range list {
			if c.Hidden {
				continue
			}
			name := strings.TrimSpace(prefix + " " + c.Name)
			_, _ = fmt.Fprintf(w, "| `inshore %s` | %s%s |\n", synopsis(c, name), strings.ReplaceAll(c.Usage, "|", "\\|"), ownFlagsText(c))
			write(c.Subcommands, name)
		}
	}
	write(tree.Commands, "")
}

func ownFlagsText(c *cli.Command) string {
	own, _ := flagRows(c)
	if len(own) == 0 {
		return ""
	}
	var names []string
	for _, row := range own {
		names = append(names, "`"+strings.ReplaceAll(strings.TrimSpace(row[0]), ", ", " ")+"`")
	}
	return ". Flags: " + strings.Join(names, ", ")
}

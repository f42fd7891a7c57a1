package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// commandLine is argv understood: which command, which flags, which arguments.
type commandLine struct {
	path    []string     // canonical names, outermost first; empty at the top
	command *cli.Command // nil at the top
	flags   []string     // as --name=value, with canonical names
	args    []string
	help    bool
	global  globals
}

// argv is what the library gets to see: flags first, then "--", then arguments,
// which is the only order that it reads reliably.
func (l commandLine) argv() []string {
	out := append(slices.Clone(l.path), l.flags...)
	return append(append(out, "--"), l.args...)
}

// parseArgv reads a command line. Flags may stand before or after the command
// and its arguments, short ones may be joined, "a b" and "a:b" name the same
// command, and "--" ends the flags. What cannot be understood is a problem C
// that names the nearest thing that can.
func parseArgv(tree *cli.App, args []string, getenv func(string) string) (commandLine, error) {
	p := &argvParser{tree: tree, rest: args}
	p.line.global = globalsFrom(getenv)
	for len(p.rest) > 0 {
		p.next()
	}
	p.resolve()
	if p.err == nil && !p.line.help {
		p.err = checkArgs(p.line)
	}
	return p.line, p.err
}

func globalsFrom(getenv func(string) string) globals {
	on := func(name string) bool {
		v := getenv(twinName(name))
		return v != "" && v != "0" && v != "false"
	}
	return globals{
		color: getenv(twinName("color")), json: on("json"), quiet: on("quiet"),
		noInput: on("no-input"), verbose: on("verbose"), noColour: on("no-color"),
	}
}

// argvParser walks over the words once.
type argvParser struct {
	tree  *cli.App
	rest  []string
	line  commandLine
	given []givenFlag
	err   error // the first one; reading goes on, for --json decides how it is told
}

// givenFlag is a flag as written. It is matched with the command's own at the
// end, because it may stand before the command's name.
type givenFlag struct {
	name     string // without dashes
	written  string
	value    string
	hasValue bool
}

func (p *argvParser) fail(err *problem.Problem) {
	if p.err == nil {
		p.err = err
	}
}

func (p *argvParser) next() {
	word := p.rest[0]
	p.rest = p.rest[1:]
	switch {
	case word == "--":
		p.line.args = append(p.line.args, p.rest...)
		p.rest = nil
	case len(word) > 1 && word[0] == '-':
		p.flag(word)
	default:
		p.word(word)
	}
}

// word is a command's name or an argument.
func (p *argvParser) word(word string) {
	if len(p.line.args) == 0 && p.descend(word) {
		return
	}
	if p.line.command == nil || len(p.line.command.Subcommands) > 0 && p.line.command.ArgsUsage == "" {
		p.fail(p.unknownCommand(word))
	}
	p.line.args = append(p.line.args, word)
	if p.line.command != nil && passesArguments(p.line.command) {
		p.line.args = append(p.line.args, p.rest...)
		p.rest = nil
	}
}

// passesArguments tells whether everything after the first argument belongs to
// the command that is to be run.
func passesArguments(c *cli.Command) bool { return c.Name == "run" }

// descend follows a name to a command, "config:set" by two steps.
func (p *argvParser) descend(word string) bool {
	at := p.line
	for name := range strings.SplitSeq(word, ":") {
		c := find(p.children(at.command), name)
		if c == nil {
			return false
		}
		at.command = c
		at.path = append(slices.Clone(at.path), c.Name)
	}
	p.line.command, p.line.path = at.command, at.path
	return true
}

func (p *argvParser) children(c *cli.Command) []*cli.Command {
	if c == nil {
		return p.tree.Commands
	}
	return c.Subcommands
}

func find(list []*cli.Command, name string) *cli.Command {
	for _, c := range list {
		if c.HasName(name) {
			return c
		}
	}
	return nil
}

// flag reads a word that begins with a dash.
func (p *argvParser) flag(word string) {
	if p.line.command == nil && (word == "--version" || word == "-V") {
		p.descend("version")
		return
	}
	if name, ok := strings.CutPrefix(word, "--"); ok {
		name, value, hasValue := strings.Cut(name, "=")
		p.add(givenFlag{name: name, written: "--" + name, value: value, hasValue: hasValue})
		return
	}
	p.cluster(word[1:])
}

// cluster reads joined short flags: -tn 5, -n5, -n=5.
func (p *argvParser) cluster(letters string) {
	for i, letter := range letters {
		name := string(letter)
		after := letters[i+len(name):]
		f := p.lookup(name)
		if f != nil && takesValue(f) && after != "" {
			p.add(givenFlag{name: name, written: "-" + name, value: strings.TrimPrefix(after, "="), hasValue: true})
			return
		}
		p.add(givenFlag{name: name, written: "-" + name})
		if f == nil && name != "h" {
			return // what follows an unknown letter means nothing
		}
	}
}

func (p *argvParser) add(g givenFlag) {
	if g.name == "help" || g.name == "h" {
		p.line.help = true
		return
	}
	f := p.lookup(g.name)
	if f == nil {
		p.fail(p.unknownFlag(g.written))
		return
	}
	if takesValue(f) && !g.hasValue {
		if len(p.rest) == 0 {
			p.fail(problem.Newf("C010", "flag %s needs a value", g.written).Fix("%s", seeHelp(p.line.path)))
			return
		}
		g.value, g.hasValue = p.rest[0], true
		p.rest = p.rest[1:]
	}
	p.given = append(p.given, g)
}

// lookup finds a flag of the command read so far, or of one that may still
// follow.
func (p *argvParser) lookup(name string) cli.Flag {
	flags := p.tree.Flags
	if p.line.command != nil {
		flags = p.line.command.Flags
	}
	if f := findFlag(flags, name); f != nil {
		return f
	}
	return findFlagBelow(p.children(p.line.command), name)
}

func findFlag(flags []cli.Flag, name string) cli.Flag {
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

func findFlagBelow(list []*cli.Command, name string) cli.Flag {
	for _, c := range list {
		if f := findFlag(c.Flags, name); f != nil {
			return f
		}
		if f := findFlagBelow(c.Subcommands, name); f != nil {
			return f
		}
	}
	return nil
}

func takesValue(f cli.Flag) bool {
	_, isBool := f.(*cli.BoolFlag)
	return !isBool
}

// resolve matches the flags with the command that was found in the end.
func (p *argvParser) resolve() {
	flags := p.tree.Flags
	if p.line.command != nil {
		flags = p.line.command.Flags
	}
	for _, g := range p.given {
		f := findFlag(flags, g.name)
		if f == nil {
			p.fail(p.unknownFlag(g.written))
			continue
		}
		name := f.Names()[0]
		p.line.global.set(name, g)
		if !g.hasValue {
			g.value = "true"
		}
		p.line.flags = append(p.line.flags, "--"+name+"="+g.value)
	}
}

// set remembers a global flag, for it also decides how errors look.
func (g *globals) set(name string, given givenFlag) {
	on := !given.hasValue || given.value == "true" || given.value == "1"
	switch name {
	case "dir":
		g.dir = given.value
	case "app":
		g.app = given.value
	case "color":
		g.color = given.value
	case "no-color":
		g.noColour = on
	case "json":
		g.json = on
	case "quiet":
		g.quiet = on
	case "verbose":
		g.verbose = on
	case "no-input":
		g.noInput = on
	case "yes":
		g.yes = on
	}
}

func (p *argvParser) unknownCommand(word string) *problem.Problem {
	names := visibleNames(p.children(p.line.command))
	if p.line.command != nil {
		parent := strings.Join(p.line.path, " ")
		err := problem.Newf("C001", "%q is not an inshore %s command", word, parent)
		if near := problem.Nearest(word, names); near != "" {
			err.Note("did you mean", "%q?", near)
		}
		return err.Note("fix", "one of: %s", strings.Join(names, ", "))
	}
	err := problem.Newf("C001", "%q is not an inshore command", word)
	if near := problem.Nearest(word, names); near != "" {
		err.Note("did you mean", "%q?", near)
	}
	return err.Fix("all commands: inshore help --all")
}

func visibleNames(list []*cli.Command) []string {
	var names []string
	for _, c := range list {
		if !c.Hidden {
			names = append(names, c.Names()...)
		}
	}
	return names
}

func (p *argvParser) unknownFlag(written string) *problem.Problem {
	flags := p.tree.Flags
	where := "inshore"
	if p.line.command != nil {
		flags, where = p.line.command.Flags, strings.Join(p.line.path, " ")
	}
	err := problem.Newf("C002", "unknown flag %s for %q", written, where)
	var names []string
	for _, f := range flags {
		names = append(names, f.Names()...)
	}
	if near := problem.Nearest(strings.TrimLeft(written, "-"), names); near != "" && len(written) > 2 {
		err.Note("did you mean", "%s?", dashed(near))
	}
	return err.Fix("%s", seeHelp(p.line.path))
}

func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

func seeHelp(path []string) string {
	return strings.TrimSpace("inshore help " + strings.Join(path, " "))
}

// checkArgs compares the number of arguments with what the command's usage
// says: NAME is one, [NAME] at most one, NAME... one or more.
func checkArgs(line commandLine) error {
	if line.command == nil {
		if len(line.args) > 0 {
			return problem.Newf("C001", "%q is not an inshore command", line.args[0]).Fix("all commands: inshore help --all")
		}
		return nil
	}
	name := strings.Join(line.path, " ")
	least, most := argRange(line.command.ArgsUsage)
	if len(line.args) < least {
		return problem.Newf("C009", "%s needs an argument: %s", name, line.command.ArgsUsage).
			Fix("%s", seeHelp(line.path))
	}
	if most >= 0 && len(line.args) > most {
		return problem.Newf("C008", "unexpected argument %q for %q", line.args[most], name).
			Fix("%s", seeHelp(line.path))
	}
	return nil
}

// argRange reads the usage of arguments; most is -1 when there is no limit.
func argRange(usage string) (least, most int) {
	for word := range strings.FieldsSeq(usage) {
		if word == "[--]" {
			continue
		}
		if !strings.HasPrefix(word, "[") {
			least++
		}
		if strings.Contains(word, "...") {
			return least, -1
		}
		most++
	}
	return least, most
}

// usageError makes what the library says about a flag's value a problem.
func usageError(err error, path []string) error {
	if err == nil || problem.Of(err) != nil {
		return err
	}
	return problem.Newf("C003", "%v", err).Fix("%s", seeHelp(path))
}

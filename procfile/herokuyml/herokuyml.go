// Package herokuyml reads heroku.yml, in which an app on Heroku's container
// stack declares its images, its process types and its release command (Dev
// Center "Building Docker Images with heroku.yml"). It reads syntax only;
// building images is not its work. On that stack Heroku ignores a Procfile.
package herokuyml

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/procfile/source"
)

// The codes of everything that can be said about a heroku.yml.
const (
	codeMissing    = "P030"
	codeSyntax     = "P031"
	codeShape      = "P032"
	codeUnknownKey = "P033"
	codeUnreadable = "P034"
	codeEncoding   = "P035"
)

// maxBytes bounds a file; real ones have a few dozen lines.
const maxBytes = 256 << 10

// File is what a heroku.yml declares. The zero value declares nothing.
type File struct {
	Name    string
	AddOns  []AddOn   // setup.addons
	Config  []Setting // setup.config: config vars of a new app
	Images  []Image   // build.docker
	Args    []Setting // build.config: build arguments
	Release Command   // the release command; Text is empty when there is none
	Run     []Command // in file order
}

// AddOn is one entry of setup.addons.
type AddOn struct {
	Plan  string
	As    string // attachment name; empty for the default
	Place problem.Place
}

// Setting is a name with a value.
type Setting struct {
	Name, Value string
	Place       problem.Place
}

// Image is the Dockerfile of a process type.
type Image struct {
	Type, Dockerfile string
	Place            problem.Place
}

// Command is what a process type, or the release phase, runs.
type Command struct {
	Type  string // "release" for the release phase
	Text  string // for a shell; several commands of a list are joined with "&&"
	Image string // the type whose image it runs in; empty for its own
	Place problem.Place
}

// Load reads a heroku.yml from disk; name is what problems call it. A missing
// file is problem P030 wrapping fs.ErrNotExist.
func Load(path, name string) (*File, problem.List) {
	src, refused := source.Read(path, source.Limits{
		Name: name, MaxBytes: maxBytes, Missing: codeMissing, Encoding: codeEncoding, Unreadable: codeUnreadable,
	})
	if refused != nil {
		return &File{Name: name}, problem.List{refused}
	}
	return Parse(name, src)
}

// Parse reads the text of a heroku.yml. The File is never nil and holds whatever
// could be read.
func Parse(name string, src []byte) (*File, problem.List) {
	f := &File{Name: name}
	if len(src) > maxBytes {
		return f, problem.List{problem.Newf(codeUnreadable, "%s is larger than %d KiB", name, maxBytes>>10).
			At(problem.Place{File: name})}
	}
	if refused := source.CheckText(name, src, codeEncoding); refused != nil {
		return f, problem.List{refused}
	}
	p := &parser{file: f, lines: strings.Split(string(src), "\n")}
	var root yaml.Node
	if err := yaml.Unmarshal(src, &root); err != nil {
		return f, problem.List{p.syntax(err)}
	}
	if len(root.Content) == 0 {
		p.report(problem.Newf(codeShape, "%s is empty", name).At(problem.Place{File: name, Line: 1}))
		return f, p.problems
	}
	p.top(root.Content[0])
	return f, p.problems
}

type parser struct {
	file     *File
	lines    []string
	problems problem.List
}

func (p *parser) report(found *problem.Problem) { p.problems = append(p.problems, found) }

var lineNumber = regexp.MustCompile(`line (\d+)`)

// syntax turns an error of the YAML reader, which knows only the line, into a
// problem.
func (p *parser) syntax(err error) *problem.Problem {
	cause := strings.TrimPrefix(err.Error(), "yaml: ")
	var kind *yaml.TypeError
	if errors.As(err, &kind) && len(kind.Errors) > 0 {
		cause = kind.Errors[0]
	}
	place := problem.Place{File: p.file.Name}
	if m := lineNumber.FindStringSubmatch(cause); m != nil {
		place.Line, _ = strconv.Atoi(m[1])
		if place.Line >= 1 && place.Line <= len(p.lines) {
			place.Source = strings.TrimRight(p.lines[place.Line-1], "\r")
		}
	}
	return problem.Newf(codeSyntax, "%s is not valid YAML", p.file.Name).At(place).Cause("%s", cause)
}

func (p *parser) place(n *yaml.Node) problem.Place {
	place := problem.Place{File: p.file.Name, Line: n.Line, Column: n.Column}
	if n.Line >= 1 && n.Line <= len(p.lines) {
		place.Source = strings.TrimRight(p.lines[n.Line-1], "\r")
	}
	return place
}

// pair is one key of a mapping with its value.
type pair struct {
	key   string
	at    *yaml.Node
	value *yaml.Node
}

// pairs lists a mapping; anything else is reported and empty, null only empty.
func (p *parser) pairs(n *yaml.Node, what string) []pair {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		p.wrong(n, what, "a mapping of names to values")
		return nil
	}
	var list []pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		list = append(list, pair{n.Content[i].Value, n.Content[i], n.Content[i+1]})
	}
	return list
}

func (p *parser) wrong(n *yaml.Node, what, want string) {
	p.report(problem.Newf(codeShape, "%s is not %s", what, want).Warn().
		At(p.place(n)).Note("note", "ignored"))
}

func (p *parser) unknown(k pair, known ...string) {
	found := problem.Newf(codeUnknownKey, "unknown key %q in %s", k.key, p.file.Name).Warn().At(p.place(k.at))
	if near := problem.Nearest(k.key, known); near != "" {
		found.Caret(fmt.Sprintf("did you mean %q?", near))
	}
	p.report(found)
}

func (p *parser) top(root *yaml.Node) {
	for _, k := range p.pairs(root, p.file.Name) {
		switch k.key {
		case "setup":
			p.setup(k.value)
		case "build":
			p.build(k.value)
		case "release":
			p.file.Release = p.command("release", k.at, k.value)
		case "run":
			for _, run := range p.pairs(k.value, "run") {
				if c := p.command(run.key, run.at, run.value); c.Text != "" {
					p.file.Run = append(p.file.Run, c)
				}
			}
		default:
			p.unknown(k, "setup", "build", "release", "run")
		}
	}
}

func (p *parser) setup(n *yaml.Node) {
	for _, k := range p.pairs(n, "setup") {
		switch k.key {
		case "addons":
			p.addOns(k.value)
		case "config":
			p.file.Config = p.settings(k.value, "setup.config")
		default:
			p.unknown(k, "addons", "config")
		}
	}
}

func (p *parser) addOns(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		p.wrong(n, "setup.addons", "a list")
		return
	}
	for _, item := range n.Content {
		a := AddOn{Place: p.place(item)}
		if item.Kind == yaml.ScalarNode {
			a.Plan = item.Value
		} else {
			for _, k := range p.pairs(item, "an add-on") {
				switch k.key {
				case "plan":
					a.Plan = p.text(k.value, "plan")
				case "as":
					a.As = p.text(k.value, "as")
				default:
					p.unknown(k, "plan", "as")
				}
			}
		}
		if a.Plan == "" {
			p.wrong(item, "an add-on", "an entry with a plan")
			continue
		}
		p.file.AddOns = append(p.file.AddOns, a)
	}
}

func (p *parser) build(n *yaml.Node) {
	for _, k := range p.pairs(n, "build") {
		switch k.key {
		case "docker":
			for _, s := range p.settings(k.value, "build.docker") {
				p.file.Images = append(p.file.Images, Image{s.Name, s.Value, s.Place})
			}
		case "config":
			p.file.Args = p.settings(k.value, "build.config")
		case "languages", "pipeline":
		default:
			p.unknown(k, "docker", "config", "languages")
		}
	}
}

func (p *parser) settings(n *yaml.Node, what string) []Setting {
	var list []Setting
	for _, k := range p.pairs(n, what) {
		list = append(list, Setting{k.key, p.text(k.value, what+"."+k.key), p.place(k.at)})
	}
	return list
}

func (p *parser) text(n *yaml.Node, what string) string {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	if n.Kind != yaml.ScalarNode {
		p.wrong(n, what, "a text")
		return ""
	}
	if n.Tag == "!!null" {
		return ""
	}
	return n.Value
}

// command reads a text, a list of commands, or {command: …, image: …}.
func (p *parser) command(processType string, at, n *yaml.Node) Command {
	c := Command{Type: processType, Place: p.place(at)}
	switch n.Kind {
	case yaml.MappingNode:
		for _, k := range p.pairs(n, processType) {
			switch k.key {
			case "command":
				c.Text = p.words(k.value, processType)
			case "image":
				c.Image = p.text(k.value, "image")
			default:
				p.unknown(k, "command", "image")
			}
		}
	default:
		c.Text = p.words(n, processType)
	}
	c.Text = strings.TrimSpace(c.Text)
	return c
}

// words reads one command or a list of them, which run one after the other as
// long as they succeed.
func (p *parser) words(n *yaml.Node, what string) string {
	if n.Kind != yaml.SequenceNode {
		return p.text(n, what)
	}
	var commands []string
	for _, item := range n.Content {
		if text := strings.TrimSpace(p.text(item, what)); text != "" {
			commands = append(commands, text)
		}
	}
	return strings.Join(commands, " && ")
}

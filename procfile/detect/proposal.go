// Package detect guesses how to run an app that has no Procfile, from the files
// that its ecosystem's tools leave in the folder. It reads a bounded number of
// bytes of a bounded number of files, never runs project code and writes
// nothing; what to do with a Proposal is the caller's decision.
//
// Ecosystems are tried in the order of Heroku's builders: Python, Ruby, Java,
// Go, PHP, .NET, Elixir, Rust, Deno, Node, then static pages and containers. Node
// comes late because Rails, Laravel, Phoenix and Django apps carry a package.json
// too; there it becomes a process that watches assets.
package detect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"

	"github.com/inshore-dev/inshore/procfile/envfile"
)

// Confidence says how sure a proposal is.
type Confidence int

// The confidences, weakest first. The zero value means that nothing was found.
const (
	Nothing Confidence = iota
	Maybe              // "might be"
	Likely             // "looks like"
)

// String is the phrase shown to people.
func (c Confidence) String() string {
	switch c {
	case Likely:
		return "looks like"
	case Maybe:
		return "might be"
	default:
		return "nothing found"
	}
}

// Proposal is what an app seems to need. It is data; no file is touched.
type Proposal struct {
	Stack      string // "Django", "Rails", … ; empty when nothing was found
	Version    string // of the stack, when a file pins it
	Confidence Confidence
	Evidence   []Evidence // why this stack
	Processes  []Process  // for Procfile.dev, web first and release last
	Production []Process  // what Heroku would run where it differs; may be empty
	AddOns     []AddOn
	Env        []Env    // config vars that development wants
	Notes      []string // remarks for a person
	Looked     []string // files that were looked for, for the message when nothing was found
}

// Evidence is one reason with its place.
type Evidence struct {
	Text string // what was found there, for example "django"
	File string
	Line int // from 1; 0 means the whole file
}

// String is "django in requirements.txt:3", or the file alone.
func (e Evidence) String() string {
	place := e.File
	if e.Line > 0 {
		place = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	if e.Text == "" {
		return place
	}
	return e.Text + " in " + place
}

// Process is one proposed Procfile line.
type Process struct {
	Type    string
	Command string
	Why     string
}

// AddOn is one proposed add-on.
type AddOn struct {
	Plan string // "heroku-postgresql"
	Why  string
}

// Env is one proposed development setting.
type Env struct {
	Name, Value, Why string
}

// Detect looks at an app's folder. It never fails: what cannot be read counts
// as absent. A Proposal of confidence Nothing has only Looked.
func Detect(fsys fs.FS) Proposal {
	f := &folder{fsys: fsys}
	for _, detector := range []func(*folder) (Proposal, bool){
		herokuYML, python, ruby, java, golang, php, dotnet, elixir, rust, deno, node, static, docker,
	} {
		p, ok := detector(f)
		if !ok {
			continue
		}
		p.addAssets(f)
		p.sort()
		return p
	}
	return Proposal{Looked: []string{
		"heroku.yml", "requirements.txt", "pyproject.toml", "Pipfile", "manage.py", "Gemfile", "config.ru", "pom.xml",
		"build.gradle", "go.mod", "composer.json", "artisan", "index.php", "*.csproj", "mix.exs", "Cargo.toml",
		"deno.json", "package.json", "index.html", "Dockerfile",
	}}
}

// sort puts web first and release last and keeps the order in between.
func (p *Proposal) sort() {
	rank := func(processType string) int {
		switch processType {
		case "web":
			return 0
		case "release":
			return 2
		default:
			return 1
		}
	}
	slices.SortStableFunc(p.Processes, func(a, b Process) int { return rank(a.Type) - rank(b.Type) })
}

func (p *Proposal) process(processType, command, why string) {
	p.Processes = append(p.Processes, Process{processType, command, why})
}

func (p *Proposal) evidence(text, file string, line int) {
	p.Evidence = append(p.Evidence, Evidence{text, file, line})
}

// Procfile is the text of the proposed Procfile.dev; nil when there is no
// process.
func (p Proposal) Procfile() []byte {
	var b bytes.Buffer
	for _, process := range p.Processes {
		fmt.Fprintf(&b, "%s: %s\n", process.Type, process.Command)
	}
	return b.Bytes()
}

// AppJSON is the text of the proposed app.json; nil when it would be empty. It
// holds no development settings, since Heroku reads the file too.
func (p Proposal) AppJSON() []byte {
	if len(p.AddOns) == 0 {
		return nil
	}
	var manifest struct {
		AddOns []string `json:"addons"`
	}
	for _, a := range p.AddOns {
		manifest.AddOns = append(manifest.AddOns, a.Plan)
	}
	text, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return nil
	}
	return append(text, '\n')
}

// EnvFile is the text of the proposed .env; nil when it would be empty.
func (p Proposal) EnvFile() []byte {
	var vars envfile.Vars
	for _, e := range p.Env {
		vars.Set(envfile.Var{Name: e.Name, Value: e.Value})
	}
	return envfile.Encode(vars)
}

// Package app is the app as its files declare it: one immutable value that
// says what to run, with which config vars and add-ons, and where each of these
// facts was written.
//
// Load reads Procfile, app.json and the .env files of one directory and merges
// them with the command line and the environment. It starts nothing and writes
// nothing; generated secrets and add-on variables are added by the emulator
// through With, which returns a new value. Values are safe to share between
// goroutines because nobody changes them.
package app

import (
	"maps"
	"slices"
	"strings"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// App is an app declared in a directory.
type App struct {
	Name      string        // from --app, app.json's name or the directory's, made fit for a host name
	Dir       string        // absolute, symbolic links resolved
	Checkout  string        // 8 hex digits of a hash of Dir: tells clones and worktrees apart
	Processes []ProcessType // in the order of the Procfile
	Config    []ConfigVar   // sorted by name
	AddOns    []AddOn       // in the order of app.json
	Missing   []Requirement // required config vars without a value
	Generated []string      // names of config vars whose value the emulator must generate once
	Files     []File        // the files read, for the first lines of `up`
	Environ   []string      // the process environment that dynos inherit, NAME=value
}

// ProcessType is a named command of the Procfile.
type ProcessType struct {
	Name     string
	Command  string        // opaque text for a shell
	Place    problem.Place // of the command
	Quantity int           // dynos wanted: app.json's formation, else 1; 0 for release
	Size     string        // dyno size as written; may be empty
	Index    int           // position in the Procfile, which fixes its ports
}

// ConfigVar is a named setting with the place its value came from.
type ConfigVar struct {
	Name   string
	Value  string
	Origin Origin
	Secret bool // its name or origin says that it must be masked in output
}

// Layer says which source of config vars a value came from. Later ones are
// overridden by earlier ones.
type Layer string

// The layers, strongest first.
const (
	LayerCommandLine Layer = "command line"
	LayerEnvironment Layer = "environment"
	LayerEnvFile     Layer = "env file"
	LayerAddOn       Layer = "add-on"
	LayerGenerated   Layer = "generated"
	LayerAppJSON     Layer = "app.json"
)

// Origin is where a value was written. File and Line are set for files only;
// File is also the add-on's name for LayerAddOn.
type Origin struct {
	Layer Layer
	File  string
	Line  int
}

// AddOn is an add-on that app.json asks for.
type AddOn struct {
	Plan    string            // "heroku-postgresql:essential-0"
	As      string            // attachment name; empty for the service's default
	Options map[string]string // provider options, for example version
	Place   problem.Place
}

// Requirement is a config var that app.json requires and nobody gave a value.
type Requirement struct {
	Name        string
	Description string
	Place       problem.Place
}

// File is a file that was looked for.
type File struct {
	Name   string // relative to Dir
	Found  bool
	Detail string // "3 process types  web, worker, release"
}

// Process finds a process type by name.
func (a *App) Process(name string) (ProcessType, bool) {
	i := slices.IndexFunc(a.Processes, func(p ProcessType) bool { return p.Name == name })
	if i < 0 {
		return ProcessType{}, false
	}
	return a.Processes[i], true
}

// Var finds a config var by name.
func (a *App) Var(name string) (ConfigVar, bool) {
	i := slices.IndexFunc(a.Config, func(v ConfigVar) bool { return v.Name == name })
	if i < 0 {
		return ConfigVar{}, false
	}
	return a.Config[i], true
}

// With returns a copy of the app in which the given config vars replace those
// of the same names. The receiver stays as it is.
func (a *App) With(vars ...ConfigVar) *App {
	changed := *a
	byName := map[string]ConfigVar{}
	for _, v := range append(slices.Clone(a.Config), vars...) {
		byName[v.Name] = v
	}
	changed.Config = slices.SortedFunc(maps.Values(byName), func(x, y ConfigVar) int {
		return strings.Compare(x.Name, y.Name)
	})
	return &changed
}

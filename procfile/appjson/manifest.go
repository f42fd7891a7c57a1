// Package appjson reads app.json, the manifest in which an app declares the
// config vars, add-ons and formation it wants when it is set up on Heroku.
//
// Every key of the Dev Center article "app.json Schema" is read, with its place
// in the file. What people write beside the schema and Heroku takes anyway is
// read with a warning. Nothing is fetched, run or resolved.
package appjson

import "github.com/inshore-dev/inshore/emulator/problem"

// Kind says whose app.json a file is.
type Kind string

// The kinds of app.json found in the wild. Only Heroku files have content.
const (
	Heroku      Kind = "heroku"
	Expo        Kind = "expo"
	ReactNative Kind = "react-native"
	WeChat      Kind = "wechat-mini-program"
	JSONSchema  Kind = "json-schema"
	Unknown     Kind = "unknown"
)

// Manifest is what an app.json declares. The zero value declares nothing.
type Manifest struct {
	File        string // as the user would name it
	Kind        Kind
	Name        string
	Description string
	Keywords    []string
	Website     string
	Repository  string
	Logo        string
	SuccessURL  string
	Image       string
	Stack       string

	Env        []EnvVar // in file order, names unique
	AddOns     []AddOn
	Formation  []Quantity
	Scripts    []Script
	Buildpacks []Buildpack
	Cron       []Cron        // Dokku's scheduled tasks
	Health     []HealthCheck // Dokku's health checks

	Environments []Environment // "test", "review", …, in file order

	// Without names the add-ons that inshore leaves out: the list
	// "inshore": {"without": [...]}, a key of ours that Heroku ignores.
	Without []string

	present map[string]bool // top-level keys that were there and not null
}

// Has tells whether a top-level key such as "addons" is present and not null.
func (m *Manifest) Has(key string) bool { return m.present[key] }

// Find returns the entry of "env" with that name.
func (m *Manifest) Find(name string) (EnvVar, bool) {
	for _, v := range m.Env {
		if v.Name == name {
			return v, true
		}
	}
	return EnvVar{}, false
}

// Script returns the command of a script such as "postdeploy", or "".
func (m *Manifest) Script(name string) string {
	for _, s := range m.Scripts {
		if s.Name == name {
			return s.Command
		}
	}
	return ""
}

// EnvVar is one entry of "env".
type EnvVar struct {
	Name        string
	Value       string // default; meaningful when HasValue
	HasValue    bool   // an empty string counts as a value
	Generator   string // "secret" or empty
	Required    bool   // true unless the file says false
	Description string
	Place       problem.Place // of the name; Source stays empty since values may be secrets
}

// AddOn is one entry of "addons".
type AddOn struct {
	Plan    string            // "service" or "service:plan"
	Written string            // as in the file, where words such as --version=15 may follow the plan
	As      string            // attachment name; empty for the default
	Options map[string]string // provider options, those of Written included; nil when none
	Place   problem.Place     // of the entry
}

// Quantity is one entry of "formation".
type Quantity struct {
	Type     string
	Quantity int
	Size     string // as written, may be a retired size; empty for the default
	Place    problem.Place
}

// Script is one entry of "scripts": "postdeploy", "test", …
type Script struct {
	Name    string
	Command string
	Size    string
	Place   problem.Place
}

// Buildpack is one entry of "buildpacks".
type Buildpack struct {
	URL   string // registry shorthand or URL
	Place problem.Place
}

// Cron is one of Dokku's scheduled commands.
type Cron struct {
	Command  string
	Schedule string
	Place    problem.Place
}

// HealthCheck is one of Dokku's health checks for a process type.
type HealthCheck struct {
	ProcessType string
	Type        string // "startup", "liveness" or "readiness"
	Path        string
	Command     []string
	Place       problem.Place
}

// Environment is one entry of "environments".
type Environment struct {
	Name     string
	Manifest *Manifest
	Place    problem.Place
}

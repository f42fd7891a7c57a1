package app

import (
	"regexp"
	"slices"
	"strings"

	"github.com/inshore-dev/inshore/procfile/appjson"
)

// validName is what the platform accepts as the name of a config var (Dev
// Center: "Config Vars"). The parser has warned about others; in an environment
// some of them would set a different variable.
var validName = regexp.MustCompile(`^\w+$`)

// resolve merges the layers of config vars. A name counts as declared when
// app.json, an env file or the command line mentions it; the process
// environment can only override such names, so that `config` does not list the
// user's whole shell.
func (l *loader) resolve() {
	byName := map[string]ConfigVar{}
	for _, v := range l.manifest.Env {
		if v.HasValue && validName.MatchString(v.Name) {
			byName[v.Name] = declared(v)
		}
	}
	for _, v := range l.env.All() {
		byName[v.Name] = ConfigVar{Name: v.Name, Value: v.Value, Origin: Origin{Layer: LayerEnvFile, File: v.File, Line: v.Line}}
	}
	l.overrideFromEnviron(byName)
	for _, pair := range l.opts.Set {
		if name, value, ok := strings.Cut(pair, "="); ok {
			byName[name] = ConfigVar{Name: name, Value: value, Origin: Origin{Layer: LayerCommandLine}}
		}
	}
	vars := make([]ConfigVar, 0, len(byName))
	for _, v := range byName {
		v.Secret = Secret(v.Name, v.Value)
		vars = append(vars, v)
	}
	l.app = l.app.With(vars...)
	l.findMissing()
}

func declared(v appjson.EnvVar) ConfigVar {
	return ConfigVar{Name: v.Name, Value: v.Value, Origin: Origin{Layer: LayerAppJSON, File: "app.json", Line: v.Place.Line}}
}

func (l *loader) overrideFromEnviron(byName map[string]ConfigVar) {
	names := map[string]bool{}
	for _, v := range l.manifest.Env {
		if validName.MatchString(v.Name) {
			names[v.Name] = true
		}
	}
	for _, v := range l.env.All() {
		names[v.Name] = true
	}
	for name := range names {
		value, ok := l.environ(name)
		if !ok {
			continue
		}
		if current, set := byName[name]; set && l.opts.EnvFileFirst && current.Origin.Layer == LayerEnvFile {
			continue
		}
		byName[name] = ConfigVar{Name: name, Value: value, Origin: Origin{Layer: LayerEnvironment}}
	}
}

// findMissing lists what nobody gave a value: to be generated, or to be asked
// for. What an add-on will set is neither.
func (l *loader) findMissing() {
	provided := l.providedByAddOns()
	for _, v := range l.manifest.Env {
		if _, ok := l.app.Var(v.Name); ok || slices.Contains(provided, v.Name) || !validName.MatchString(v.Name) {
			continue
		}
		switch {
		case v.Generator == "secret":
			l.app.Generated = append(l.app.Generated, v.Name)
		case v.Required:
			place := v.Place
			place.File = "app.json"
			l.app.Missing = append(l.app.Missing, Requirement{Name: v.Name, Description: v.Description, Place: place})
		}
	}
}

func (l *loader) providedByAddOns() []string {
	if l.opts.AddOnVars == nil {
		return nil
	}
	var names []string
	for _, a := range l.app.AddOns {
		names = append(names, l.opts.AddOnVars(a)...)
	}
	return names
}

package emulator

import (
	"crypto/rand"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/procfile/envfile"
)

// secretBytes gives 64 hexadecimal digits, what Heroku's generator is reported
// to give (Dev Center: "app.json Schema", generator).
const secretBytes = 32

// resolveConfig adds the generated secrets to the declared config and refuses
// to go on while required config vars have no value.
func (e *Emulator) resolveConfig() error {
	if p := missingProblem(e.app.Missing); p != nil {
		return p
	}
	generated, fresh, err := generatedSecrets(filepath.Join(e.stateDir, "secrets.env"), e.app.Generated)
	if err != nil {
		return err
	}
	for _, name := range fresh {
		e.tell(Event{Kind: EventConfig, Name: name, Text: "generated once, kept in " + e.relative("secrets.env")})
	}
	resolved := e.app.With(generated...)
	e.mu.Lock()
	e.config = resolved.Config
	e.mu.Unlock()
	return nil
}

// relative names a file of the state directory as the user would.
func (e *Emulator) relative(name string) string {
	path := filepath.Join(e.stateDir, name)
	if rel, err := filepath.Rel(e.app.Dir, path); err == nil && !strings.HasPrefix(rel, "..") {
		return rel
	}
	return path
}

// missingProblem lists every required config var without a value at once.
func missingProblem(missing []app.Requirement) *problem.Problem {
	switch len(missing) {
	case 0:
		return nil
	case 1:
		one := missing[0]
		p := problem.Newf("E003", "required config var %s has no value", one.Name).At(one.Place)
		if one.Description != "" {
			p.Note("note", "%s", one.Description)
		}
		return p.Fix("inshore config:set %s -   (reads from stdin, saved in .env)", one.Name)
	}
	p := problem.Newf("E003", "%d required config vars have no value", len(missing))
	for _, m := range missing {
		description := m.Description
		if description == "" {
			description = "(no description)"
		}
		p.Note(m.Name, "%s  %s", m.Place, description)
	}
	return p.Fix(`set them in the environment, in .env, or mark them "required": false in app.json`)
}

// generatedSecrets gives a value to every name: the one kept in the file, or a
// new one that is written there. fresh lists the new ones.
func generatedSecrets(path string, names []string) (vars []app.ConfigVar, fresh []string, err error) {
	if len(names) == 0 {
		return nil, nil, nil
	}
	if err := refuseForeign(path); err != nil {
		return nil, nil, err
	}
	var kept envfile.Vars
	if _, statErr := os.Stat(path); statErr == nil {
		loaded, problems := envfile.Load(path)
		if err := problems.Err(); err != nil {
			return nil, nil, err
		}
		kept = loaded
	}
	for _, name := range names {
		value, ok := kept.Value(name)
		if !ok {
			value = newSecret()
			if err := envfile.Set(path, name, value); err != nil {
				return nil, nil, err
			}
			fresh = append(fresh, name)
		}
		vars = append(vars, app.ConfigVar{
			Name: name, Value: value, Secret: true,
			Origin: app.Origin{Layer: app.LayerGenerated, File: filepath.Base(path)},
		})
	}
	return vars, fresh, nil
}

func newSecret() string {
	b := make([]byte, secretBytes)
	rand.Read(b) // never fails: it ends the program when the system has no randomness
	return hex.EncodeToString(b)
}

// addVars merges the config vars of an add-on.
func (e *Emulator) addVars(addOn string, vars []addons.Var) {
	var added []app.ConfigVar
	for _, v := range vars {
		added = append(added, app.ConfigVar{
			Name: v.Name, Value: v.Value, Secret: !v.Public,
			Origin: app.Origin{Layer: app.LayerAddOn, File: addOn},
		})
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	// A value that the user wrote down is stronger than the add-on's; only
	// app.json's default gives way.
	added = slices.DeleteFunc(added, func(v app.ConfigVar) bool {
		i := slices.IndexFunc(e.config, func(c app.ConfigVar) bool { return c.Name == v.Name })
		return i >= 0 && e.config[i].Origin.Layer != app.LayerAppJSON && e.config[i].Origin.Layer != app.LayerAddOn
	})
	merged := app.App{Config: e.config}
	e.config = merged.With(added...).Config
}

// environment is what a process of the app sees: the user's environment, the
// config vars, a PATH that holds the app's own programs, and the extra ones.
func (e *Emulator) environment(extra ...string) []string {
	e.mu.Lock()
	config, buildIn := e.config, e.buildIn
	e.mu.Unlock()
	byName := map[string]string{}
	var order []string
	set := func(name, value string) {
		if _, ok := byName[name]; !ok {
			order = append(order, name)
		}
		byName[name] = value
	}
	for _, pair := range e.app.Environ {
		if name, value, ok := strings.Cut(pair, "="); ok && !strings.HasPrefix(name, "INSHORE_") {
			set(name, value)
		}
	}
	for _, v := range config {
		set(v.Name, v.Value)
	}
	var own []string
	if buildIn != "" {
		own = append(own, buildIn)
	}
	set("PATH", dynoPath(e.app.Dir, byName["PATH"], own...))
	if _, ok := byName["PYTHONUNBUFFERED"]; !ok {
		// Without it a Python process shows nothing for minutes, since its output is
		// a pipe; the platform's buildpack sets it too.
		set("PYTHONUNBUFFERED", "1")
	}
	delete(byName, "PORT")
	for _, pair := range extra {
		if name, value, ok := strings.Cut(pair, "="); ok {
			set(name, value)
		}
	}
	return environList(order, byName)
}

func environList(order []string, byName map[string]string) []string {
	list := make([]string, 0, len(order))
	for _, name := range order {
		if value, ok := byName[name]; ok {
			list = append(list, name+"="+value)
			delete(byName, name)
		}
	}
	return list
}

// dynoVars are the variables that the platform adds for one dyno. DYNO and the
// metadata are off unless asked for: many apps take them for production, and
// then demand TLS or refuse localhost (Dev Center: "Dyno Metadata" is off by
// default as well). PS is the older name that foreman sets.
func (e *Emulator) dynoVars(name string) []string {
	vars := []string{"PS=" + name}
	if !e.opts.Metadata {
		return vars
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return append(vars,
		"DYNO="+name,
		"HEROKU_APP_ID="+e.app.Checkout,
		"HEROKU_APP_NAME="+e.app.Name,
		"HEROKU_RELEASE_VERSION=v"+itoa(e.state.Release),
		"HEROKU_RELEASE_CREATED_AT="+e.started.UTC().Format("2006-01-02T15:04:05Z"),
	)
}

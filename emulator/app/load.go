package app

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/procfile"
	"github.com/inshore-dev/inshore/procfile/appjson"
	"github.com/inshore-dev/inshore/procfile/envfile"
)

// LoadOptions say how to read an app. The zero value reads the current
// directory as `inshore up` does.
type LoadOptions struct {
	Dir          string   // the app's directory; default "."
	Name         string   // overrides the app's name
	Procfile     string   // another Procfile; default Procfile.dev in development, else Procfile
	EnvFiles     []string // replaces .env, .env.<environment>, .env.local; later ones are stronger
	EnvFileFirst bool     // env files win over the process environment, as in `heroku local`
	Environment  string   // "development" by default; "test" and "review" use app.json's overlays
	Environ      []string // the process environment, as os.Environ gives it
	Set          []string // KEY=VALUE of the command line, strongest of all
	Web          string   // command for a web process type when there is no Procfile
	Strict       bool     // the Procfile rules of Heroku's Fir generation

	// AddOnVars names the config vars that an add-on will set, so that they do
	// not count as missing. nil: none.
	AddOnVars func(AddOn) []string
}

// Development is the environment in which `inshore up` runs an app.
const Development = "development"

// releaseType is not part of the formation: it runs once per release (Dev
// Center: "Release Phase").
const releaseType = "release"

// Load reads the app. It returns everything that is wrong at once: the app is
// nil when a problem of severity Error leaves nothing to run. A directory
// without a Procfile (and no Web) gives problem P001. It writes nothing and
// starts nothing.
func Load(opts LoadOptions) (*App, problem.List) {
	dir, err := realDir(opts.Dir)
	if err != nil {
		return nil, problem.List{problem.Newf("S001", "%s is not a directory that can be read", opts.Dir).Wrap(err).Cause("%v", err)}
	}
	if opts.Environment == "" {
		opts.Environment = Development
	}
	l := &loader{opts: opts, app: &App{
		Dir:      dir,
		Checkout: CheckoutID(dir),
		Name:     Slug(cmp.Or(opts.Name, filepath.Base(dir))),
		Environ:  opts.Environ,
	}}
	l.readProcfile()
	l.readManifest()
	l.readEnvFiles()
	if l.problems.Failed() {
		return nil, l.problems
	}
	l.resolve()
	return l.app, l.problems
}

type loader struct {
	opts     LoadOptions
	app      *App
	manifest *appjson.Manifest
	env      envfile.Vars
	problems problem.List
}

func (l *loader) report(list problem.List) { l.problems = append(l.problems, list...) }

func (l *loader) file(name string, found bool, format string, args ...any) {
	l.app.Files = append(l.app.Files, File{Name: name, Found: found, Detail: fmt.Sprintf(format, args...)})
}

func (l *loader) readProcfile() {
	name := l.procfileName()
	pf, problems := procfile.Load(filepath.Join(l.app.Dir, name), procfile.Options{Strict: l.opts.Strict, Name: name})
	if l.opts.Web != "" && missing(problems) {
		l.app.Processes = []ProcessType{{Name: "web", Command: l.opts.Web, Quantity: 1, Place: problem.Place{File: "--web"}}}
		l.file(name, false, "not found - using --web")
		return
	}
	l.report(problems)
	if problems.Failed() {
		return
	}
	for i, entry := range pf.Entries {
		l.app.Processes = append(l.app.Processes, processType(pf.Name, entry, i))
	}
	l.file(name, true, "%s  %s", count(len(pf.Entries), "process type"), strings.Join(pf.Types(), ", "))
}

func (l *loader) procfileName() string {
	if l.opts.Procfile != "" {
		return l.opts.Procfile
	}
	if l.opts.Environment == Development && exists(filepath.Join(l.app.Dir, "Procfile.dev")) {
		return "Procfile.dev"
	}
	return "Procfile"
}

func processType(file string, entry procfile.Entry, index int) ProcessType {
	p := ProcessType{
		Name:    entry.Type,
		Command: entry.Command,
		Index:   index,
		Place: problem.Place{
			File: file, Line: entry.Line, Column: entry.CommandColumn, Source: entry.Source,
			EndColumn: entry.CommandColumn + len([]rune(entry.Command)),
		},
	}
	if entry.Type != releaseType {
		p.Quantity = 1
	}
	return p
}

func (l *loader) readManifest() {
	const name = "app.json"
	path := filepath.Join(l.app.Dir, name)
	if !exists(path) {
		l.manifest = &appjson.Manifest{}
		return
	}
	manifest, problems := appjson.LoadAs(path, name)
	l.report(problems)
	l.manifest = manifest.Environment(l.opts.Environment)
	if manifest.Kind == appjson.Heroku {
		l.file(name, true, "%s", manifestDetail(l.manifest))
	}
	l.applyFormation()
	for _, a := range l.manifest.AddOns {
		place := a.Place
		place.File = name
		l.app.AddOns = append(l.app.AddOns, AddOn{Plan: a.Plan, As: a.As, Options: a.Options, Place: place})
	}
}

func manifestDetail(m *appjson.Manifest) string {
	var plans []string
	for _, a := range m.AddOns {
		plans = append(plans, a.Plan)
	}
	if len(plans) == 0 {
		return count(len(m.Env), "config var")
	}
	return fmt.Sprintf("%s  %s", count(len(plans), "add-on"), strings.Join(plans, ", "))
}

func (l *loader) applyFormation() {
	for _, wanted := range l.manifest.Formation {
		i := slices.IndexFunc(l.app.Processes, func(p ProcessType) bool { return p.Name == wanted.Type })
		if i < 0 || wanted.Type == releaseType {
			continue
		}
		l.app.Processes[i].Quantity = wanted.Quantity
		l.app.Processes[i].Size = wanted.Size
	}
}

func (l *loader) readEnvFiles() {
	names := l.opts.EnvFiles
	if names == nil {
		names = l.presentEnvFiles()
		if len(names) == 0 {
			l.file(".env", false, "not found - using app.json defaults")
			return
		}
	}
	vars, problems := envfile.LoadIn(l.app.Dir, envfile.Options{Lookup: l.environ}, names...)
	l.report(problems)
	l.env = vars
	for _, name := range names {
		n := 0
		for _, v := range vars.All() {
			if v.File == name {
				n++
			}
		}
		l.file(name, true, "%s", count(n, "config var"))
	}
}

// presentEnvFiles lists the env files of the directory, weakest first.
func (l *loader) presentEnvFiles() []string {
	var names []string
	for _, name := range []string{".env", ".env." + l.opts.Environment, ".env.local"} {
		if exists(filepath.Join(l.app.Dir, name)) {
			names = append(names, name)
		}
	}
	return names
}

func (l *loader) environ(name string) (string, bool) {
	for _, pair := range slices.Backward(l.opts.Environ) {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

func realDir(dir string) (string, error) {
	abs, err := filepath.Abs(cmp.Or(dir, "."))
	if err != nil {
		return "", err
	}
	resolved, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(resolved)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is a file", resolved)
	}
	return resolved, err
}

// CheckoutID tells two clones of the same app apart: 8 hex digits for a
// directory given by its real path.
func CheckoutID(dir string) string {
	sum := sha256.Sum256([]byte(dir))
	return hex.EncodeToString(sum[:4])
}

// Slug makes a name fit for host names, labels and databases: lower-case
// letters, digits and single dashes, beginning with a letter, at most 30 long
// (the form of a Heroku app name).
func Slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	slug := strings.Trim(b.String(), "-")
	if slug == "" || slug[0] < 'a' {
		slug = strings.TrimRight("app-"+slug, "-")
	}
	return strings.TrimRight(slug[:min(len(slug), 30)], "-")
}

func missing(problems problem.List) bool {
	return slices.ContainsFunc(problems, func(p *problem.Problem) bool { return errors.Is(p, fs.ErrNotExist) })
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

package app

import (
	"os"
	"path/filepath"
	"testing"
)

// write makes an app's directory from names and contents.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLoad_MergesTheLayersByStrength(t *testing.T) {
	dir := write(t, map[string]string{
		"Procfile": "web: serve\nworker: work\nrelease: migrate\n",
		"app.json": `{"env": {"A": "app", "B": {"value": "app"}, "C": {"value": "app"}, "D": {"value": "app"}, "E": {"value": "app"}},
			"formation": {"worker": {"quantity": 3, "size": "basic"}}}`,
		".env":             "B=env\nC=env\nD=env\nE=env\n",
		".env.development": "C=development\nD=development\nE=development\n",
		".env.local":       "D=local\nE=local\n",
	})
	a, problems := Load(LoadOptions{Dir: dir, Environ: []string{"E=environment", "UNDECLARED=1"}, Set: []string{"F=line"}})
	if problems.Failed() {
		t.Fatal(problems)
	}
	for name, want := range map[string]struct {
		value string
		layer Layer
		file  string
	}{
		"A": {"app", LayerAppJSON, "app.json"},
		"B": {"env", LayerEnvFile, ".env"},
		"C": {"development", LayerEnvFile, ".env.development"},
		"D": {"local", LayerEnvFile, ".env.local"},
		"E": {"environment", LayerEnvironment, ""},
		"F": {"line", LayerCommandLine, ""},
	} {
		got, ok := a.Var(name)
		if !ok || got.Value != want.value || got.Origin.Layer != want.layer || got.Origin.File != want.file {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
	if _, ok := a.Var("UNDECLARED"); ok {
		t.Error("the user's environment leaked into the config")
	}
	worker, _ := a.Process("worker")
	release, _ := a.Process("release")
	if worker.Quantity != 3 || worker.Size != "basic" || release.Quantity != 0 {
		t.Errorf("worker %+v, release %+v", worker, release)
	}
}

func TestLoad_EnvFileFirstIsTheOrderOfHerokuLocal(t *testing.T) {
	dir := write(t, map[string]string{"Procfile": "web: serve\n", ".env": "A=file\n"})
	a, _ := Load(LoadOptions{Dir: dir, Environ: []string{"A=environment"}, EnvFileFirst: true})
	if got, _ := a.Var("A"); got.Value != "file" {
		t.Errorf("got %+v", got)
	}
}

func TestLoad_ListsMissingAndGenerated(t *testing.T) {
	dir := write(t, map[string]string{
		"Procfile": "web: serve\n",
		"app.json": `{"addons": ["heroku-postgresql"], "env": {
			"STRIPE_KEY": {"description": "from the dashboard"},
			"OPTIONAL": {"required": false},
			"SECRET": {"generator": "secret"},
			"DATABASE_URL": {"required": true},
			"GIVEN": {"required": true}}}`,
		".env": "GIVEN=1\n",
	})
	a, problems := Load(LoadOptions{Dir: dir, AddOnVars: func(AddOn) []string { return []string{"DATABASE_URL"} }})
	if problems.Failed() {
		t.Fatal(problems)
	}
	if len(a.Missing) != 1 || a.Missing[0].Name != "STRIPE_KEY" || a.Missing[0].Place.Line != 2 {
		t.Errorf("missing %+v", a.Missing)
	}
	if len(a.Generated) != 1 || a.Generated[0] != "SECRET" {
		t.Errorf("generated %v", a.Generated)
	}
}

func TestLoad_PrefersProcfileDevInDevelopment(t *testing.T) {
	dir := write(t, map[string]string{"Procfile": "web: production\n", "Procfile.dev": "web: development\n"})
	for environment, want := range map[string]string{"": "development", "test": "production", "review": "production"} {
		a, problems := Load(LoadOptions{Dir: dir, Environment: environment})
		if problems.Failed() {
			t.Fatal(problems)
		}
		if web, _ := a.Process("web"); web.Command != want {
			t.Errorf("%q: got %q, want %q", environment, web.Command, want)
		}
	}
}

func TestLoad_WithoutAProcfile(t *testing.T) {
	dir := t.TempDir()
	if a, problems := Load(LoadOptions{Dir: dir}); a != nil || len(problems) == 0 || problems[0].Code != "P001" {
		t.Errorf("got %v, %v", a, problems)
	}
	a, problems := Load(LoadOptions{Dir: dir, Web: "serve"})
	if problems.Failed() {
		t.Fatal(problems)
	}
	if web, ok := a.Process("web"); !ok || web.Command != "serve" || web.Quantity != 1 {
		t.Errorf("got %+v", a.Processes)
	}
}

func TestLoad_TellsCheckoutsApart(t *testing.T) {
	files := map[string]string{"Procfile": "web: serve\n"}
	one, _ := Load(LoadOptions{Dir: write(t, files)})
	two, _ := Load(LoadOptions{Dir: write(t, files)})
	if one.Checkout == two.Checkout || len(one.Checkout) != 8 {
		t.Errorf("checkouts %q and %q", one.Checkout, two.Checkout)
	}
}

func TestSlug_IsAnAppName(t *testing.T) {
	for name, want := range map[string]string{
		"Shop": "shop", "My App!": "my-app", "a__b": "a-b", "9lives": "app-9lives", "": "app", "-": "app", "été": "t",
		"an-extremely-long-directory-name-here": "an-extremely-long-directory-na",
	} {
		if got := Slug(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestMask_HidesSecretsOnly(t *testing.T) {
	for _, test := range []struct{ name, value, want string }{
		{"SECRET_KEY_BASE", "abc", Masked},
		{"STRIPE_API_KEY", "abc", Masked},
		{"EMPTY_TOKEN", "", ""},
		{"LANG", "en_US.UTF-8", "en_US.UTF-8"},
		{"DATABASE_URL", "postgres://u:p%40w@127.0.0.1:5/db?x=y", "postgres://u:" + Masked + "@127.0.0.1:5/db?x=y"},
		{"DATABASE_URL", "postgres://u:p#ss@127.0.0.1:5/db", "postgres://u:" + Masked + "@127.0.0.1:5/db"},
		{"DATABASE_URL", "postgres://u:p%zz@h/db", "postgres://u:" + Masked + "@h/db"},
		{"REDIS_URL", "redis://:pw@127.0.0.1:6", "redis://:" + Masked + "@127.0.0.1:6"},
		{"HOMEPAGE", "https://example.test/a?b=c@d", "https://example.test/a?b=c@d"},
	} {
		if got := Mask(test.name, test.value); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

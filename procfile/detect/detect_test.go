package detect_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/inshore-dev/inshore/procfile"
	"github.com/inshore-dev/inshore/procfile/appjson"
	"github.com/inshore-dev/inshore/procfile/detect"
	"github.com/inshore-dev/inshore/procfile/envfile"
)

var update = flag.Bool("update", false, "write the golden files anew")

const fixtures = "../../testdata/detect"

// describe writes everything that a proposal says.
func describe(p detect.Proposal) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s\n", p.Confidence, p.Stack, p.Version)
	for _, e := range p.Evidence {
		fmt.Fprintf(&b, "evidence   %s\n", e)
	}
	for _, process := range p.Processes {
		fmt.Fprintf(&b, "process    %s: %s   (%s)\n", process.Type, process.Command, process.Why)
	}
	for _, process := range p.Production {
		fmt.Fprintf(&b, "production %s: %s   (%s)\n", process.Type, process.Command, process.Why)
	}
	for _, a := range p.AddOns {
		fmt.Fprintf(&b, "add-on     %s   (%s)\n", a.Plan, a.Why)
	}
	for _, e := range p.Env {
		fmt.Fprintf(&b, "env        %s=%s   (%s)\n", e.Name, e.Value, e.Why)
	}
	for _, n := range p.Notes {
		fmt.Fprintf(&b, "note       %s\n", n)
	}
	for _, name := range p.Looked {
		fmt.Fprintf(&b, "looked for %s\n", name)
	}
	return b.String()
}

func TestDetect_ProposesWhatEachFixtureNeeds(t *testing.T) {
	dirs, err := filepath.Glob(fixtures + "/*/app")
	if err != nil || len(dirs) < 14 {
		t.Fatalf("%d fixtures, %v", len(dirs), err)
	}
	for _, dir := range dirs {
		name := filepath.Base(filepath.Dir(dir))
		t.Run(name, func(t *testing.T) {
			proposal := detect.Detect(os.DirFS(dir))
			got := describe(proposal)
			golden := filepath.Join(filepath.Dir(dir), "proposal.txt")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != strings.ReplaceAll(string(want), "\r\n", "\n") {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			checkFiles(t, proposal)
		})
	}
}

// checkFiles reads the proposed files with our own parsers.
func checkFiles(t *testing.T, p detect.Proposal) {
	t.Helper()
	if len(p.Processes) > 0 {
		pf, problems := procfile.Parse("Procfile.dev", p.Procfile(), procfile.Options{Strict: true})
		if len(problems) > 0 || len(pf.Entries) != len(p.Processes) {
			t.Errorf("Procfile.dev: %v", problems)
		}
	}
	if text := p.AppJSON(); text != nil {
		m, problems := appjson.Parse("app.json", text)
		if len(problems) > 0 || len(m.AddOns) != len(p.AddOns) {
			t.Errorf("app.json: %v", problems)
		}
	}
	vars, problems := envfile.Parse(".env", p.EnvFile())
	if len(problems) > 0 || vars.Len() != len(p.Env) {
		t.Errorf(".env: %v", problems)
	}
}

func TestDetect_ReadsOnlySoMuch(t *testing.T) {
	huge := strings.Repeat("# x\n", 1<<20) + "django\n"
	p := detect.Detect(fstest.MapFS{
		"manage.py":        {Data: []byte("x")},
		"requirements.txt": {Data: []byte(huge)},
	})
	if p.Stack != "Django" || p.Confidence != detect.Maybe {
		t.Errorf("got %s", describe(p))
	}
}

func TestDetect_FindsNothingInAnEmptyFolder(t *testing.T) {
	p := detect.Detect(fstest.MapFS{})
	if p.Confidence != detect.Nothing || p.Procfile() != nil || p.AppJSON() != nil || len(p.Looked) == 0 {
		t.Errorf("got %s", describe(p))
	}
}

func TestDetect_SurvivesBrokenFiles(t *testing.T) {
	for _, name := range []string{
		"package.json", "Gemfile", "requirements.txt", "go.mod", "composer.json", "pom.xml",
		"mix.exs", "Cargo.toml", "deno.json", "heroku.yml", "Dockerfile", "x.csproj", "manage.py", "artisan", "pyproject.toml",
	} {
		for _, content := range []string{"", "{", "\x00\xff", "[1,2", `{"scripts": 1, "dependencies": []}`, "\ufeff"} {
			_ = describe(detect.Detect(fstest.MapFS{name: {Data: []byte(content)}}))
		}
	}
}

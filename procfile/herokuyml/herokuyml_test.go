package herokuyml_test

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/procfile/herokuyml"
)

func codes(problems problem.List) string {
	var words []string
	for _, p := range problems {
		words = append(words, p.Code+p.Severity.String()[:1])
	}
	return strings.Join(words, " ")
}

const complete = `setup:
  addons:
    - plan: heroku-postgresql
      as: DATABASE
    - heroku-redis:mini
  config:
    S3_BUCKET: my-bucket
    COUNT: 3
build:
  docker:
    web: Dockerfile
    worker: worker/Dockerfile
  config:
    RAILS_ENV: development
release:
  image: worker
  command:
    - ./migrate
    - ./seed
run:
  web: bundle exec puma -C config/puma.rb
  worker:
    command:
      - python myworker.py
    image: web
`

func TestParse_ReadsEverySection(t *testing.T) {
	f, problems := herokuyml.Parse("heroku.yml", []byte(complete))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if len(f.AddOns) != 2 || f.AddOns[0].Plan != "heroku-postgresql" || f.AddOns[0].As != "DATABASE" || f.AddOns[1].Plan != "heroku-redis:mini" {
		t.Errorf("add-ons: %+v", f.AddOns)
	}
	if len(f.Config) != 2 || f.Config[1].Value != "3" || len(f.Args) != 1 {
		t.Errorf("config: %+v %+v", f.Config, f.Args)
	}
	if len(f.Images) != 2 || f.Images[1].Dockerfile != "worker/Dockerfile" {
		t.Errorf("images: %+v", f.Images)
	}
	if f.Release.Text != "./migrate && ./seed" || f.Release.Image != "worker" {
		t.Errorf("release: %+v", f.Release)
	}
	if len(f.Run) != 2 || f.Run[0].Text != "bundle exec puma -C config/puma.rb" || f.Run[1].Image != "web" || f.Run[1].Text != "python myworker.py" {
		t.Errorf("run: %+v", f.Run)
	}
	if got := f.Run[1].Place.String(); got != "heroku.yml:22:3" {
		t.Errorf("place: %s", got)
	}
}

func TestParse_ReportsWhatItCannotUse(t *testing.T) {
	cases := []struct{ name, src, codes string }{
		{"empty", "", "P032e"},
		{"not YAML", "run:\n\tweb: x\n", "P031e"},
		{"a list", "- web\n", "P032w"},
		{"misspelt", "runn:\n  web: x\n", "P033w"},
		{"run of the wrong shape", "run: [web]\n", "P032w"},
		{"command of the wrong shape", "run:\n  web: {command: {a: b}}\n", "P032w"},
		{"add-ons of the wrong shape", "setup:\n  addons: {plan: x}\n", "P032w"},
		{"add-on without a plan", "setup:\n  addons:\n    - as: x\n", "P032w"},
		{"empty section", "setup:\nrun:\n", ""},
		{"NUL", "run: \x00", "P035e"},
		{"large", "a: " + strings.Repeat("x", 300<<10), "P034e"},
	}
	for _, c := range cases {
		if _, problems := herokuyml.Parse("heroku.yml", []byte(c.src)); codes(problems) != c.codes {
			t.Errorf("%s: got %v, want %s", c.name, problems, c.codes)
		}
	}
}

func TestParse_SurvivesAliasBombs(t *testing.T) {
	var src strings.Builder
	src.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n")
	for i := range 12 {
		fmt.Fprintf(&src, "a%d: &a%d [%s*a%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d,", i), 9), i)
	}
	src.WriteString("run: *a12\n")
	_, problems := herokuyml.Parse("heroku.yml", []byte(src.String()))
	if len(problems) == 0 {
		t.Error("no problem at all")
	}
}

func TestLoad_SaysWhenThereIsNoFile(t *testing.T) {
	_, problems := herokuyml.Load(filepath.Join(t.TempDir(), "heroku.yml"), "heroku.yml")
	if codes(problems) != "P030e" || !errors.Is(problems[0], fs.ErrNotExist) {
		t.Errorf("got %v", problems)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(complete))
	f.Add([]byte("run: &a {web: *a}"))
	f.Fuzz(func(t *testing.T, src []byte) {
		_, problems := herokuyml.Parse("heroku.yml", src)
		for _, p := range problems {
			_ = p.Text(nil)
		}
	})
}

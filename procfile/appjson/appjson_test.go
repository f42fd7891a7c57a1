package appjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/procfile/appjson"
)

func codes(problems problem.List) string {
	var words []string
	for _, p := range problems {
		words = append(words, p.Code+p.Severity.String()[:1])
	}
	return strings.Join(words, " ")
}

func parse(src string) (*appjson.Manifest, problem.List) {
	return appjson.Parse("app.json", []byte(src))
}

func TestParse_ReadsEveryKeyOfTheSchema(t *testing.T) {
	m, problems := parse(`{
  "$schema": "x", "name": "Shop", "description": "d", "keywords": ["a", "b"], "website": "w", "repository": "r",
  "logo": "l", "success_url": "/ok", "stack": "heroku-24", "image": "i",
  "env": {
    "PLAIN": {"description": "p", "value": "1"},
    "NEEDED": {"description": "n"},
    "MAYBE": {"required": false},
    "EMPTY": {"value": ""},
    "KEY": {"generator": "secret"}
  },
  "addons": ["heroku-postgresql", {"plan": "heroku-redis:mini", "as": "CACHE", "options": {"version": "7", "n": 3}}],
  "formation": {"web": {"quantity": 2, "size": "basic"}, "worker": {"quantity": 0}},
  "scripts": {"postdeploy": "rake db:seed", "test": {"command": "make test", "size": "basic"}},
  "buildpacks": [{"url": "heroku/nodejs"}],
  "cron": [{"command": "rake a", "schedule": "@daily"}],
  "healthchecks": {"web": [{"type": "startup", "name": "x", "path": "/up", "attempts": 3}]},
  "inshore": {"without": ["heroku-kafka"]},
  "environments": {"test": {"env": {"RAILS_ENV": {"value": "test"}}, "addons": []}}
}`)
	if len(problems) > 0 {
		t.Fatalf("got %v", problems)
	}
	if m.Kind != appjson.Heroku || m.Name != "Shop" || m.Description != "d" || fmt.Sprint(m.Keywords) != "[a b]" ||
		m.Website != "w" || m.Repository != "r" || m.Logo != "l" || m.SuccessURL != "/ok" || m.Stack != "heroku-24" || m.Image != "i" {
		t.Errorf("texts: %+v", m)
	}
	if got := envs(m); got != `PLAIN="1" NEEDED! MAYBE? EMPTY="" KEY=<secret>` {
		t.Errorf("env: %s", got)
	}
	if got := addons(m); got != "heroku-postgresql[] heroku-redis:mini as CACHE[n:3 version:7]" {
		t.Errorf("addons: %s", got)
	}
	if len(m.Formation) != 2 || m.Formation[0].Type != "web" || m.Formation[0].Quantity != 2 || m.Formation[0].Size != "basic" ||
		m.Formation[1].Quantity != 0 {
		t.Errorf("formation: %+v", m.Formation)
	}
	if m.Script("postdeploy") != "rake db:seed" || m.Script("test") != "make test" || m.Script("none") != "" {
		t.Errorf("scripts: %+v", m.Scripts)
	}
	if len(m.Buildpacks) != 1 || m.Buildpacks[0].URL != "heroku/nodejs" {
		t.Errorf("buildpacks: %+v", m.Buildpacks)
	}
	if len(m.Cron) != 1 || m.Cron[0].Schedule != "@daily" || len(m.Health) != 1 || m.Health[0].Path != "/up" {
		t.Errorf("dokku: %+v %+v", m.Cron, m.Health)
	}
	if len(m.Without) != 1 || len(m.Environments) != 1 {
		t.Errorf("without %v, environments %v", m.Without, m.Environments)
	}
}

func envs(m *appjson.Manifest) string {
	var words []string
	for _, v := range m.Env {
		switch {
		case v.HasValue:
			words = append(words, fmt.Sprintf("%s=%q", v.Name, v.Value))
		case v.Generator != "":
			words = append(words, v.Name+"=<"+v.Generator+">")
		case v.Required:
			words = append(words, v.Name+"!")
		default:
			words = append(words, v.Name+"?")
		}
	}
	return strings.Join(words, " ")
}

func addons(m *appjson.Manifest) string {
	var words []string
	for _, a := range m.AddOns {
		word := a.Plan
		if a.As != "" {
			word += " as " + a.As
		}
		words = append(words, word+strings.TrimPrefix(fmt.Sprint(a.Options), "map"))
	}
	return strings.Join(words, " ")
}

func TestParse_KnowsWhereEntriesStand(t *testing.T) {
	m, _ := parse("{\n  \"env\": {\n    \"É1\": {},\n    \"B\": {\"value\": \"s3cr3t\"}\n  },\n  \"addons\": [\"é\", {\"plan\": \"x\"}]\n}")
	if got := m.Env[1].Place; got.String() != "app.json:4:5" || got.EndColumn != 8 || got.Source != "" {
		t.Errorf("env: %+v", got)
	}
	if got := m.AddOns[1].Place; got.String() != "app.json:6:19" || got.Source == "" {
		t.Errorf("addons: %+v", got)
	}
}

func TestParse_ReadsOdditiesWithAWarning(t *testing.T) {
	cases := []struct{ name, src, want, codes string }{
		{"addons as a string", `{"addons": "sentry"}`, "sentry[]", "J011w"},
		{"options behind the plan", `{"addons": ["pg:basic --version=15 --as=DB"]}`, "pg:basic as DB[version:15]", ""},
		{"two redis", `{"addons": ["heroku-redis", "heroku-redis:mini"]}`, "heroku-redis[] heroku-redis:mini[]", "J014w"},
		{"two redis with names", `{"addons": ["heroku-redis", {"plan": "heroku-redis", "as": "B"}]}`, "heroku-redis[] heroku-redis as B[]", ""},
		{"add-on without a plan", `{"addons": [{"as": "B"}, ""]}`, "", "J013w J013w"},
		{"add-on of the wrong shape", `{"addons": [1, null, ["a"]]}`, "", "J004w J004w J004w"},
		{"addons of the wrong shape", `{"addons": {"heroku-redis": {}}}`, "", "J004w"},
		{"addons null", `{"addons": null, "env": {}}`, "", ""},
		{"unknown member of an add-on", `{"addons": [{"plan": "a", "option": {}}]}`, "a[]", "J010w"},
		{"options of the wrong shape", `{"addons": [{"plan": "a", "options": ["x"]}]}`, "a[]", "J004w"},

		{"bare string", `{"env": {"A": "1"}}`, `A="1"`, "J011w"},
		{
			"numbers and booleans", `{"env": {"A": {"value": 1.50}, "B": {"value": true}, "C": 7, "D": false}}`,
			`A="1.50" B="true" C="7" D="false"`, "J011w J011w J011w J011w",
		},
		{"null value", `{"env": {"A": {"value": null}, "B": null}}`, `A! B!`, "J011w"},
		{"required as a string", `{"env": {"A": {"required": "false"}, "B": {"required": "true"}, "C": {"required": 0}}}`, `A? B! C?`, "J011w J011w J011w"},
		{"required null", `{"env": {"A": {"required": null}}}`, `A!`, ""},
		{"value of the wrong shape", `{"env": {"A": {"value": ["x"]}}}`, `A!`, "J004w"},
		{"env of the wrong shape", `{"env": ["A"]}`, ``, "J004w"},
		{"unknown generator", `{"env": {"A": {"generator": "uuid"}}}`, `A!`, "J018w"},
		{"generator in capitals", `{"env": {"A": {"generator": "Secret"}}}`, `A=<secret>`, "J011w"},
		{"duplicate env", `{"env": {"A": {"value": "1"}, "B": {}, "A": {"value": "2"}}}`, `A="2" B!`, "J006w"},
		{"duplicate section", `{"env": {"A": {}}, "env": {"B": {}}}`, `B!`, "J006w"},
		{"unknown member of a config var", `{"env": {"A": {"desc": "x", "requird": false}}}`, `A!`, "J010w J010w"},
		{"odd name", `{"env": {"A-B": {"value": "1"}}}`, `A-B="1"`, "J019w"},
		{"NaN", `{"env": {"A": {"value": NaN}}}`, `A="NaN"`, "J011w J011w"},
		{"CRLF", "{\r\n\"env\": {\"A\": {}}\r\n}", `A!`, "J017n"},
		{"byte-order mark", "\ufeff{\"env\": {\"A\": {}}}", `A!`, "J012w"},

		{"formation as a list", `{"formation": [{"process": "web", "quantity": 2, "size": "Hobby", "command": "x"}]}`, "web=2", "J011w J015w"},
		{"formation as a number", `{"formation": {"web": 3}}`, "web=3", "J011w"},
		{"quantity as a string", `{"formation": {"web": {"quantity": "2"}}}`, "web=2", "J011w"},
		{"no quantity", `{"formation": {"web": {"size": "free"}}}`, "web=1", "J015w"},
		{"negative quantity", `{"formation": {"web": {"quantity": -1}, "worker": {"quantity": 1.5}}}`, "", "J004w J004w"},

		{"buildpacks as strings", `{"buildpacks": ["heroku/go"]}`, "", "J011w"},
		{"buildpacks as one string", `{"buildpacks": "heroku/go"}`, "", "J011w J011w"},
		{"unknown script", `{"scripts": {"pr-predeploy": "x", "dokku": {"command": "y"}}}`, "", "J016w"},
		{"unknown key with a near one", `{"addOns": [], "env": {}}`, "", "J010w"},
		{"environment in an environment", `{"environments": {"test": {"environments": {}}}}`, "", "J004w"},
		{"cron without a schedule", `{"cron": [{"command": "x"}]}`, "", "J013w"},
		{"text of the wrong shape", `{"env": {}, "name": 5, "website": ["x"]}`, "", "J011w J004w"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m, problems := parse(c.src)
			got := strings.TrimSpace(addons(m) + " " + envs(m) + formation(m))
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if got := codes(problems); got != c.codes {
				t.Errorf("problems: got %q, want %q\n%v", got, c.codes, problems)
			}
		})
	}
}

func formation(m *appjson.Manifest) string {
	var words []string
	for _, q := range m.Formation {
		words = append(words, fmt.Sprintf("%s=%d", q.Type, q.Quantity))
	}
	return strings.Join(words, " ")
}

func TestParse_SaysExactlyWhatIsNoJSON(t *testing.T) {
	cases := []struct{ name, src, place, caret string }{
		{"line comment", "{\n  // note\n  \"env\": {}\n}", "app.json:2:3", ""},
		{"block comment", "{ /* a\nb */ \"env\": {} }", "app.json:1:3", ""},
		{"hash comment", "{\n# a\n\"env\": {}}", "app.json:2:1", ""},
		{"trailing comma in an object", "{\n  \"env\": {\"A\": {},\n  }\n}", "app.json:2:18", "trailing comma"},
		{"trailing comma in a list", "{\"addons\": [\"a\", ]}", "app.json:1:16", "trailing comma"},
		{"missing comma", "{\n  \"env\": {}\n  \"addons\": []\n}", "app.json:3:3", `expected "," or "}"`},
		{"missing comma in a list", `{"addons": ["a" "b"]}`, "app.json:1:17", `expected "," or "]"`},
		{"missing colon", `{"env" {}}`, "app.json:1:8", `":" after the key`},
		{"missing value", `{"env": }`, "app.json:1:9", "expected a value"},
		{"bare key", `{env: {}}`, "app.json:1:2", "key in double quotes"},
		{"single quotes", `{'env': {}}`, "app.json:1:2", "double quotes"},
		{"single quotes in a value", `{"name": 'x'}`, "app.json:1:10", "double quotes"},
		{"open string", "{\"env\n\": 1}", "app.json:1:2", "not closed on its line"},
		{"open string at the end", `{"env`, "app.json:1:2", "never closed"},
		{"tab in a string", "{\"name\": \"a\tb\"}", "app.json:1:12", "escape"},
		{"open object", `{"env": {`, "app.json:1:10", "expected a key"},
		{"bad escape", `{"name": "\x"}`, "app.json:1:11", "no such escape"},
		{"bad unicode escape", `{"name": "\u12g4"}`, "app.json:1:11", "four hexadecimal digits"},
		{"bad number", `{"name": 01}`, "app.json:1:10", "expected a value"},
		{"bad word", `{"name": yes}`, "app.json:1:10", "expected a value"},
		{"text behind", `{"env": {}} x`, "app.json:1:13", "end of the file"},
		{"empty", " \n", "app.json:1:1", ""},
		{"column counts runes", `{"é": é}`, "app.json:1:7", "expected a value"},
		{"only a comma", `{,}`, "app.json:1:2", "key in double quotes"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, problems := parse(c.src)
			if len(problems) == 0 || problems[0].Code != "J002" || problems[0].Severity != problem.Error {
				t.Fatalf("got %v", problems)
			}
			p := problems[0]
			if p.Place.String() != c.place || !strings.Contains(p.Place.Caret, c.caret) {
				t.Errorf("got %s %q, want %s %q", p.Place, p.Place.Caret, c.place, c.caret)
			}
		})
	}
}

func TestParse_GoesOnBehindCommentsAndTrailingCommas(t *testing.T) {
	m, problems := parse("{\n // a\n \"env\": {\"A\": {},},\n \"addons\": [\"x\",],\n}")
	if envs(m) != "A!" || addons(m) != "x[]" || codes(problems) != "J002e J002e" {
		t.Errorf("got %s %s %v", envs(m), addons(m), problems)
	}
}

func TestParse_NeverShowsAValueOfEnv(t *testing.T) {
	for _, src := range []string{
		`{"env": {"A": {"value": "s3cr3t",}}}`, `{"env": {"A": "s3cr3t" "B": 1}}`, `{"env": {"A": {"value": "s3cr3t", "x": 1}}}`,
		`{"env": {"A": "s3cr3t"}}`, `{"env": {"A": {"value": "s3cr3t"}, "A": {"value": "s3cr3t"}}}`, `{"env": {"A": "s3cr3t`,
		`{"env": {"A": "x\" s3cr3t",}}`, `{"env": ["s3cr3t"]}`, `{"addons": 1, "env": {"A": {"value": "s3cr3t"}}}`,
	} {
		_, problems := parse(src)
		if len(problems) == 0 {
			t.Errorf("%s: no problem", src)
		}
		for _, p := range problems {
			if text := p.Text(nil); strings.Contains(text, "s3cr3t") {
				t.Errorf("%s: the value shows in\n%s", src, text)
			}
		}
	}
}

func TestParse_PassesOverFilesOfOtherTools(t *testing.T) {
	cases := []struct {
		src  string
		kind appjson.Kind
	}{
		{`{"expo": {"name": "x"}, "scripts": {}}`, appjson.Expo},
		{`{"name": "x", "displayName": "X"}`, appjson.ReactNative},
		{`{"pages": ["a"], "window": {}}`, appjson.WeChat},
		{`{"$schema": "x", "type": "object", "properties": {"env": {}}}`, appjson.JSONSchema},
		{`{"name": "x"}`, appjson.Unknown},
		{`{}`, appjson.Unknown},
	}
	for _, c := range cases {
		m, problems := parse(c.src)
		if m.Kind != c.kind || codes(problems) != "J003n" || len(m.Env) > 0 {
			t.Errorf("%s: got %s, %v", c.src, m.Kind, problems)
		}
	}
}

func TestParse_SuggestsTheKeyThatWasMeant(t *testing.T) {
	for src, want := range map[string]string{
		`{"env": {}, "addOns": []}`:      `did you mean "addons"?`,
		`{"env": {}, "succes_url": "x"}`: `did you mean "success_url"?`,
		`{"env": {"A": {"desc": "x"}}}`:  `did you mean "description"?`,
		`{"env": {}, "frobnicate": 1}`:   "",
	} {
		_, problems := parse(src)
		if len(problems) != 1 || problems[0].Place.Caret != want {
			t.Errorf("%s: got %v %q", src, problems, problems[0].Place.Caret)
		}
	}
}

func TestParse_RefusesHostileFiles(t *testing.T) {
	for name, src := range map[string]string{
		"deep lists":   strings.Repeat("[", 1_000_000),
		"deep objects": strings.Repeat(`{"a":`, 100_000),
		"UTF-16":       "\xff\xfe{\x00}\x00",
		"NUL":          "{\"a\": \"\x00\"}",
		"large":        `{"name": "` + strings.Repeat("x", 1<<20) + `"}`,
		"a list":       `[1]`,
	} {
		_, problems := parse(src)
		if name == "a list" {
			if codes(problems) != "J004e" {
				t.Errorf("%s: got %v", name, problems)
			}
			continue
		}
		if !problems.Failed() || len(problems) != 1 {
			t.Errorf("%s: got %d problems: %.200v", name, len(problems), problems)
		}
	}
}

func TestEnvironment_MergesAsHerokuDoes(t *testing.T) {
	m, problems := parse(`{
  "name": "a", "env": {"A": {"value": "1"}, "B": {"value": "2"}}, "scripts": {"postdeploy": "p", "test": "t"},
  "addons": ["x"], "formation": {"web": {"quantity": 1}}, "buildpacks": [{"url": "u"}], "stack": "heroku-22",
  "environments": {
    "test": {"env": {"B": {"value": ""}, "C": {"generator": "secret"}}, "scripts": {"test": "t2"}, "addons": [],
             "formation": {"test": {"quantity": 4}}, "stack": "heroku-24"},
    "review": {}
  }}`)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	test := m.Environment("test")
	if got := envs(test); got != `A="1" B="" C=<secret>` {
		t.Errorf("env: %s", got)
	}
	if test.Script("postdeploy") != "p" || test.Script("test") != "t2" || len(test.AddOns) != 0 || formation(test) != "test=4" ||
		test.Stack != "heroku-24" || test.Name != "a" || len(test.Buildpacks) != 1 || len(test.Environments) != 0 {
		t.Errorf("got %+v", test)
	}
	for _, name := range []string{"review", "none"} {
		same := m.Environment(name)
		if envs(same) != `A="1" B="2"` || addons(same) != "x[]" || !same.Has("addons") || same.Has("environments") {
			t.Errorf("%s: got %+v", name, same)
		}
	}
	if envs(m) != `A="1" B="2"` || len(m.AddOns) != 1 {
		t.Error("the manifest itself changed")
	}
	if new(appjson.Manifest).Environment("test") == nil {
		t.Error("an empty manifest has no environment")
	}
}

func TestLoad_ReadsAFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "app.json")
	if err := os.WriteFile(path, []byte(`{"env": {}, "nane": "x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	m, problems := appjson.LoadAs(path, "app.json")
	if m.File != "app.json" || len(problems) != 1 || problems[0].Place.File != "app.json" {
		t.Errorf("got %+v %v", m, problems)
	}
	_, problems = appjson.Load(filepath.Join(dir, "none"))
	if codes(problems) != "J001e" || !errors.Is(problems[0], fs.ErrNotExist) {
		t.Errorf("got %v", problems)
	}
	if _, problems = appjson.Load(dir); codes(problems) != "J008e" {
		t.Errorf("got %v", problems)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"env": {"A": {"value": 1, "required": "false"}, "B": "x"}, "addons": ["a", {"plan": "b --c=d"}]}`))
	f.Add([]byte("\ufeff{ // c\r\n\"formation\": [{\"process\": \"web\",}], \"environments\": {\"test\": {\"cron\": [{}]}}}"))
	f.Add([]byte(`{"env": {"\ud83d\ude00": NaN}, "healthchecks": {"web": [{"path": "/"}]}, "scripts": {"a": {"command": "b"}}}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		m, problems := appjson.Parse("app.json", src)
		for _, p := range problems {
			_ = p.Text(nil)
		}
		_ = m.Environment("test").Environment("x")
		valid := json.Valid(bytes.TrimPrefix(src, []byte("\ufeff")))
		if refused := strings.Contains(codes(problems), "J002"); valid && refused && !strings.Contains(problems.Error(), "deeper") {
			t.Fatalf("valid JSON is refused: %v", problems)
		} else if !valid && !refused && !strings.Contains(codes(problems), "J007") && !strings.Contains(problems.Error(), "no JSON value") {
			t.Fatalf("invalid JSON is accepted: %v", problems)
		}
		seen := make(map[string]bool)
		for _, v := range m.Env {
			if seen[v.Name] || v.Place.Line < 1 || v.Place.Column < 1 {
				t.Fatalf("bad entry %+v", v)
			}
			seen[v.Name] = true
		}
	})
}

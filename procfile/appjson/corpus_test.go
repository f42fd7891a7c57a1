package appjson_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/procfile/appjson"
)

// expectation is the answer to a file of the collection of real app.json files
// that is kept beside the checkout where there is one.
type expectation struct {
	Class    string         `json:"cls"`
	Notes    []string       `json:"notes"`
	Expected map[string]any `json:"expected"`
}

func TestParse_AgreesWithTheCorpus(t *testing.T) {
	paths, err := filepath.Glob("../../../shared/corpus/appjson/*.app.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Skip("no collection of app.json files beside this checkout")
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			answer, err := os.ReadFile(strings.TrimSuffix(path, ".app.json") + ".expected.json")
			if err != nil {
				t.Fatal(err)
			}
			var want expectation
			if err := json.Unmarshal(answer, &want); err != nil {
				t.Fatal(err)
			}
			m, problems := appjson.Load(path)
			if problems.Failed() {
				t.Fatalf("refused: %v", problems)
			}
			if string(m.Kind) != want.Class {
				t.Errorf("kind: got %s, want %s", m.Kind, want.Class)
			}
			if got := summary(m, want.Expected); !reflect.DeepEqual(got, want.Expected) {
				g, _ := json.Marshal(got)
				w, _ := json.Marshal(want.Expected)
				t.Errorf("got  %s\nwant %s", g, w)
			}
			for _, note := range want.Notes {
				if code := codeOf(note); code != "" && !strings.Contains(codes(problems), code) {
					t.Errorf("%s: nothing about it in %v", note, problems)
				}
			}
			if m.Kind != appjson.Heroku && codes(problems) != "J003n" {
				t.Errorf("a foreign file gives %v", problems)
			}
		})
	}
}

func codeOf(note string) string {
	for prefix, code := range map[string]string{
		"duplicate keys": "J006", "env value": "J011w", "addons is": "J011w", "CRLF": "J017", "non-string": "J011w",
		"unknown": "J010",
	} {
		if strings.HasPrefix(note, prefix) {
			return code
		}
	}
	return ""
}

// summary says in the terms of the expectation what was read; want decides
// between forms that mean the same, such as an absent and an empty section.
func summary(m *appjson.Manifest, want map[string]any) map[string]any {
	got := make(map[string]any)
	if m.Kind != appjson.Heroku {
		return got
	}
	got["addons"] = addOns(m, want["addons"])
	if m.Has("env") {
		env := make(map[string]any)
		for _, v := range m.Env {
			env[v.Name] = envEntry(v, want)
		}
		got["env"] = env
	}
	if m.Has("formation") {
		formation := make(map[string]any)
		for _, q := range m.Formation {
			formation[q.Type] = float64(q.Quantity)
		}
		got["formation"] = formation
	}
	if m.Has("scripts") {
		scripts := make(map[string]any)
		for _, s := range m.Scripts {
			scripts[s.Name] = s.Command
		}
		got["scripts"] = scripts
	}
	if len(m.Environments) > 0 {
		var names []any
		for _, e := range m.Environments {
			names = append(names, e.Name)
		}
		got["environments"] = names
	}
	return got
}

func envEntry(v appjson.EnvVar, want map[string]any) map[string]any {
	switch {
	case v.HasValue:
		// A boolean or number stays one in the answers; here it is text.
		if all, ok := want["env"].(map[string]any); ok {
			if entry, ok := all[v.Name].(map[string]any); ok {
				if flag, ok := entry["value"].(bool); ok && v.Value == map[bool]string{true: "true", false: "false"}[flag] {
					return map[string]any{"value": flag}
				}
			}
		}
		return map[string]any{"value": v.Value}
	case v.Generator != "":
		return map[string]any{"generated": v.Generator}
	default:
		return map[string]any{"required": v.Required}
	}
}

func addOns(m *appjson.Manifest, want any) any {
	if !m.Has("addons") {
		return nil
	}
	if _, single := want.(string); single && len(m.AddOns) == 1 {
		return m.AddOns[0].Written
	}
	items, _ := want.([]any)
	list := make([]any, 0, len(m.AddOns))
	for i, a := range m.AddOns {
		if i < len(items) && reflect.TypeOf(items[i]) == reflect.TypeFor[string]() {
			list = append(list, a.Written)
			continue
		}
		entry := map[string]any{"plan": a.Written}
		if a.As != "" {
			entry["as"] = a.As
		}
		if len(a.Options) > 0 {
			options := make(map[string]any)
			for k, v := range a.Options {
				options[k] = v
			}
			entry["options"] = options
		}
		list = append(list, entry)
	}
	return slices.Clip(list)
}

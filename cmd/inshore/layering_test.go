package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const modulePath = "github.com/inshore-dev/inshore"

// layer says what a package may import of ours, and why that is all.
type layer struct {
	may     []string
	because string
}

// layers is the direction of the imports: package, then what it may import. A
// name that ends in /... stands for the packages below it. Every package may
// import emulator/problem, the one shape of bad news, and is not listed for it.
var layers = map[string]layer{
	"cmd/...":               {[]string{"addons", "addons/...", "emulator", "emulator/...", "procfile", "procfile/...", "templates", "watch"}, "cmd wires everything and holds no logic"},
	"emulator/emulatortest": {[]string{"emulator", "emulator/...", "addons", "addons/..."}, "the harness assembles a whole emulator, as cmd does"},
	"emulator": {[]string{
		"addons", "emulator/app", "emulator/control", "emulator/dyno", "emulator/footprint",
		"emulator/logs", "emulator/router", "emulator/sentinel",
		"procfile", "procfile/...", "templates", "watch",
	}, "the engine is the only package that knows several organs; the services of add-ons are handed to it"},
	"emulator/export":           {[]string{"emulator/app", "templates"}, "an export is a rendering of the resolved app"},
	"emulator/app":              {[]string{"procfile", "procfile/..."}, "the app is merged from parsed files and runs nothing"},
	"emulator/dyno":             {[]string{"emulator/sentinel"}, "a dyno starts its process under the sentinel"},
	"emulator/router":           {[]string{"templates"}, "error pages are templates"},
	"emulator/control":          {nil, "organs take interfaces instead of importing each other"},
	"emulator/logs":             {nil, "organs take interfaces instead of importing each other"},
	"emulator/sentinel":         {[]string{"emulator/footprint"}, "the sentinel must survive what it watches"},
	"emulator/footprint":        {nil, "it knows this process only"},
	"emulator/problem":          {nil, "the ground floor"},
	"procfile":                  {[]string{"procfile/source"}, "a parser needs no platform"},
	"procfile/detect":           {[]string{"procfile", "procfile/..."}, "a proposal is made of what the parsers read"},
	"procfile/...":              {[]string{"procfile", "procfile/source"}, "a parser needs no platform and no other parser"},
	"templates":                 {nil, "templates render what they are given"},
	"watch":                     {nil, "the watcher reports paths"},
	"addons":                    {nil, "what an add-on is does not depend on the add-ons there are"},
	"addons/addonstest":         {[]string{"addons"}, "the suite knows drivers through their interface"},
	"addons/internal/...":       {nil, "engines know servers, not add-ons"},
	"addons/internal/container": {[]string{"addons/internal/container/..."}, "engines know servers, not add-ons"},
	"addons/...":                {[]string{"addons", "addons/internal/..."}, "a service knows what an add-on is and which engines run it"},
}

// doors are dependencies that only one part of the tree may import.
var doors = []struct{ dependency, only, because string }{
	{"github.com/docker/docker", "addons/internal/container", "the engine's API is behind one interface"},
	{"github.com/testcontainers/testcontainers-go", "addons/internal/container", "the engine's API is behind one interface"},
	{"github.com/urfave/cli", "cmd/...", "flags belong in cmd"},
	{"github.com/fatih/color", "cmd/...", "colour belongs in cmd"},
}

type listedPackage struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func TestLayering_ImportsPointDown(t *testing.T) {
	for _, p := range listPackages(t) {
		from := ours(p.ImportPath)
		l, known := layerOf(from)
		if !known {
			t.Errorf("%s is in no layer: say in layers what it may import, and why", from)
			continue
		}
		for _, path := range p.Imports {
			to := ours(path)
			if to == "" || to == "emulator/problem" || matchesAny(l.may, to) {
				continue
			}
			t.Errorf("%s imports %s, but %s", from, to, l.because)
		}
	}
}

func TestLayering_HeavyDependenciesStayBehindTheirDoor(t *testing.T) {
	for _, p := range listPackages(t) {
		from := ours(p.ImportPath)
		for _, path := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			for _, d := range doors {
				if path == d.dependency || strings.HasPrefix(path, d.dependency+"/") {
					if !matches(d.only, from) {
						t.Errorf("%s imports %s, but only %s may: %s", from, path, d.only, d.because)
					}
				}
			}
		}
	}
}

func TestLayering_TableCatchesAnUpwardImport(t *testing.T) {
	tests := []struct {
		from, to string
		allowed  bool
	}{
		{"emulator/router", "emulator/logs", false},
		{"emulator/router", "templates", true},
		{"procfile/appjson", "emulator/app", false},
		{"addons/postgres", "addons/redis", false},
		{"addons/postgres", "addons/internal/native", true},
		{"addons", "addons/postgres", false},
		{"emulator", "addons/postgres", false},
		{"emulator", "cmd/inshore", false},
		{"cmd/inshore", "addons/postgres", true},
	}
	for _, test := range tests {
		l, known := layerOf(test.from)
		if got := known && matchesAny(l.may, test.to); got != test.allowed {
			t.Errorf("%s may import %s: %v, want %v", test.from, test.to, got, test.allowed)
		}
	}
}

// layerOf finds the most particular row for a package.
func layerOf(name string) (layer, bool) {
	if l, exact := layers[name]; exact {
		return l, true
	}
	rows := slices.SortedFunc(maps.Keys(layers), func(a, b string) int { return len(b) - len(a) })
	for _, row := range rows {
		if strings.HasSuffix(row, "/...") && matches(row, name) {
			return layers[row], true
		}
	}
	return layer{}, false
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, name) })
}

func matches(pattern, name string) bool {
	parent, below := strings.CutSuffix(pattern, "/...")
	if below {
		return strings.HasPrefix(name, parent+"/")
	}
	return pattern == name
}

// ours is an import path below our module, or "" for anybody else's.
func ours(path string) string {
	name, found := strings.CutPrefix(path, modulePath+"/")
	if !found {
		return ""
	}
	return name
}

func listPackages(t *testing.T) []listedPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", modulePath+"/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []listedPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listedPackage
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

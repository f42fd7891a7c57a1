package procfile_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/procfile"
)

// corpus is a collection of Procfiles of real applications with their right
// readings, kept beside the checkout where there is one.
const corpus = "../../shared/corpus"

type expectation struct {
	SHA256   string `json:"sha256"`
	Expected struct {
		Processes  map[string]string `json:"processes"`
		Order      []string          `json:"order"`
		Duplicates []string          `json:"duplicates"`
	} `json:"expected"`
	Flags   []string                   `json:"flags"`
	Differs map[string]json.RawMessage `json:"differs"`
}

// corpusFile is a Procfile of the collection and what is known about it.
type corpusFile struct {
	name string
	src  []byte
	want expectation
}

func corpusFiles(t *testing.T) []corpusFile {
	t.Helper()
	paths, err := filepath.Glob(corpus + "/procfile/*.Procfile")
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Skip("no collection of Procfiles beside this checkout")
	}
	files := make([]corpusFile, len(paths))
	for i, path := range paths {
		f := &files[i]
		f.name = filepath.Base(path)
		if f.src, err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
		answer, err := os.ReadFile(strings.TrimSuffix(path, ".Procfile") + ".expected.json")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(answer, &f.want); err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
	}
	return files
}

func TestParse_AgreesWithTheCorpus(t *testing.T) {
	for _, f := range corpusFiles(t) {
		t.Run(f.name, func(t *testing.T) {
			pf, problems := procfile.Parse("Procfile", f.src, procfile.Options{})
			got := commands(pf)
			if !maps.Equal(got, f.want.Expected.Processes) {
				t.Errorf("got  %q\nwant %q", got, f.want.Expected.Processes)
			}
			if g, w := strings.Join(pf.Types(), " "), strings.Join(f.want.Expected.Order, " "); g != w {
				t.Errorf("order: got %s, want %s", g, w)
			}
			if len(f.want.Expected.Processes) == 0 && !problems.Failed() {
				t.Error("a file without processes is no error")
			}
			for range f.want.Expected.Duplicates {
				if !has(problems, "P004") {
					t.Errorf("no P004 for a duplicate in %v", problems)
				}
			}
		})
	}
}

func TestParse_AgreesWithTheOddCasesOfTheCorpus(t *testing.T) {
	text, err := os.ReadFile(corpus + "/procfile_odd.json")
	if err != nil {
		t.Skip("no collection of Procfiles beside this checkout")
	}
	var odd []struct {
		SHA256 string   `json:"sha256"`
		Odd    string   `json:"odd"`
		Names  []string `json:"names"`
	}
	if err := json.Unmarshal(text, &odd); err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, o := range odd {
		src, err := os.ReadFile(corpus + "/procfile/" + o.SHA256[:12] + ".Procfile")
		if err != nil {
			continue
		}
		read++
		pf, problems := procfile.Parse("Procfile", src, procfile.Options{})
		if got, want := strings.Join(pf.Types(), " "), strings.Join(o.Names, " "); got != want {
			t.Errorf("%s: got %s, want %s", o.Odd, got, want)
		}
		t.Logf("%s:\n%v", o.Odd, problems)
	}
	t.Logf("%d of %d odd cases have a file", read, len(odd))
}

package procfile_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/procfile"
)

func differing(src string) string {
	var names []string
	for _, d := range procfile.Differences([]byte(src)) {
		name := d.Reader
		if d.Err != nil {
			name += "!"
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

func TestDifferences_NamesTheReadersOfTheAcceptanceTable(t *testing.T) {
	cases := []struct{ src, want string }{
		{"web: rails s\n", ""},
		{"web:rails s\nworker: x\n", "cedar hivemind overmind"},
		{"web rails s\nworker: x\n", "cedar fir! heroku-local!"},
		{"  web: x\nworker: x\n", "heroku-local! foreman honcho hivemind overmind"},
		{"my_worker: x\n", "fir"},
		{"Web: x\n", "fir"},
		{"web.1: x\nworker: x\n", "fir! heroku-local!"},
		{"web:\nworker: x\n", "fir! heroku-local!"},
		{"# note\nweb: x\n", ""},
		{"  # note\nweb: x\n", "heroku-local!"},
		{"web: a \\\n  --port 1\n", "cedar fir! heroku-local!"},
		{"web: a\nweb: b\n", "foreman honcho! hivemind! overmind!"},
		{"web: a\r\nworker: b\r\n", ""},
		{"web: a\r\n\r\nworker: b\r\n", "heroku-local!"},
		{"\ufeffweb: a\nworker: b\n", "cedar fir! heroku-local! foreman honcho hivemind overmind"},
		{"web: a \n", "cedar foreman honcho hivemind overmind"},
	}
	for _, c := range cases {
		if got := differing(c.src); got != c.want {
			t.Errorf("%q: got %s, want %s", c.src, got, c.want)
		}
	}
}

func TestReadAs_RefusesAnUnknownReader(t *testing.T) {
	if _, err := procfile.ReadAs("nobody", nil); err == nil {
		t.Error("no error")
	}
}

func TestDifferences_AgreeWithTheCorpus(t *testing.T) {
	readers := map[string]string{
		"cedar": "heroku-cedar", "fir": "heroku-fir", "heroku-local": "heroku-local", "honcho": "honcho",
		"hivemind": "hivemind", "overmind": "overmind",
	}
	for _, f := range corpusFiles(t) {
		t.Run(f.name, func(t *testing.T) {
			got := procfile.Differences(f.src)
			_, problems := procfile.Parse("Procfile", f.src, procfile.Options{})
			var named []string
			for _, p := range problems {
				named = append(named, procfile.Readers(p)...)
			}
			for reader, word := range readers {
				marked := false
				for key := range f.want.Differs {
					marked = marked || strings.Contains(key, word)
				}
				found := slices.ContainsFunc(got, func(d procfile.Difference) bool { return d.Reader == reader })
				if marked && !found && !slices.Contains(named, reader) {
					t.Errorf("%s reads the file otherwise and is not named: %s", reader, f.want.SHA256)
				}
				if found && len(f.want.Differs) == 0 {
					t.Errorf("%s reads the file as all the others do and is named", reader)
				}
			}
		})
	}
}

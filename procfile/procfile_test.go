package procfile_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/procfile"
)

func commands(pf *procfile.Procfile) map[string]string {
	m := make(map[string]string)
	for _, e := range pf.Entries {
		m[e.Type] = e.Command
	}
	return m
}

func has(problems problem.List, code string) bool {
	return slices.ContainsFunc(problems, func(p *problem.Problem) bool { return p.Code == code })
}

// codes is every problem as code and first letter of its severity.
func codes(problems problem.List) string {
	var words []string
	for _, p := range problems {
		words = append(words, p.Code+p.Severity.String()[:1])
	}
	return strings.Join(words, " ")
}

func entries(pf *procfile.Procfile) string {
	var lines []string
	for _, e := range pf.Entries {
		lines = append(lines, e.Type+"="+e.Command)
	}
	return strings.Join(lines, "\n")
}

func TestParse_ReadsEveryFormOfALine(t *testing.T) {
	long := strings.Repeat("a", 63)
	cases := []struct{ name, src, entries, codes string }{
		{"P1 plain", "web: rails s", "web=rails s", ""},
		{"P2 no blank after the colon", "web:rails s", "web=rails s", "P012w"},
		{"P3 no colon alone", "web rails s", "", "P002e P005e"},
		{"P3 no colon beside others", "web rails s\nworker: x", "worker=x", "P002w"},
		{"P4 indented", "  web: x", "web=x", "P013w"},
		{"P5 hyphen", "my-worker: x", "my-worker=x", "P022n"},
		{"P6 underscore", "my_worker: x", "my_worker=x", "P015w"},
		{"P7 upper case", "Web: x", "Web=x", "P015w"},
		{"P8 dot", "web.1: x", "", "P003e P005e"},
		{"P9 no command", "web:", "", "P006e P005e"},
		{"P10 blank command", "web: ", "", "P006e P005e"},
		{"P11 no name", ": rails", "", "P003e P005e"},
		{"P12 signs", "&&&&&", "", "P002e P005e"},
		{"P13 comment", "# note\nweb: x", "web=x", ""},
		{"P13 indented comment", "   # note\nweb: x", "web=x", "P013n"},
		{"P14 colon and comment in a command", "web: echo a: b # c", "web=echo a: b # c", ""},
		{"P15 prose", "hello world\nweb: x", "web=x", "P002w"},
		{"P16 continuation", "web: a \\\n  --port 1", "web=a \\", "P011w"},
		{"P17 duplicate", "web: a\nworker: b\nweb: c", "web=c\nworker=b", "P004w"},
		{"P18 CRLF", "web: a\r\nworker: b\r\n", "web=a\nworker=b", ""},
		{"P18 CRLF with a blank line", "web: a\r\n\r\nworker: b\r\n", "web=a\nworker=b", "P023n"},
		{"P19 byte-order mark", "\ufeffweb: a\n", "web=a", "P014w"},
		{"P20 empty", "", "", "P005e"},
		{"P20 only comments", "# a\n\n# b\n", "", "P005e"},
		{"P21 trailing blanks", "web: a \t \n", "web=a", ""},
		{"tab after the colon", "web:\tcmd", "web=cmd", ""},
		{"double blank", "web:  cmd", "web=cmd", ""},
		{"lone CR", "web: a\rworker: b", "web=a\nworker=b", ""},
		{"blank before the colon", "web : a\nrelease: b", "release=b", "P019w"},
		{"starts with a digit", "1web: a", "1web=a", ""},
		{"other alphabet", "кот: a\nweb: b", "web=b", "P003e"},
		{"bad character", "web_server!: node server.js\nweb: a", "web=a", "P003e"},
		{"leading hyphen", "-a: x\nweb: a", "-a=x\nweb=a", "P003e"},
		{"trailing hyphen", "a-: x\nweb: a", "a-=x\nweb=a", "P003e"},
		{"63 characters", long + ": x", long + "=x", ""},
		{"64 characters", long + "a: x", long + "a=x", "P018e"},
		{"bare command", "node index.js", "", "P002e P005e"},
		{"command with a colon but no name", "heroku addons:create x\nweb: a", "web=a", "P002w"},
		{"shell syntax", "web: A=1 cmd ${PORT:-9} | tee x && y; z", "web=A=1 cmd ${PORT:-9} | tee x && y; z", ""},
		{"quoted whole", `web: "flower -A poster --port=$PORT"`, `web="flower -A poster --port=$PORT"`, ""},
		{
			"open quote", "web: \"gunicorn \\\n    -b 0.0.0.0:$PORT \\\n    app:app\"\nworker: b",
			"web=\"gunicorn \\\nworker=b", "P010e",
		},
		{"indented entry after an open quote is not run", "web: sh -c 'a\n  rm: x\n'\n", "web=sh -c 'a", "P010e"},
		{"open quote in a comment", "web: a # don't", "web=a # don't", ""},
		{"quote inside a substitution", `web: echo "$(printf "%s" "it's")"`, `web=echo "$(printf "%s" "it's")"`, ""},
		{"escaped backslash at the end", `web: a \\`, `web=a \\`, ""},
		{"windows variable", "web: a %PORT%", "web=a %PORT%", "P021n"},
		{"percent format", "web: a %d %s%", "web=a %d %s%", ""},
		{"template", "{% if x %}\nweb: a\n{% endif %}", "web=a", "P017w P017w"},
		{"merge conflict", "<<<<<<< HEAD\nweb: a\n=======\nweb: b\n>>>>>>> topic\n", "web=b", "P016e P004w"},
		{"UTF-16", "\xff\xfew\x00e\x00b\x00", "", "P007e"},
		{"NUL", "web: a\x00b", "", "P007e"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			pf, problems := procfile.Parse("Procfile", []byte(c.src), procfile.Options{})
			if got := entries(pf); got != c.entries {
				t.Errorf("entries: got %q, want %q", got, c.entries)
			}
			if got := codes(problems); got != c.codes {
				t.Errorf("problems: got %q, want %q\n%v", got, c.codes, problems)
			}
		})
	}
}

func TestParse_StrictAppliesTheRulesOfFir(t *testing.T) {
	long := strings.Repeat("a", 63)
	cases := []struct{ name, src, entries, codes string }{
		{"plain", "web: rails s", "web=rails s", ""},
		{"no blank", "web:rails s", "web=rails s", ""},
		{"no colon", "web rails s\nworker: x", "worker=x", "P002e"},
		{"indented", "  web: x", "web=x", "P015w"},
		{"underscore", "my_worker: x", "my-worker=x", "P015w"},
		{"upper case", "Web: x", "web=x", "P015w"},
		{"corrected to a duplicate", "my-w: x\nmy_w: y", "my-w=y", "P015w P004w"},
		{"dot", "web.1: x\nweb: y", "web=y", "P003e"},
		{"no command", "web:\nworker: a", "worker=a", "P006e"},
		{"no name", ": rails\nworker: a", "worker=a", "P003e"},
		{"blank before the colon", "web : a\nworker: a", "worker=a", "P019e"},
		{"continuation", "web: a \\\n  --port 1", "web=a \\", "P011e"},
		{"duplicate", "web: a\nweb: b", "web=b", "P004w"},
		{"indented comment", "  # a\nweb: b", "web=b", "P013n"},
		{"leading hyphen", "-a: b\nweb: c", "web=c", "P003e"},
		{"leading underscore", "_a: b\nweb: c", "web=c", "P003e"},
		{"63", long + ": b", long + "=b", ""},
		{"64", long + "a: b\nweb: c", "web=c", "P018e"},
		{"empty", "", "", "P005e"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			pf, problems := procfile.Parse("Procfile", []byte(c.src), procfile.Options{Strict: true})
			if got := entries(pf); got != c.entries {
				t.Errorf("entries: got %q, want %q", got, c.entries)
			}
			if got := codes(problems); got != c.codes {
				t.Errorf("problems: got %q, want %q\n%v", got, c.codes, problems)
			}
		})
	}
}

func TestParse_KnowsWhereEverythingStands(t *testing.T) {
	pf, _ := procfile.Parse("Procfile", []byte("# a\n\n  wéb: x\n  web:   rails s  \n"), procfile.Options{})
	e, ok := pf.Find("web")
	want := procfile.Entry{Type: "web", Command: "rails s", Line: 4, Column: 3, CommandColumn: 10, Source: "  web:   rails s  "}
	if !ok || e != want {
		t.Fatalf("got %+v, want %+v", e, want)
	}
	if _, ok := pf.Find("Web"); ok {
		t.Error("names are not compared byte for byte")
	}
}

func TestParse_PointsAtTheFault(t *testing.T) {
	cases := []struct{ src, want string }{
		{"web: a\nclock: b\nworker bundle exec sidekiq", "Procfile:3:1"},
		{"web: a\nweb_server!: node server.js", "Procfile:2:1"},
		{"web: a\nwéb: b", "Procfile:2:1"},
		{"web: é \"abc", "Procfile:1:8"},
		{"web: a\nx : c", "Procfile:2:2"},
	}
	for _, c := range cases {
		_, problems := procfile.Parse("Procfile", []byte(c.src), procfile.Options{})
		if len(problems) != 1 || problems[0].Place.String() != c.want {
			t.Errorf("%q: got %v, want %s", c.src, problems, c.want)
		}
	}
}

func TestParse_ShowsTheLineWithCaretAndFix(t *testing.T) {
	_, problems := procfile.Parse("Procfile", []byte("web: a\nclock: b\nworker bundle exec sidekiq"), procfile.Options{})
	place := problems[0].Place
	if place.Source != "worker bundle exec sidekiq" || place.Column != 1 || place.EndColumn != 7 || place.Caret == "" {
		t.Errorf("got %+v", place)
	}
}

func TestParse_ProposesTheNameThatWasMeant(t *testing.T) {
	cases := []struct{ src, fix string }{
		{"worker bundle exec sidekiq", "worker: bundle exec sidekiq"},
		{"node index.js", "web: node index.js"},
		{"web_server!: node server.js", "web_server: node server.js"},
		{"web.api: a", "web-api: a"},
		{"web : a", "web: a"},
	}
	for _, c := range cases {
		_, problems := procfile.Parse("Procfile", []byte(c.src), procfile.Options{})
		found := slices.ContainsFunc(problems[0].Notes, func(n problem.Note) bool { return n.Label == "fix" && n.Text == c.fix })
		if !found {
			t.Errorf("%q: no fix %q in %v", c.src, c.fix, problems[0].Notes)
		}
	}
}

func TestReaders_NamesWhoReadsAPlaceOtherwise(t *testing.T) {
	_, problems := procfile.Parse("Procfile", []byte("web:rails s"), procfile.Options{})
	if got := fmt.Sprint(procfile.Readers(problems[0])); got != "[cedar hivemind overmind]" {
		t.Errorf("got %s", got)
	}
	if got := procfile.Readers(problem.New("P000", "x")); got != nil {
		t.Errorf("got %v for a problem without readers", got)
	}
}

func TestLoad_ReadsAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "Procfile")
	if err := os.WriteFile(path, []byte("web: a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	pf, problems := procfile.Load(path, procfile.Options{Name: "Procfile"})
	if problems != nil || pf.Name != "Procfile" || entries(pf) != "web=a" {
		t.Fatalf("got %+v, %v", pf, problems)
	}
}

func TestLoad_SaysWhenThereIsNoFile(t *testing.T) {
	_, problems := procfile.Load(filepath.Join(t.TempDir(), "Procfile"), procfile.Options{Name: "Procfile"})
	if codes(problems) != "P001e" || !errors.Is(problems[0], fs.ErrNotExist) {
		t.Fatalf("got %v", problems)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("web: a\n# b\r\nworker:b \\\n  c: d\n"), false)
	f.Add([]byte("\ufeff  we_b : \"$(a 'b"), true)
	f.Fuzz(func(t *testing.T, src []byte, strict bool) {
		opts := procfile.Options{Strict: strict}
		pf, problems := procfile.Parse("Procfile", src, opts)
		for _, p := range problems {
			_ = p.Text(nil)
		}
		if len(pf.Entries) == 0 && !problems.Failed() {
			t.Fatal("no process and no error")
		}
		var text strings.Builder
		for _, e := range pf.Entries {
			if strings.ContainsAny(e.Command, "\r\n") || e.Command == "" {
				t.Fatalf("bad command %q", e.Command)
			}
			fmt.Fprintf(&text, "%s: %s\n", e.Type, e.Command)
		}
		again, _ := procfile.Parse("Procfile", []byte(text.String()), opts)
		if got, want := entries(again), entries(pf); got != want {
			t.Fatalf("read back %q, want %q", got, want)
		}
	})
}

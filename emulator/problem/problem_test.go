package problem

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestText_ShowsPlaceCaretCauseAndFix(t *testing.T) {
	p := New("P002", "Procfile line has no colon").
		At(Place{File: "Procfile", Line: 3, Column: 8, EndColumn: 9, Source: "worker bundle exec sidekiq"}).
		Caret(`expected ":" after the process name`).
		Fix("worker: bundle exec sidekiq")
	want := `error[P002]: Procfile line has no colon
  --> Procfile:3:8
   |
 3 | worker bundle exec sidekiq
   |        ^ expected ":" after the process name
   = fix  worker: bundle exec sidekiq
`
	if got := p.Text(nil); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestText_AlignsNotesAndQuotesLines(t *testing.T) {
	p := New("A002", "postgres did not become ready in 60s").
		Quote("output", "its last lines", []string{"FATAL: incompatible", ""}).
		Fix("inshore addons:reset postgres")
	want := `error[A002]: postgres did not become ready in 60s
   = output  its last lines
     | FATAL: incompatible
     |
   = fix     inshore addons:reset postgres
`
	if got := p.Text(nil); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestText_KeepsHostileLinesFromDrivingTheTerminal(t *testing.T) {
	source := "web: \x1b]0;title\x07\x1b[2J" + strings.Repeat("x", 100_000) + "!"
	column := utf8.RuneCountInString(source)
	text := New("P003", "odd").At(Place{File: "Procfile", Line: 1, Column: column, Source: source}).Text(nil)
	if strings.ContainsAny(text, "\x1b\x07") {
		t.Errorf("control characters reach the terminal: %q", text)
	}
	if len(text) > 2000 {
		t.Errorf("%d bytes for one problem", len(text))
	}
	lines := strings.Split(text, "\n")
	shown, carets := []rune(lines[3]), strings.IndexByte(lines[4], '^')
	if carets < 0 || shown[carets] != '!' {
		t.Errorf("the caret is not under the place:\n%s", text)
	}
}

func TestList_WarningsAreNoError(t *testing.T) {
	warning := New("P010", "odd").Warn()
	if err := (List{warning}).Err(); err != nil {
		t.Errorf("got %v", err)
	}
	if err := (List{warning, New("P002", "bad")}).Err(); err == nil {
		t.Error("an error was lost")
	}
}

func TestOf_FindsProblemsInsideErrors(t *testing.T) {
	p := New("P001", "no Procfile").Wrap(fs.ErrNotExist)
	for name, err := range map[string]error{
		"plain": p, "wrapped": fmt.Errorf("read: %w", p), "list": List{p}, "wrapped list": fmt.Errorf("read: %w", List{p}),
	} {
		if got := Of(err); len(got) != 1 || got[0] != p {
			t.Errorf("%s: got %v", name, got)
		}
	}
	if !errors.Is(p, fs.ErrNotExist) || Of(errors.New("other")) != nil {
		t.Error("cause lost, or a problem found where there is none")
	}
}

func TestNearest_SuggestsOnlyWhatIsNear(t *testing.T) {
	known := []string{"web", "worker", "clock", "logs", "addons", "success_url"}
	for word, want := range map[string]string{
		"wrker": "worker", "wokrer": "worker", "lgos": "logs", "wbe": "web", "frobnicate": "", "": "", "workers": "worker",
		"workbench": "", "addOns": "addons", "adonis": "addons", "WEB": "web", "web": "", "zzz": "", "succes_url": "success_url",
	} {
		if got := Nearest(word, known); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}

func TestEdits_CountsASwapOnce(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "", 3}, {"abc", "acb", 1}, {"kitten", "sitting", 3}} {
		if got := edits(c.a, c.b); got != c.want {
			t.Errorf("%s %s: got %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

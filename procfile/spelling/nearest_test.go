package spelling_test

import (
	"testing"

	"github.com/inshore-dev/inshore/procfile/spelling"
)

func TestNearest_FindsTheWordThatWasMeant(t *testing.T) {
	known := []string{"addons", "env", "success_url", "web", "worker"}
	for word, want := range map[string]string{
		"addOns": "addons", "succes_url": "success_url", "wrker": "worker", "wokrer": "worker",
		"wbe": "web", "ENV": "env", "web": "", "zzz": "", "": "", "workbench": "", "adonis": "addons",
	} {
		if got := spelling.Nearest(word, known); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}

func TestEdits_CountsASwapOnce(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "", 3}, {"abc", "acb", 1}, {"kitten", "sitting", 3}} {
		if got := spelling.Edits(c.a, c.b); got != c.want {
			t.Errorf("%s %s: got %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

package procfile

import (
	"strings"
	"testing"
	"time"
)

// A hostile file of a quarter of the largest size costs seconds at most, even
// where a rule looks ahead.
func TestParse_TakesBoundedTimeForHostileFiles(t *testing.T) {
	const size = 256 << 10
	fill := func(unit string) string { return strings.Repeat(unit, size/len(unit)) }
	for name, src := range map[string]string{
		"blank lines":   fill("\n"),
		"blanks":        fill(" \n"),
		"CRLF":          fill("\r\n"),
		"conflicts":     fill("=======\n"),
		"no colon":      fill("a b\n"),
		"duplicates":    fill("a: b\n"),
		"open quotes":   fill("a: \"\n"),
		"nested quotes": "a: " + fill("\"$("),
		"one name":      fill("a"),
		"colons":        fill(":"),
		"comments":      fill(" #\n"),
		"percent":       "a: " + fill("%A"),
	} {
		start := time.Now()
		_, problems := Parse("file", []byte(src), Options{})
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: %v", name, took)
		} else {
			t.Logf("%s: %v, %d problems", name, took, len(problems))
		}
	}
}

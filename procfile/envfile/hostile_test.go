package envfile

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
		"open double":   fill("A=\"x\n"),
		"open single":   fill("A='x\n"),
		"backslashes":   "A='" + fill(`\'`),
		"backslashes 2": "A='" + fill(`\' x`),
		"blocks":        fill("A=-----BEGIN \n"),
		"references":    "A=" + fill("$x"),
		"braces":        "A=" + fill("${x"),
		"nested braces": "A=" + fill("${x:-"),
		"dollars":       "A=" + fill("$"),
		"noise":         fill("a b\n"),
		"names":         fill("A"),
		"conflicts":     fill("=======\n"),
		"hashes":        "A=" + fill(" x#"),
		"objects":       fill("{"),
		"object lists":  "{\"a\":" + fill("[") + "}",
		"carriage":      fill("\r"),
		"export":        fill("export "),
	} {
		start := time.Now()
		_, problems := Parse("file", []byte(src))
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: %v", name, took)
		} else {
			t.Logf("%s: %v, %d problems", name, took, len(problems))
		}
	}
}

package appjson

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
		"one line of add-ons": `{"addons": [` + fill(`"a",`) + `"b"]}`,
		"one line of objects": `{"addons": [` + fill(`{"plan":1},`) + `"b"]}`,
		"one line of env":     `{"env": {` + fill(`"A":"b",`) + `"B":{}}}`,
		"NaN":                 `{"keywords": [` + fill("NaN,") + `1]}`,
		"lines":               "{\"addons\": [" + fill("1,\n") + "1]}",
		"comments":            fill("//\n"),
		"open comment":        fill("/*"),
		"unknown keys":        `{"env":{},` + fill(`"k":1,`) + `"l":1}`,
		"blanks":              fill(" "),
		"escapes":             `{"name": "` + fill(`\ud83d\ude00`) + `"}`,
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

package envfile_test

import (
	"encoding/json"
	"maps"
	"os"
	"testing"

	"github.com/inshore-dev/inshore/procfile/envfile"
)

// The answer for inputs on which the readers of the collection disagree and
// which the package comment decides; nil means no variable.
var decided = map[string]map[string]string{
	"export-bare":         {"A": "1"},
	"backtick":            {"A": "`x y`"},
	"trailing-space":      {"A": "x"},
	"space-around-eq":     {"A": "x"},
	"inline-hash-nospace": {"A": "x#y"},
	"hash-first":          {"A": "#x"},
	"hash-url-fragment":   {"A": "redis://db:6379/#frag"},
	"no-eq":               {"B": "1"},
	"no-eq-outside":       {"B": "1"},
	"dollar-var":          {"B": "1", "A": "1"},
	"dollar-brace":        {"B": "1", "A": "1"},
	"dq-dollar-brace":     {"B": "1", "A": "x1"},
	"sq-dollar-brace":     {"B": "1", "A": "x${B}"},
	"dollar-lower":        {"b": "1", "A": "1"},
	"dollar-unset":        {"A": "$NOPE"},
	"dollar-default":      {"A": "d"},
	"dollar-fromenv":      {"A": "from-os"},
	"password-dollar":     {"A": "pa$$w0rd$1x"},
	"dq-password-dollar":  {"A": "pa$w0rd"},
	"escaped-dollar-dq":   {"A": "$B"},
	"escaped-dollar":      {"A": "$B"},
	"cmd-subst":           {"A": "$(echo hi)"},
	"dollar-forward":      {"A": "", "B": "2"},
	"dq-newline-esc":      {"A": "x\ny"},
	"dq-quote-esc":        {"A": `x"y`},
	"sq-quote-esc":        {"A": `x\'y`},
	"dq-backslash":        {"A": "c:\new\temp"},
	"multiline-dq":        {"A": "l1\nl2", "B": "1"},
	"multiline-sq":        {"A": "l1\nl2", "B": "1"},
	"multiline-pem-unq":   {"B": "1"},
	"unterminated-dq":     {"B": "1"},
	"crlf-multiline-dq":   {"A": "l1\nl2", "B": "1"},
	"bom":                 {"A": "x", "B": "y"},
	"bom-comment":         {"A": "x"},
	"yaml":                {"A": "x"},
	"yaml-dq":             {"A": "x"},
	"dash-key":            {"A-B": "1"},
	"dot-key":             {"A.B": "1"},
	"semicolon-comment":   {"A": "1"},
	"mixed-quotes":        nil,
	"json-file":           {"A_B": "1"},
	"merge-marker":        {"A": "2"},
}

// Where every reader but bash agrees, so do we; elsewhere the table decides.
func TestParse_AgreesWithTheProbesOfTheCorpus(t *testing.T) {
	text, err := os.ReadFile("../../../shared/corpus/env_probes.json")
	if err != nil {
		t.Skip("no collection of env files beside this checkout")
	}
	var probes map[string]map[string]json.RawMessage
	if err := json.Unmarshal(text, &probes); err != nil {
		t.Fatal(err)
	}
	outside := func(name string) (string, bool) { return "from-os", name == "OUTSIDE" }
	for name, probe := range probes {
		var input string
		if err := json.Unmarshal(probe["input"], &input); err != nil {
			t.Fatal(err)
		}
		want, ok := decided[name]
		if !ok {
			want = majority(t, probe)
		}
		vars, problems := envfile.ParseWith(".env", []byte(input), envfile.Options{Lookup: outside})
		if !maps.Equal(vars.Map(), want) {
			t.Errorf("%s %q: got %q, want %q, %v", name, input, vars.Map(), want, problems)
		}
	}
	t.Logf("%d probes, %d of them decided here", len(probes), len(decided))
}

// majority is what most readers make of a probe. Those left over once the table
// has decided differ only in the foreman gem, heroku local or bash.
func majority(t *testing.T, probe map[string]json.RawMessage) map[string]string {
	t.Helper()
	votes := make(map[string]int)
	best := "{}"
	for reader, answer := range probe {
		if reader == "input" || reader == "bash" {
			continue
		}
		var m map[string]string
		if err := json.Unmarshal(answer, &m); err != nil {
			t.Fatal(err)
		}
		key, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		votes[string(key)]++
		if votes[string(key)] > votes[best] {
			best = string(key)
		}
	}
	if votes[best] < 5 {
		t.Errorf("the readers disagree and nothing is decided: %v", votes)
	}
	var m map[string]string
	if err := json.Unmarshal([]byte(best), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

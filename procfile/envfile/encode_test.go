package envfile_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/joho/godotenv"

	"github.com/inshore-dev/inshore/procfile/envfile"
)

// hostile are values that break writers of env files.
var hostile = []string{
	"", "plain", "00701", "+5", "20 GeV", " lead", "trail ", "\ttab\t", "a b  c",
	"#lead", "a#b", "a #b", "http://h/p#frag",
	"$HOME", "${HOME}", "${X:-d}", "pa$$w0rd$1x", "$(id)", "`id`", "cost $5",
	`0\`, `\`, `C:\new\temp`, `C:\dir\`, `a\nb`, `\\host\share\`,
	"it's", `say "hi"`, `it's "both"`, `'quoted'`, `"quoted"`, `'`, `"`, `it's $5`, `it's #1`, "it's `id`", `it's \ and "`,
	`{"k":"v","n":[1,2]}`, `{"it's":"$5"}`, "a=b==", "=x", "export A=1", "A: b", "~/x", "100%", "!bang!", "a;b&c|d<e>f*?[x]",
	"l1\nl2", "\n", "l1\r\nl2\r", "end\n", "a\n$b\n\"c\"\n'd'\n\\e", "-----BEGIN KEY-----\nabc=\n-----END KEY-----\n",
	"é ü 漢字 😀", "\u00a0nbsp\u00a0", "<<<<<<< HEAD", "\x01\x1b[31m", strings.Repeat("x", 70000), "not UTF-8 \xe9\xff",
}

func one(value string) envfile.Vars {
	var vars envfile.Vars
	vars.Set(envfile.Var{Name: "A", Value: value})
	vars.Set(envfile.Var{Name: "NEXT", Value: "1"})
	return vars
}

func TestEncode_ReadsBackHere(t *testing.T) {
	for _, value := range hostile {
		text := envfile.Encode(one(value))
		vars, problems := parse(string(text))
		if got, _ := vars.Value("A"); got != value || vars.Len() != 2 || problems.Failed() {
			t.Errorf("%q is written %s and read back %q, %v", value, text, got, problems)
		}
	}
}

// herokuLocal reads as the Heroku CLI's local command does: line by line,
// quotes up to the next one without escapes, "#" cuts an unquoted value.
func herokuLocal(text string) map[string]string {
	m := make(map[string]string)
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		name, value, ok := strings.Cut(line, "=")
		if len(line) <= 2 || line[0] == '#' || !ok {
			continue
		}
		value = strings.TrimSpace(value)
		switch {
		case value != "" && (value[0] == '\'' || value[0] == '"'):
			value, _, _ = strings.Cut(value[1:], value[:1])
		default:
			value, _, _ = strings.Cut(value, "#")
			value = strings.TrimSpace(value)
		}
		m[strings.TrimSpace(name)] = value
	}
	return m
}

var escaped = regexp.MustCompile(`\\(.)`)

// foreman reads as the gem does.
func foreman(text string) map[string]string {
	m := make(map[string]string)
	line := regexp.MustCompile(`^([A-Za-z_0-9]+)=(.*)$`)
	for l := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		f := line.FindStringSubmatch(l)
		if f == nil {
			continue
		}
		value, n := f[2], len(f[2])
		switch {
		case n > 1 && value[0] == '\'' && value[n-1] == '\'':
			value = value[1 : n-1]
		case n > 1 && value[0] == '"' && value[n-1] == '"':
			value = escaped.ReplaceAllString(strings.ReplaceAll(value[1:n-1], `\n`, "\n"), "$1")
		}
		m[f[1]] = value
	}
	return m
}

func godotenvReader(text string) map[string]string {
	m, _ := godotenv.Unmarshal(text)
	return m
}

func composeReader(text string) map[string]string {
	m, _ := dotenv.UnmarshalWithLookup(text, nil)
	return m
}

// Each reader has values that no spelling gets through to it; the list below is
// that limit, and shrinking it is welcome.
func TestEncode_ReadsBackElsewhere(t *testing.T) {
	readers := []struct {
		name string
		read func(string) map[string]string
		lost func(value string) bool
	}{
		{"godotenv", godotenvReader, func(v string) bool { return strings.Contains(v, "\xff") }},
		{"compose", composeReader, func(v string) bool { return false }},
		{"foreman", foreman, func(v string) bool { return strings.Contains(v, "\r") }},
		{"heroku-local", herokuLocal, func(v string) bool {
			return strings.ContainsAny(v, "\r\n") || strings.Contains(v, "'") && strings.Contains(v, "$")
		}},
	}
	for _, r := range readers {
		for _, value := range hostile {
			if r.lost(value) {
				continue
			}
			text := envfile.Encode(one(value))
			m := r.read(string(text))
			if got := m["A"]; got != value || m["NEXT"] != "1" {
				t.Errorf("%s: %q is written %.200s and read back %.200q", r.name, value, text, got)
			}
		}
	}
}

func TestWrite_RefusesWhatNoFileCanHold(t *testing.T) {
	for _, v := range []envfile.Var{{Name: "A", Value: "x\x00y"}, {Name: "A B"}, {Name: ""}, {Name: "A=B"}, {Name: "A\nB"}} {
		var vars envfile.Vars
		vars.Set(v)
		var b bytes.Buffer
		if err := envfile.Write(&b, vars); err == nil || b.Len() > 0 {
			t.Errorf("%+v: got %v and %q", v, err, b.String())
		}
	}
}

func TestWrite_KeepsTheOrder(t *testing.T) {
	var vars envfile.Vars
	for _, name := range []string{"B", "A", "C", "A"} {
		vars.Set(envfile.Var{Name: name, Value: name})
	}
	var b bytes.Buffer
	if err := envfile.Write(&b, vars); err != nil || b.String() != "B=B\nA=A\nC=C\n" {
		t.Errorf("got %q, %v", b.String(), err)
	}
}

func FuzzEncode(f *testing.F) {
	for _, value := range hostile {
		if len(value) < 100 {
			f.Add("A", value)
		}
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		if !envfile.Valid(name) || strings.Contains(value, "\x00") {
			t.Skip()
		}
		var vars envfile.Vars
		vars.Set(envfile.Var{Name: name, Value: value})
		text := envfile.Encode(vars)
		got, _ := envfile.Parse(".env", text)
		if v, ok := got.Value(name); !ok || v != value || got.Len() != 1 {
			t.Fatalf("%q is written %q and read back %q", value, text, v)
		}
	})
}

package envfile_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/procfile/envfile"
)

func environment(name string) (string, bool) {
	if name == "HOSTV" {
		return "fromos", true
	}
	return "", false
}

func parse(src string) (envfile.Vars, problem.List) {
	return envfile.ParseWith(".env", []byte(src), envfile.Options{Lookup: environment})
}

// show is every variable as NAME=value, with line ends made visible.
func show(vars envfile.Vars) string {
	var parts []string
	for _, v := range vars.All() {
		parts = append(parts, strings.Trim(fmt.Sprintf("%s=%q", v.Name, v.Value), " "))
	}
	return strings.Join(parts, " ")
}

func codes(problems problem.List) string {
	var words []string
	for _, p := range problems {
		words = append(words, p.Code+p.Severity.String()[:1])
	}
	return strings.Join(words, " ")
}

func TestParse_ReadsEveryFormOfAStatement(t *testing.T) {
	cases := []struct{ name, src, want, codes string }{
		{"plain", "A=b\n", `A="b"`, ""},
		{"blanks around the sign", "A = b\n", `A="b"`, ""},
		{"trailing blanks", "A=b   \n", `A="b"`, ""},
		{"blanks inside", "ENERGY=20 GeV\n", `ENERGY="20 GeV"`, ""},
		{"comment behind quotes", `A="b#c" # note` + "\n", `A="b#c"`, ""},
		{"hash without a blank", "A=b#c\n", `A="b#c"`, "E014w"},
		{"hash behind a blank", "A=b #c\n", `A="b"`, ""},
		{"hash at the start", "A=#c\n", `A="#c"`, "E014w"},
		{"hash behind the sign and a blank", "A= #c\n", `A=""`, ""},
		{"fragment of a URL", "A=http://h/p#frag\n", `A="http://h/p#frag"`, "E014w"},
		{"export", "export A=b\n", `A="b"`, ""},
		{"export with a tab", "export\tA=b\n", `A="b"`, ""},
		{"export alone", "A=1\nexport A\n", `A="1"`, ""},
		{"export of nothing known", "export A\n", "", "E004w"},
		{"a variable called export", "export=1\n", `export="1"`, ""},
		{"exportFOO", "exportFOO=1\n", `exportFOO="1"`, ""},
		{"empty", "A=\n", `A=""`, ""},
		{"empty in quotes", "A=\"\"\nB=''\n", `A="" B=""`, ""},
		{"bare name", "A\nB=1\n", `B="1"`, "E004w"},
		{"indent", "   A=b\n", `A="b"`, ""},
		{"colon", "A: b\n", `A="b"`, "E012w"},
		{"colon and quotes", `A: "b"`, `A="b"`, "E012w"},
		{"a URL on its own line", "http://x\n", "", "E005w"},
		{"newline escape in double quotes", `A="x\ny"`, `A="x\ny"`, ""},
		{"newline escape in single quotes", `A='x\ny'`, `A="x\\ny"`, ""},
		{"newline escape without quotes", `A=x\ny`, `A="x\\ny"`, ""},
		{"tab escape", `A="x\ty"`, `A="x\ty"`, ""},
		{"quote escape", `A="x\"y"`, `A="x\"y"`, ""},
		{"backslash escape", `A="C:\\dir"`, `A="C:\\dir"`, ""},
		{"unknown escape", `A="C:\dir"`, `A="C:\\dir"`, ""},
		{"backslash without quotes", `A=C:\dir`, `A="C:\\dir"`, ""},
		{"backslash at the end of single quotes", `A='C:\dir\'`, `A="C:\\dir\\"`, ""},
		{"quote behind a backslash in single quotes", `A='x\'y'`, `A="x\\'y"`, ""},
		{"lines in double quotes", "A=\"x\ny\"\nB=1\n", `A="x\ny" B="1"`, "E023n"},
		{"lines in single quotes", "A='x\ny'\nB=1\n", `A="x\ny" B="1"`, "E023n"},
		{"lines in double quotes, CRLF", "A=\"x\r\ny\"\r\nB=1\r\n", `A="x\ny" B="1"`, "E023n"},
		{"reference", "X=1\nA=$X\n", `X="1" A="1"`, "E022n"},
		{"reference in braces", "X=1\nA=${X}\n", `X="1" A="1"`, "E022n"},
		{"reference in double quotes", "X=1\nA=\"a${X}b\"\n", `X="1" A="a1b"`, "E022n"},
		{"reference in single quotes", "X=1\nA='${X}'\n", `X="1" A="${X}"`, ""},
		{"lower-case reference", "x=1\nA=${x}\n", `x="1" A="1"`, "E022n"},
		{"two dollars", "A=pa$$w0rd\n", `A="pa$$w0rd"`, ""},
		{"two dollars before a known name", "X=1\nA=pa$$X\n", `X="1" A="pa$$X"`, ""},
		{"dollar and digit", "A=pa$1x\n", `A="pa$1x"`, ""},
		{"dollar at the end", "A=abc$\n", `A="abc$"`, ""},
		{"unknown bare name", "A=pa$word\n", `A="pa$word"`, "E015w"},
		{"default", "A=${UNSETX:-def}\n", `A="def"`, "E022n"},
		{"default without colon", "A=${UNSETX-def}\n", `A="def"`, "E022n"},
		{"default of an empty variable", "X=\nA=${X:-def}\nB=${X-def}\n", `X="" A="def" B=""`, "E022n E022n"},
		{"default not needed", "X=1\nA=${X:-def}\n", `X="1" A="1"`, "E022n"},
		{"nested default", "X=1\nA=${U:-a${X}b}\n", `X="1" A="a1b"`, "E022n"},
		{"other forms in braces", "X=1\nA=${X:+y}${X?}\n", `X="1" A="${X:+y}${X?}"`, ""},
		{"open brace", "A=${X\n", `A="${X"`, ""},
		{"unset in braces", "A=${UNSETX}\n", `A=""`, "E019w E022n"},
		{"command", "A=$(echo hi)\n", `A="$(echo hi)"`, ""},
		{"command in backticks", "A=`echo hi`\n", "A=\"`echo hi`\"", ""},
		{"escaped dollar", "X=1\nA=\"\\$X\"\n", `X="1" A="$X"`, ""},
		{"escaped dollar without quotes", "X=1\nA=\\$X\n", `X="1" A="$X"`, ""},
		{"environment", "A=${HOSTV}\n", `A="fromos"`, "E022n"},
		{"file before environment", "HOSTV=file\nA=$HOSTV\n", `HOSTV="file" A="file"`, "E022n"},
		{"forward reference", "A=${B}\nB=2\n", `A="" B="2"`, "E019w E022n"},
		{"reference to itself", "A=1\nA=${A}2\n", `A="12"`, "E022n E024n"},
		{"byte-order mark", "\ufeffA=b\n", `A="b"`, "E013w"},
		{"dash in a name", "A-B=c\n", `A-B="c"`, "E011w"},
		{"dot in a name", "A.B=c\n", `A.B="c"`, "E011w"},
		{"digit first", "1A=b\n", `1A="b"`, "E011w"},
		{"unterminated", "A=\"b\nB=c\n", `B="c"`, "E001e"},
		{"unterminated before another quote", "A=\"b\nB=\"c\"\nC=1\n", `B="c" C="1"`, "E001e"},
		{"unterminated, then lines of a secret", "A=\"b\nsecret\nmore\n\nB=c\nstray\n", `B="c"`, "E001e E004w"},
		{"unterminated single quote", "A='b\n", "", "E001e"},
		{"quotes inside", `A=b"c"d`, `A="b\"c\"d"`, ""},
		{"apostrophe", "A=don't\n", `A="don't"`, ""},
		{"JSON value", `A={"k":"v"}`, `A="{\"k\":\"v\"}"`, ""},
		{"JSON in single quotes", `A='{"k":"v"}'`, `A="{\"k\":\"v\"}"`, ""},
		{"two quoted parts", "A=\"b\"\"c\"\nB=1\n", `B="1"`, "E002e"},
		{"text behind a quote", "A=\"b\"c\nB=1\n", `B="1"`, "E002e"},
		{"mixed quotes", "A='x'\"y\"\nB=1\n", `B="1"`, "E002e"},
		{"prose", "not a line\nA=b\n", `A="b"`, "E005w"},
		{"blank in a name", "A B=1\nC=2\n", `C="2"`, "E005w"},
		{"semicolon", "; c\nA=b\n", `A="b"`, "E005w"},
		{"backslash at the end of a line", "A=b\\\nc\nB=1\n", `A="b\\" B="1"`, "E004w"},
		{"JSON file", `{"a":{"b":"c"},"d":[1,true],"e":null}`, `A_B="c" D_0="1" D_1="true" E=""`, "E017w"},
		{"broken JSON file", "{\"a\":\nA=1\n", `A="1"`, "E005w"},
		{"no name", "=x\nA=1\n", `A="1"`, "E006e"},
		{"NUL", "A=x\x00y\nB=1\n", `B="1"`, "E020e"},
		{"UTF-16", "\xff\xfeA\x00=\x00", "", "E007e"},
		{"merge conflict", "<<<<<<< HEAD\nA=1\n=======\nA=2\n>>>>>>> x\n", `A="2"`, "E016e E024n"},
		{"unquoted PEM", "A=-----BEGIN KEY-----\nabc=\n-----END KEY-----\nB=1\n", `B="1"`, "E018e"},
		{"quoted PEM", "A=\"-----BEGIN KEY-----\nabc=\n-----END KEY-----\"\nB=1\n", `A="-----BEGIN KEY-----\nabc=\n-----END KEY-----" B="1"`, "E023n"},
		{"duplicate", "A=1\nB=2\nA=3\n", `A="3" B="2"`, "E024n"},
		{"base64", "A=YWJj==\n", `A="YWJj=="`, ""},
		{"URL", "A=postgres://u:p@h/db?sslmode=disable&x=1\n", `A="postgres://u:p@h/db?sslmode=disable&x=1"`, ""},
		{"tabs", "A\t=\tx\n", `A="x"`, ""},
		{"CRLF", "A=x\r\nB=y\r\n", `A="x" B="y"`, ""},
		{"no newline at the end", "A=1", `A="1"`, ""},
		{"not ASCII", "A=é \u00a0\n", `A="é \u00a0"`, ""},
		{"not UTF-8", "A=\xe9\n", `A="\xe9"`, ""},
		{"percent and tilde", "A=100%\nB=~/x\n", `A="100%" B="~/x"`, ""},
		{"empty file", "", "", ""},
		{"comments", "# a\n   # b\n\n", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			vars, problems := parse(c.src)
			if got := show(vars); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if got := codes(problems); got != c.codes {
				t.Errorf("problems: got %q, want %q\n%v", got, c.codes, problems)
			}
		})
	}
}

func TestParse_RemembersWhereEveryValueStands(t *testing.T) {
	vars, _ := parse("# c\nA=\"x\ny\"\n\nB=1\nA=2\n")
	for name, line := range map[string]int{"A": 6, "B": 5} {
		if v, _ := vars.Get(name); v.Line != line || v.File != ".env" {
			t.Errorf("%s: got %+v, want line %d", name, v, line)
		}
	}
}

func TestParse_PointsAtTheFault(t *testing.T) {
	cases := []struct{ src, want string }{
		{"A=1\n\n  SECRET=\"abc", ".env:3:10"},
		{"A=\"x\ny\"z", ".env:2:3"},
		{"A=1\n=x", ".env:2:1"},
		{"\ufeffA=\"x", ".env:1:3"},
	}
	for _, c := range cases {
		_, problems := parse(c.src)
		if got := problems[len(problems)-1].Place.String(); got != c.want {
			t.Errorf("%q: got %s, want %s", c.src, got, c.want)
		}
	}
}

func TestParse_NeverShowsAValue(t *testing.T) {
	const secret = "s3cr3tvalue"
	for _, src := range []string{
		"PASSWORD=\"s3cr3tvalue", "PASSWORD='s3cr3tvalue\nmore", "A=\"b\" s3cr3tvalue", "A=\"b\"s3cr3tvalue\"",
		"s3cr3tvalue", "s3cr3tvalue more", "=s3cr3tvalue", "A=s3cr3tvalue\x00", "A=s3cr3tvalue#x", "A: s3cr3tvalue",
		"A-B=s3cr3tvalue", "A=-----BEGIN KEY-----\ns3cr3tvalue\n-----END KEY-----", "<<<<<<< s3cr3tvalue",
		"A=s3cr3tvalue${X}", "A=x$s3cr3tvalue", "A=${s3cr3tvalue}", "A=${X:?s3cr3tvalue}", "A=${X:-s3cr3tvalue}", "{\"a\": \"s3cr3tvalue\"}", "{s3cr3tvalue", "; s3cr3tvalue",
	} {
		_, problems := parse(src)
		for _, p := range problems {
			if text := p.Error() + p.Text(nil) + fmt.Sprint(p.Err); strings.Contains(text, secret) {
				t.Errorf("%q: the value shows in\n%s", src, text)
			}
		}
	}
}

func TestParse_BoundsWhatReferencesCanBuild(t *testing.T) {
	var src strings.Builder
	src.WriteString("A0=0123456789\n")
	for i := range 60 {
		fmt.Fprintf(&src, "A%d=$A%d$A%d\n", i+1, i, i)
	}
	_, problems := parse(src.String())
	if !problems.Failed() {
		t.Fatal("a value that doubles sixty times is no error")
	}
}

func TestLoad_LetsLaterFilesOverrideAndRefer(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, ".env", "A=1\nB=${A}\nC=3\n")
	write(t, dir, ".env.local", "A=2\nD=${A}${C}\n")
	vars, problems := envfile.LoadIn(dir, envfile.Options{}, ".env", ".env.local")
	if problems.Failed() || show(vars) != `A="2" B="1" C="3" D="23"` {
		t.Fatalf("got %s, %v", show(vars), problems)
	}
	if v, _ := vars.Get("A"); v.File != ".env.local" || v.Line != 1 {
		t.Errorf("got %+v", v)
	}
}

func TestLoad_ReadsTheOthersWhenOneIsMissing(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, ".env", "A=1\n")
	vars, problems := envfile.Load(filepath.Join(dir, "none"), path)
	if codes(problems) != "E008e" || !errors.Is(problems[0], fs.ErrNotExist) || show(vars) != `A="1"` {
		t.Fatalf("got %s, %v", show(vars), problems)
	}
}

func TestLoad_RefusesAFolder(t *testing.T) {
	if _, problems := envfile.Load(t.TempDir()); codes(problems) != "E009e" {
		t.Fatalf("got %v", problems)
	}
}

func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

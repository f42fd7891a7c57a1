package procfile_test

import (
	"fmt"
	"testing"

	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/procfile"
)

func TestParseFormation_ReadsTheFormsOfItsPeers(t *testing.T) {
	types := []string{"web", "worker", "clock", "release"}
	cases := []struct{ text, want, codes string }{
		{"", "map[clock:1 web:1 worker:1]", ""},
		{"web=2", "map[clock:0 web:2 worker:0]", ""},
		{"all=1,web=2", "map[clock:1 web:2 worker:1]", ""},
		{"all=2,worker=0", "map[clock:2 web:2 worker:0]", ""},
		{"web=2,", "map[clock:0 web:2 worker:0]", ""},
		{" web = 2 , worker=1", "map[clock:0 web:2 worker:1]", ""},
		{"web", "map[clock:0 web:1 worker:0]", ""},
		{"web=1,web=3", "map[clock:0 web:3 worker:0]", "C011w"},
		{"web=0", "map[clock:0 web:0 worker:0]", "C012e"},
		{"wrker=1,web=1", "map[clock:0 web:1 worker:0]", "C004e"},
		{"release=1,web=1", "map[clock:0 web:1 worker:0]", "C011e"},
	}
	for _, c := range cases {
		f, problems := procfile.ParseFormation(c.text)
		got, more := f.Quantities(types, nil)
		problems = append(problems, more...)
		if fmt.Sprint(got) != c.want || codes(problems) != c.codes {
			t.Errorf("%q: got %v %v, want %s %s", c.text, got, problems, c.want, c.codes)
		}
	}
}

func TestParseFormation_RefusesBadText(t *testing.T) {
	for _, text := range []string{
		"web=x", "web===2", "=1", ",", "web=-1", "web=2,,worker=1", "web+1", "web=101",
		"web=99999999999999999999", "a b=1", "web=2:standard-2x", "web=1.5",
	} {
		if _, problems := procfile.ParseFormation(text); codes(problems) == "" || problems[0].Code != "C011" || !problems.Failed() {
			t.Errorf("%q: got %v", text, problems)
		}
	}
}

func TestParseScale_ReadsTheWordsOfTheHerokuCLI(t *testing.T) {
	types := []string{"web", "my-worker", "clock"}
	current := map[string]int{"web": 1, "my-worker": 2}
	cases := []struct {
		words []string
		want  string
		codes string
	}{
		{[]string{"web=2"}, "map[clock:0 my-worker:2 web:2]", ""},
		{[]string{"web+1", "my-worker-1"}, "map[clock:0 my-worker:1 web:2]", ""},
		{[]string{"web-5"}, "map[clock:0 my-worker:2 web:0]", ""},
		{[]string{"web=3:standard-2x"}, "map[clock:0 my-worker:2 web:3]", ""},
		{[]string{"web=0", "my-worker=0"}, "map[clock:0 my-worker:0 web:0]", ""},
		{[]string{"web+100"}, "map[clock:0 my-worker:2 web:1]", "C011e"},
		{[]string{"web"}, "map[clock:0 my-worker:2 web:1]", "C011e"},
		{[]string{"web=x", "clock=1"}, "map[clock:1 my-worker:2 web:1]", "C011e"},
		{[]string{"nosuch=1"}, "map[clock:0 my-worker:2 web:1]", "C004e"},
	}
	for _, c := range cases {
		f, problems := procfile.ParseScale(c.words)
		got, more := f.Quantities(types, current)
		problems = append(problems, more...)
		if fmt.Sprint(got) != c.want || codes(problems) != c.codes {
			t.Errorf("%q: got %v %v, want %s %s", c.words, got, problems, c.want, c.codes)
		}
	}
	f, _ := procfile.ParseScale([]string{"web=3:standard-2x"})
	if s, ok := f.Find("web"); !ok || s.Size != "standard-2x" || s.Relative {
		t.Errorf("got %+v", s)
	}
}

func TestQuantities_SuggestsTheTypeThatWasMeant(t *testing.T) {
	for name, want := range map[string]string{"wrker": `"worker"?`, "wbe": `"web"?`, "zzz": ""} {
		_, problems := procfile.Formation{{Type: name, Quantity: 1}}.Quantities([]string{"web", "worker"}, nil)
		if got := hint(problems[0]); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func hint(p *problem.Problem) string {
	for _, n := range p.Notes {
		if n.Label == "did you mean" {
			return n.Text
		}
	}
	return ""
}

func FuzzParseFormation(f *testing.F) {
	f.Add("web=2,worker=1,all=1")
	f.Add(" web = 2 ,")
	f.Fuzz(func(t *testing.T, text string) {
		formation, problems := procfile.ParseFormation(text)
		if !problems.Failed() && len(formation) == 0 && text != "" && text[0] > ' ' && text[0] < 0x7f {
			t.Fatal("text gave neither a wish nor an error")
		}
		_, _ = procfile.ParseScale([]string{text})
	})
}

package logs

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var noon = time.Date(2012, 10, 11, 3, 47, 20, 123456789, time.UTC)

func TestText_LooksAsDocumented(t *testing.T) {
	f := NewText(TextOptions{Location: time.UTC})
	var got []byte
	for _, l := range []Line{
		{Process: "web.1", Text: []byte("Puma starting...")},
		{Process: "worker.1", Text: []byte("Sidekiq")},
		{Process: "scheduler.1234", Text: []byte("longer")},
		{Process: "web.1", Text: []byte("")},
		{Process: strings.Repeat("x", 30), Text: []byte("sticks out")},
		{Source: Inshore, Text: []byte("tab\tand 10%\r 50%\r100%\r")},
	} {
		l.Time = noon
		got = f.Format(got, &l)
	}
	got = f.Gap(got, 1204, noon)
	equal(t, "text", string(got), `03:47:20 web.1    | Puma starting...
03:47:20 worker.1 | Sidekiq
03:47:20 scheduler.1234 | longer
03:47:20 web.1          |
`+"03:47:20 "+strings.Repeat("x", 30)+` | sticks out
`+"03:47:20 inshore        | tab\tand 10%\r"[:26]+`100%
03:47:20 inshore        | ... 1204 lines not shown here, output was too slow; inshore logs has what is stored
`)
}

func TestText_Options(t *testing.T) {
	line := Line{Process: "web.1", Time: noon, Text: []byte("\x1b[1;31mred\x1b[K \x1b[?25lx\x1b[2J")}
	bold := func(process, text string) string { return "<" + process + ":" + text + ">" }
	for want, o := range map[string]TextOptions{
		"2012-10-11T03:47:20.123Z web.1    | red x\\x1b[2J\n": {Timestamps: ISO},
		"red x\\x1b[2J\n":        {Timestamps: NoTimestamps, NoPrefix: true},
		string(line.Text) + "\n": {Raw: true},
		"03:47:20 <web.1:web.1      |> \x1b[1;31mred x\\x1b[2J\x1b[0m\n": {Paint: bold, Width: 10},
	} {
		o.Location = time.UTC
		equal(t, "text", string(NewText(o).Format(nil, &line)), want)
	}
	line.Continued = true
	equal(t, "raw piece", string(NewText(TextOptions{Raw: true}).Format(nil, &line)), string(line.Text))
	for word, want := range map[string]Timestamps{"short": Short, "iso": ISO, "none": NoTimestamps} {
		if got, ok := ParseTimestamps(word); !ok || got != want {
			t.Error(word)
		}
	}
}

func TestHeroku_MatchesThePlatform(t *testing.T) {
	f := NewHeroku(nil)
	var got []byte
	for _, l := range []Line{
		{Source: App, Process: "web.1", Text: []byte("text")},
		{Source: Heroku, Process: "web.1", Text: []byte("State changed from starting to up")},
		{Source: Router, Process: "router", Text: []byte("at=info")},
		{Source: AddOn, Process: "postgres", Text: []byte("checkpoint")},
		{Source: App, Process: "api", Text: []byte("Release v1 created by user X")},
	} {
		l.Time = noon
		got = f.Format(got, &l)
	}
	got = f.Gap(got, 1101, noon)
	const at = "2012-10-11T03:47:20.123456+00:00 "
	equal(t, "text", string(got), at+"app[web.1]: text\n"+
		at+"heroku[web.1]: State changed from starting to up\n"+
		at+"heroku[router]: at=info\n"+
		at+"app[postgres]: checkpoint\n"+
		at+"app[api]: Release v1 created by user X\n"+
		at+"heroku[logplex]: Error L11 (Tail buffer overflow) -> This tail session dropped 1101 messages since 2012-10-11T03:47:20.123456+00:00.\n")
	long := f.Format(nil, &Line{Process: "web.1", Time: noon, Text: []byte(strings.Repeat("a", 25000))})
	if n := strings.Count(string(long), "\n"); n != 3 {
		t.Errorf("%d pieces, want 3", n)
	}
}

func TestJSON_IsOneObjectALine(t *testing.T) {
	f := NewJSON()
	line := Line{Seq: 7, Process: "web.1", Stream: Stderr, Time: noon, Text: []byte(`a "b" \ é`), Continued: true}
	got := string(f.Format(nil, &line)) + string(f.Gap(nil, 3, noon))
	equal(t, "json", got, `{"ts":"2012-10-11T03:47:20.123456Z","kind":"log","seq":7,"source":"app","dyno":"web.1","stream":"stderr","text":"a \"b\" \\ é","continued":true}
{"ts":"2012-10-11T03:47:20.123456Z","kind":"gap","skipped":3}
`)
}

func TestColorIndex_IsStableAndPinned(t *testing.T) {
	seen := map[int]string{}
	for _, p := range []string{"web", "worker", "clock", "router", "release", "postgres", "redis", "inshore", "run", "s3"} {
		i := ColorIndex(p)
		if other, taken := seen[i]; taken || i < 0 || i >= Colors {
			t.Errorf("%s has the colour of %s: %d", p, other, i)
		}
		seen[i] = p
		if ColorIndex(p+".2") != i {
			t.Errorf("%s.2 has another colour", p)
		}
	}
	if i := ColorIndex("anything"); i != ColorIndex("anything.9") || i < 0 || i >= Colors {
		t.Error(i)
	}
}

func FuzzFormats(f *testing.F) {
	f.Add([]byte("plain"))
	f.Add([]byte("\x1b[31mred\x1b]0;t\a\r\n\x00\xff\u202e"))
	f.Fuzz(func(t *testing.T, text []byte) {
		line := Line{Process: "web.1", Text: text}
		paint := func(_, s string) string { return s }
		for name, format := range map[string]Formatter{
			"text": NewText(TextOptions{}), "colour": NewText(TextOptions{Paint: paint}), "heroku": NewHeroku(nil),
		} {
			out := format.Format(nil, &line)
			rest := string(out)
			if name == "colour" {
				rest = dropSGR(rest)
			}
			if i := strings.IndexFunc(rest, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' || r >= 0x7f && r < 0xa0 }); i >= 0 || !utf8.ValidString(rest) {
				t.Errorf("%s: %q", name, out)
			}
		}
		var object map[string]any
		if err := json.Unmarshal(NewJSON().Format(nil, &line), &object); err != nil {
			t.Error(err)
		}
		if want := strings.ToValidUTF8(string(text), "\uFFFD"); utf8.Valid(text) && object["text"] != want {
			t.Errorf("text %q", object["text"])
		}
	})
}

func dropSGR(s string) string {
	var b strings.Builder
	for s != "" {
		if s[0] == escape {
			if n, color, _ := sequence([]byte(s)); color {
				s = s[n:]
				continue
			}
		}
		b.WriteByte(s[0])
		s = s[1:]
	}
	return b.String()
}

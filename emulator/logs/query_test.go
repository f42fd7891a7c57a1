package logs

import (
	"strings"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/emulator/problem"
)

func TestParseQuery_ChoosesLines(t *testing.T) {
	now := time.Date(2026, 11, 29, 14, 0, 0, 0, time.UTC)
	lines := []Line{
		{Source: App, Process: "web.1", Stream: Stdout, Time: now, Text: []byte("ERROR: Database is gone")},
		{Source: App, Process: "worker.1", Stream: Stderr, Time: now.Add(-time.Hour), Text: []byte("level=warn msg=slow")},
		{Source: Router, Process: "router", Time: now, Text: []byte(`at=info method=GET path="/healthcheck" status=503`)},
		{Source: Router, Process: "router", Time: now, Text: []byte("GET /users 200 3100ms web.1")},
		{Source: App, Process: "web.2", Time: now, Text: []byte(`127.0.0.1 - - "GET / HTTP/1.1" 404 12`)},
		{Source: Heroku, Process: "web.1", Time: now, Text: []byte("http://example.org: State changed")},
	}
	for query, want := range map[string]string{
		"":                               "012345",
		"   ":                            "012345",
		"dyno:web":                       "045",
		"dyno:web.1":                     "05",
		"dyno:w*":                        "0145",
		"process:web.2,worker":           "14",
		"source:router":                  "23",
		"source:app,heroku -dyno:worker": "045",
		"stream:stderr":                  "1",
		"level:error":                    "0",
		"level:>=warn":                   "01",
		"level:info":                     "2",
		"status:>=500":                   "2",
		"status:404":                     "4",
		"status:2xx":                     "3",
		"status:200-404":                 "34",
		"status:<500 -status:200":        "4",
		"/Data(base)?/":                  "0",
		"/database/":                     "",
		"/database/i":                    "0",
		`/\/users/`:                      "3",
		"-/^GET/":                        "01245",
		"-healthcheck source:router":     "3",
		"DATABASE":                       "0",
		`"is gone"`:                      "0",
		`-"is gone" dyno:web.1`:          "5",
		"http://example.org":             "5",
		"error:":                         "0",
		"since:5m":                       "02345",
		"since:2026-11-29T13:00:00Z":     "012345",
		"-":                              "4",
		"level:error dyno:worker":        "",
	} {
		q, err := ParseQueryAt(query, now)
		if err != nil {
			t.Errorf("%q: %v", query, err)
			continue
		}
		got := ""
		for i := range lines {
			if q.Match(&lines[i]) {
				got += string(rune('0' + i))
			}
		}
		if got != want {
			t.Errorf("%q chooses %q, want %q", query, got, want)
		}
	}
}

func TestParseQuery_PointsAtTheFault(t *testing.T) {
	for query, column := range map[string]int{
		"dyno:web /(/":           10,
		"/open":                  1,
		"é level:loud":           3,
		"status:teapot":          1,
		"status:":                1,
		"source:mars":            1,
		"stream:x":               1,
		"since:tomorrow":         1,
		`"open`:                  1,
		"dyno:[":                 1,
		"a -status:99":           3,
		strings.Repeat("x", 5e3): 0,
	} {
		_, err := ParseQuery(query)
		found := problem.Of(err)
		if len(found) != 1 || found[0].Place.Column != column {
			t.Errorf("%.20q: %v", query, err)
		}
	}
}

func TestLevelOf_GuessesFromTheText(t *testing.T) {
	for text, want := range map[string]Level{
		"ERROR something":                          Error,
		"2026-11-29 14:02:11 [WARNING] disk":       Warn,
		"I, [2026-11-29T14:02:11 #1]  INFO -- : x": Info,
		`{"level":"error","msg":"x"}`:              Error,
		`{"level":50,"msg":"x"}`:                   Error,
		`{"level":30,"time":1}`:                    Info,
		`time=x level=debug msg="error"`:           Debug,
		"at=error code=H12 desc=x":                 Error,
		"error: no such file":                      Error,
		"ValueError: bad":                          Error,
		"Traceback (most recent call last):":       Error,
		"panic: runtime error":                     Error,
		"\x1b[33mWARN\x1b[0m low disk":             Warn,
		"java.lang.NullPointerException: x":        Unknown,
		"no error here":                            Unknown,
		"Puma starting":                            Unknown,
		"":                                         Unknown,
	} {
		if got := LevelOf([]byte(text)); got != want {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}
}

func FuzzParseQuery(f *testing.F) {
	for _, seed := range []string{"dyno:web level:error status:>=500 /re/ -healthcheck", `"a b" -/x/i since:5m`, "status:5xx-", "/\\", "-", "dyno:[", "\xff:\xfe"} {
		f.Add(seed, "GET / 200")
	}
	f.Fuzz(func(t *testing.T, query, text string) {
		q, err := ParseQuery(query)
		if err != nil {
			if found := problem.Of(err); len(found) != 1 || found[0].Text(nil) == "" {
				t.Errorf("%q: %v", query, err)
			}
			return
		}
		line := Line{Text: []byte(text), Process: "web.1"}
		first := q.Match(&line)
		again, err := ParseQuery(q.String())
		if err != nil || again.Match(&line) != first {
			t.Errorf("%q does not read back: %v", query, err)
		}
	})
}

package router

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"
)

// quick shortens every clock.
func quick() Options {
	return Options{
		ErrorPages: ErrorPagesHeroku,
		Timeouts: Timeouts{
			Connect: 300 * time.Millisecond, FirstByte: 300 * time.Millisecond, Idle: 400 * time.Millisecond,
			Boot: 300 * time.Millisecond, Refused: 200 * time.Millisecond, Head: 300 * time.Millisecond,
		},
	}
}

func silent(_ *dyno, _ net.Conn, in *bufio.Reader) { _, _ = io.Copy(io.Discard, in) }

// hungUp is an address that nobody listens on.
func hungUp(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

const (
	reqID = "8601b555-6a83-4c12-8269-97c8e32cdb22"
	tail  = ` method=GET path="/a?b=1" host=shop.localhost request_id=` + reqID + ` fwd="127.0.0.1" `
)

func TestRouter_ReportsCodes(t *testing.T) {
	web1 := func(state State) []Backend { return []Backend{{Dyno: "web.1", Addr: "127.0.0.1:1", State: state}} }
	for _, c := range []struct {
		name      string
		formation Formation
		play      script // a web.1 that is up is added when given
		status    int
		line      string
	}{
		{"maintenance", Formation{Maintenance: true}, nil, 503, `at=info code=H80 desc="Maintenance mode"` + tail + `dyno= connect= service= status=503 bytes= protocol=http1.1 tls=false`},
		{"blank", Formation{Web: 1}, nil, 503, `at=info code=H81 desc="Blank app"` + tail + `dyno= connect= service= status=503 bytes= protocol=http1.1 tls=false`},
		{"no web", Formation{Released: true}, nil, 503, `at=error code=H14 desc="No web processes running"` + tail + `dyno= connect= service= status=503 bytes= protocol=http1.1 tls=false`},
		{"all stopped", Formation{Released: true, Web: 1}, nil, 503, `at=error code=H14 desc="No web processes running"` + tail + `dyno= connect= service= status=503 bytes= protocol=http1.1 tls=false`},
		{"crashed", Formation{Released: true, Web: 1, Backends: web1(StateCrashed)}, nil, 503, `at=error code=H10 desc="App crashed"` + tail + `dyno= connect= service= status=503 bytes= protocol=http1.1 tls=false`},
		{"never starts", Formation{Released: true, Web: 1, Backends: web1(StateStarting)}, nil, 503, `at=error code=H20 desc="App boot timeout"` + tail + `dyno= connect= service= status=503 bytes= protocol=http1.1 tls=false`},
		{"refused", Formation{Released: true, Web: 1, Backends: []Backend{{Dyno: "web.1", Addr: "closed", State: StateUp}}}, nil, 503, `at=error code=H21 desc="Backend connection refused"` + tail + `dyno=web.1 connect=\d+ms service= status=503 bytes= protocol=http1.1 tls=false`},
		{"slow", Formation{}, silent, 503, `at=error code=H12 desc="Request timeout"` + tail + `dyno=web.1 connect=\d+ms service=[34]\d\dms status=503 bytes=0 protocol=http1.1 tls=false`},
		{"closed", Formation{}, repliesAndCloses(""), 503, `at=error code=H13 desc="Connection closed without response"` + tail + `dyno=web.1 connect=\d+ms service=\d+ms status=503 bytes=0 protocol=http1.1 tls=false`},
		{"garbage", Formation{}, repliesAndCloses("nonsense\r\n\r\n"), 503, `at=error code=H17 desc="Poorly formatted HTTP response"` + tail + `dyno=web.1 connect=\d+ms service=\d+ms status=503 bytes=0 protocol=http1.1 tls=false`},
		{"cut", Formation{}, repliesAndCloses("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"), 0, `sock=backend at=error code=H18 desc="Server Request Interrupted"` + tail + `dyno=web.1 connect=\d+ms service=\d+ms status=503 bytes=\d+ protocol=http1.1 tls=false`},
		{"silent in the middle", Formation{}, func(d *dyno, c net.Conn, in *bufio.Reader) {
			readHead(in)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok")
			_, _ = io.Copy(io.Discard, in)
		}, 0, `at=error code=H15 desc="Idle connection"` + tail + `dyno=web.1 connect=\d+ms service=[4-9]\d\dms status=503 bytes=\d+ protocol=http1.1 tls=false`},
		{"fine", Formation{}, replies(ok2), 200, `at=info` + tail + `dyno=web.1 connect=\d+ms service=\d+ms status=200 bytes=\d+ protocol=http1.1 tls=false`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := start(t, quick())
			for i := range c.formation.Backends {
				if c.formation.Backends[i].Addr == "closed" {
					c.formation.Backends[i].Addr = hungUp(t)
				}
			}
			if c.play != nil {
				c.formation = Formation{Released: true, Web: 1, Backends: []Backend{newDyno(t, "web.1", c.play).Backend}}
			}
			f.SetFormation(c.formation)
			v := f.dial(t).send(t, get("/a?b=1", "X-Request-Id: "+reqID))
			r := v.reply("GET")
			if c.status != 0 && r.status() != c.status {
				t.Errorf("status %d, want %d:\n%s", r.status(), c.status, r.head)
			}
			if got := f.entry(t, 0).Line(); !regexp.MustCompile("^" + strings.ReplaceAll(c.line, "?", `\?`) + "$").MatchString(got) {
				t.Errorf("line\n got %s\nwant %s", got, c.line)
			}
			if strings.Contains(c.line, "code=") && c.status == 503 {
				page := "application-error.html"
				if c.name == "maintenance" {
					page = "maintenance-mode.html"
				}
				if !strings.Contains(r.body, page) || value(r.head, "Cache-Control") != "no-cache, no-store" || value(r.head, "Content-Type") != "text/html; charset=utf-8" {
					t.Errorf("page:\n%s%s", r.head, r.body)
				}
			}
			if f.reports() != 1 {
				t.Errorf("%d reports", f.reports())
			}
		})
	}
}

func TestRouter_LegacyLineHasItsKeys(t *testing.T) {
	web := newDyno(t, "web.1", replies(ok2))
	o := quick()
	o.Generation = GenerationLegacy
	f := start(t, o, web.Backend)
	f.ask(t, get("/a?b=1", "X-Request-Id: "+reqID, "X-Forwarded-For: 10.0.0.1"))
	want := `^at=info method=GET path="/a\?b=1" host=shop.localhost request_id=` + reqID + ` fwd="10.0.0.1, 127.0.0.1" dyno=web.1 connect=\d+ms service=\d+ms status=200 bytes=\d+ protocol=http$`
	if got := f.entry(t, 0).Line(); !regexp.MustCompile(want).MatchString(got) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAccessEntry_LineQuotesThePath(t *testing.T) {
	e := AccessEntry{At: "info", Method: "GET", Path: `/" status=200 x="\`, Connect: -1, Service: -1, Bytes: -1, Protocol: "http2.0", TLS: "tls1.3"}
	want := `at=info method=GET path="/\" status=200 x=\"\\" host= request_id= fwd="" dyno= connect= service= status= bytes= protocol=http2.0 tls=true tls_version=tls1.3`
	if got := e.Line(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestRouter_ReportsH27WhenTheClientGoes(t *testing.T) {
	o := quick()
	o.Timeouts.FirstByte, o.Timeouts.Boot = 20*time.Second, 20*time.Second
	for name, backends := range map[string][]Backend{
		"while the dyno works":  {newDyno(t, "web.1", silent).Backend},
		"while the dyno starts": {{Dyno: "web.1", Addr: "127.0.0.1:1", State: StateStarting}},
	} {
		t.Run(name, func(t *testing.T) {
			f := start(t, o, backends...)
			v := f.dial(t).send(t, get("/"))
			eventually(t, "request in flight", func() bool { return f.inFlight.Load() == 1 })
			_ = v.Close()
			e := f.entry(t, 0)
			if e.Code != "H27" || e.Status != 499 || e.At != "warning" || e.Sock != "client" {
				t.Error(e.Line())
			}
			eventually(t, "nothing in flight", func() bool { return f.inFlight.Load() == 0 && f.parked.Load() == 0 })
		})
	}
	t.Run("in the middle of its upload", func(t *testing.T) {
		f := start(t, o, newDyno(t, "web.1", silent).Backend)
		v := f.dial(t).send(t, post("hel", "Content-Length: 5"))
		eventually(t, "request in flight", func() bool { return f.inFlight.Load() == 1 })
		_ = v.Close()
		if e := f.entry(t, 0); e.Code != "H27" {
			t.Error(e.Line())
		}
	})
}

func TestRouter_ReportsH28WhenTheClientIsSilent(t *testing.T) {
	f := start(t, quick(), newDyno(t, "web.1", silent).Backend)
	v := f.dial(t).send(t, post("hel", "Content-Length: 5"))
	if !v.closed() {
		t.Error("still open")
	}
	if e := f.entry(t, 0); e.Code != "H28" || e.Status != 499 || e.At != "warning" {
		t.Error(e.Line())
	}
}

func TestRouter_CountsTheFirstByteFromTheEndOfTheUpload(t *testing.T) {
	o := quick()
	o.Timeouts.Idle = 10 * time.Second
	f := start(t, o, newDyno(t, "web.1", replies(ok2)).Backend)
	v := f.dial(t).send(t, post("", "Content-Length: 5"))
	for i := range 5 { // takes longer than the 300 ms of the first byte
		timer := time.NewTimer(150 * time.Millisecond)
		<-timer.C
		v.send(t, fmt.Sprint(i))
	}
	if r := v.reply("POST"); r.status() != 200 {
		t.Errorf("got %q", r.head)
	}
}

func TestRouter_ReportsH11WhenTheBacklogIsFull(t *testing.T) {
	o := quick()
	o.Timeouts.Boot = 20 * time.Second
	o.Limits.Backlog = 3
	f := start(t, o, Backend{Dyno: "web.1", Addr: "127.0.0.1:1", State: StateStarting})
	for range 3 {
		f.dial(t).send(t, get("/"))
	}
	eventually(t, "three wait", func() bool { return f.parked.Load() == 3 })
	if r := f.ask(t, get("/")); r.status() != 503 {
		t.Errorf("got %q", r.head)
	}
	if e := f.entry(t, 0); e.Code != "H11" || e.Dyno != "" {
		t.Error(e.Line())
	}
}

func TestRouter_ReportsH11WhenTooManyAreInFlight(t *testing.T) {
	o := quick()
	o.Timeouts.FirstByte = 20 * time.Second
	o.Limits.InFlight = 2
	f := start(t, o, newDyno(t, "web.1", silent).Backend)
	for range 2 {
		f.dial(t).send(t, get("/"))
	}
	eventually(t, "two in flight", func() bool { return f.inFlight.Load() == 2 })
	if r := f.ask(t, get("/")); r.status() != 503 || f.entry(t, 0).Code != "H11" {
		t.Errorf("got %q", r.head)
	}
}

func TestRouter_ReportsH24WhenForced(t *testing.T) {
	o := quick()
	o.Timeouts.FirstByte = 20 * time.Second
	f := start(t, o, newDyno(t, "web.1", silent).Backend)
	v := f.dial(t).send(t, get("/"))
	eventually(t, "request in flight", func() bool { return f.inFlight.Load() == 1 })
	_ = f.Close()
	if !v.closed() {
		t.Error("still open")
	}
	if e := f.entry(t, 0); e.Code != "H24" || !strings.Contains(e.Line(), " status= bytes= ") {
		t.Error(e.Line())
	}
}

func TestRouter_EndsSlowAndIdleConnections(t *testing.T) {
	o := quick()
	o.Timeouts.KeepAlive = 300 * time.Millisecond
	f := start(t, o, newDyno(t, "web.1", replies(ok2)).Backend)
	t.Run("headers that do not end", func(t *testing.T) {
		v := f.dial(t).send(t, "GET / HTTP/1.1\r\nHo")
		if r := v.reply("GET"); r.status() != 408 || !v.closed() {
			t.Errorf("got %q", r.head)
		}
	})
	t.Run("nothing at all", func(t *testing.T) {
		if data, _ := io.ReadAll(f.dial(t)); len(data) > 0 {
			t.Errorf("got %q", data)
		}
	})
	t.Run("nothing more", func(t *testing.T) {
		v := f.dial(t).send(t, get("/"))
		v.reply("GET")
		if data, _ := io.ReadAll(v.in); len(data) > 0 {
			t.Errorf("got %q", data)
		}
	})
}

func TestRouter_ExplainsOnTheDevelopmentPage(t *testing.T) {
	explain := func(code string) Explanation {
		return Explanation{Title: "web.1 ended with exit code 1", Command: "node server.js", Output: []string{"<boom> of " + code}, Expected: "127.0.0.1:41203", Fixes: []string{"npm install"}}
	}
	f := start(t, Options{Explain: explain}, Backend{Dyno: "web.1", Addr: "127.0.0.1:1", State: StateCrashed})
	r := f.ask(t, get("/", "Accept: text/html,*/*"))
	for _, want := range []string{"H10", "App crashed", "exit code 1", "node server.js", "&lt;boom&gt; of H10", "127.0.0.1:41203", "npm install"} {
		if !strings.Contains(r.body, want) {
			t.Errorf("no %q in\n%s", want, r.body)
		}
	}
	if r := f.ask(t, get("/", "Accept: */*")); value(r.head, "Content-Type") != "text/plain; charset=utf-8" || !strings.Contains(r.body, "H10: App crashed") {
		t.Errorf("for tools:\n%s%s", r.head, r.body)
	}
	if r := f.ask(t, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"); r.status() != 503 || r.body != "" {
		t.Errorf("for HEAD:\n%s%s", r.head, r.body)
	}
	v := f.dial(t)
	for range 2 { // a page does not cost the connection
		if r := v.send(t, post("hello", "Content-Length: 5")).reply("POST"); r.status() != 503 || value(r.head, "Connection") != "" {
			t.Errorf("got %q", r.head)
		}
	}
}

func TestRouter_AnswersWhenTheDynoFailsDuringTheUpload(t *testing.T) {
	web := newDyno(t, "web.1", func(d *dyno, c net.Conn, in *bufio.Reader) { readHead(in) })
	f := start(t, quick(), web.Backend)
	v := f.dial(t).send(t, post("hel", "Content-Length: 5"))
	if r := v.reply("POST"); r.status() != 503 || value(r.head, "Connection") != "close" {
		t.Errorf("got %q", r.head)
	}
	if e := f.entry(t, 0); e.Code != "H13" {
		t.Error(e.Line())
	}
}

func TestRouter_ReportsH28WhenTheClientDoesNotRead(t *testing.T) {
	web := newDyno(t, "web.1", func(d *dyno, c net.Conn, in *bufio.Reader) {
		readHead(in)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
		block := make([]byte, 1<<20)
		for {
			if _, err := c.Write(block); err != nil {
				return
			}
		}
	})
	f := start(t, quick(), web.Backend)
	f.dial(t).send(t, get("/"))
	if e := f.entry(t, 0); e.Code != "H28" || e.Bytes < 1000 {
		t.Error(e.Line())
	}
}

func TestRouter_ServesOthersWhileManyAreSlow(t *testing.T) {
	o := quick()
	o.Timeouts.Head = 10 * time.Second
	f := start(t, o, newDyno(t, "web.1", replies(ok2)).Backend)
	for range 400 {
		f.dial(t).send(t, "GET / HTTP/1.1\r\nX: ")
	}
	begun := time.Now()
	for range 20 {
		if r := f.ask(t, get("/")); r.status() != 200 {
			t.Fatalf("got %q", r.head)
		}
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("20 requests took %v", took)
	}
}

func TestRouter_KeepsAConnectionOnlyIfItSaysSo(t *testing.T) {
	web := newDyno(t, "web.1", func(d *dyno, c net.Conn, in *bufio.Reader) {
		if head, ok := readHead(in); ok {
			wireBody(head, in) // takes the whole upload and dies
		}
	})
	f := start(t, quick(), web.Backend)
	v := f.dial(t)
	for i := range 50 {
		r := v.send(t, post(strings.Repeat("x", 20000), "Content-Length: 20000")).reply("POST")
		if r.status() != 503 {
			t.Fatalf("request %d: got %q", i, r.head)
		}
		if value(r.head, "Connection") == "close" {
			v = f.dial(t)
		}
	}
}

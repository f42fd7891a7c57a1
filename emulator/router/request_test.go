package router

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestRouter_SetsRequestID(t *testing.T) {
	valid := strings.Repeat("aB9+/=-", 3)
	for _, c := range []struct {
		name, sent string
		kept       bool
	}{
		{"absent", "", false},
		{"valid", valid, true},
		{"20 characters", valid[:20], true},
		{"19 characters", valid[:19], false},
		{"200 characters", strings.Repeat("a", 200), true},
		{"201 characters", strings.Repeat("a", 201), false},
		{"underscore", strings.Repeat("_", 30), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			web := newDyno(t, "web.1", replies(ok2))
			f := start(t, Options{}, web.Backend)
			lines := []string{}
			if c.sent != "" {
				lines = append(lines, "X-Request-ID: "+c.sent)
			}
			r := f.ask(t, get("/", lines...))
			got := value(web.requests()[0], "X-Request-Id")
			if c.kept && got != c.sent || !c.kept && !uuid.MatchString(got) {
				t.Errorf("dyno got id %q", got)
			}
			if e := f.entry(t, 0); e.RequestID != got {
				t.Errorf("log has id %q, dyno %q", e.RequestID, got)
			}
			if value(r.head, "X-Request-Id") != "" {
				t.Error("the response has a request id")
			}
		})
	}
}

func TestRouter_SetsForwardedHeaders(t *testing.T) {
	for _, c := range []struct {
		name   string
		strict bool
		lines  []string
		want   map[string]string
	}{
		{"plain", false, nil, map[string]string{"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "", "Via": "1.1 heroku-router"}},
		{"chain is kept", false, []string{"X-Forwarded-For: 10.0.0.1"}, map[string]string{"X-Forwarded-For": "10.0.0.1, 127.0.0.1"}},
		{"two lines", false, []string{"X-Forwarded-For: 10.0.0.1", "x-forwarded-for: 10.0.0.2"}, map[string]string{"X-Forwarded-For": "10.0.0.1, 10.0.0.2, 127.0.0.1"}},
		{"proto and start are overwritten", false, []string{"X-Forwarded-Proto: https", "X-Forwarded-Port: 1", "X-Request-Start: t=1"}, map[string]string{"X-Forwarded-Proto": "http"}},
		{"host and forwarded pass", false, []string{"X-Forwarded-Host: evil", "Forwarded: for=1"}, map[string]string{"X-Forwarded-Host": "evil", "Forwarded": "for=1"}},
		{"strict overwrites them", true, []string{"X-Forwarded-Host: evil", "Forwarded: for=1"}, map[string]string{"X-Forwarded-Host": "shop.localhost", "Forwarded": ""}},
		{"via chain", false, []string{"Via: 1.1 proxy"}, map[string]string{"Via": "1.1 proxy, 1.1 heroku-router"}},
		{"own fields survive Connection", false, []string{"X-Forwarded-For: 9.9.9.9", "Connection: close, X-Forwarded-For, X-Request-Id, Via"}, map[string]string{"X-Forwarded-For": "127.0.0.1", "Via": "1.1 heroku-router"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			web := newDyno(t, "web.1", replies(ok2))
			f := start(t, Options{StrictForwarding: c.strict}, web.Backend)
			f.ask(t, get("/", c.lines...))
			head := web.requests()[0]
			for name, want := range c.want {
				if got := value(head, name); got != want {
					t.Errorf("%s: got %q, want %q", name, got, want)
				}
			}
			_, port, _ := strings.Cut(f.addr, ":")
			if got := value(head, "X-Forwarded-Port"); got != port {
				t.Errorf("port %q, want %q", got, port)
			}
			if n, err := strconv.ParseInt(value(head, "X-Request-Start"), 10, 64); err != nil || n < 1e12 {
				t.Errorf("X-Request-Start: %q", value(head, "X-Request-Start"))
			}
		})
	}
}

func TestRouter_LegacyAddsItsTimes(t *testing.T) {
	web := newDyno(t, "web.1", replies(ok2))
	f := start(t, Options{Generation: GenerationLegacy}, web.Backend)
	r := f.ask(t, get("/", "x-lower-case: 1", "Connect-Time: x"))
	head := web.requests()[0]
	for _, name := range []string{"X-Request-Start", "Connect-Time", "Total-Route-Time"} {
		if _, err := strconv.Atoi(value(head, name)); err != nil {
			t.Errorf("%s: %q is no integer", name, value(head, name))
		}
	}
	if value(head, "Connection") != "close" || value(head, "Via") != "1.1 vegur" || !strings.Contains(head, "\r\nX-Lower-Case: 1\r\n") {
		t.Errorf("head for the dyno:\n%s", head)
	}
	if value(r.head, "Via") != "1.1 vegur" || value(r.head, "Server") != "Cowboy" || value(r.head, "Connection") != "keep-alive" {
		t.Errorf("head for the client:\n%s", r.head)
	}
}

func TestRouter_DropsHopByHopHeaders(t *testing.T) {
	web := newDyno(t, "web.1", replies("HTTP/1.1 200 OK\r\nConnection: X-N\r\nX-N: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nTrailer: X-T\r\nX-Kept: 1\r\nContent-Length: 2\r\n\r\nok"))
	f := start(t, Options{}, web.Backend)
	r := f.ask(t, get("/", "Connection: X-Secret", "X-Secret: 1", "TE: trailers", "Keep-Alive: 1", "Proxy-Authorization: x", "Proxy-Connection: keep-alive",
		"Proxy: http://evil", "Proxy-Authenticate: y", "Trailer: X-T", "Upgrade: websocket", "X-Kept: 1"))
	head := web.requests()[0]
	for _, name := range []string{"X-Secret", "TE", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "Proxy", "Upgrade"} {
		if value(head, name) != "" {
			t.Errorf("%s reached the dyno", name)
		}
	}
	if value(head, "Proxy-Authenticate") != "y" || value(head, "Trailer") != "X-T" || value(head, "X-Kept") != "1" || value(head, "Connection") != "keep-alive" {
		t.Errorf("head for the dyno:\n%s", head)
	}
	if value(r.head, "X-N") != "" || value(r.head, "Keep-Alive") != "" || value(r.head, "Connection") != "" {
		t.Errorf("head for the client:\n%s", r.head)
	}
	if value(r.head, "Proxy-Authenticate") != "Basic" || value(r.head, "Trailer") != "X-T" || value(r.head, "X-Kept") != "1" {
		t.Errorf("head for the client:\n%s", r.head)
	}
}

func TestRouter_KeepsOrderCaseAndBytes(t *testing.T) {
	web := newDyno(t, "web.1", replies("HTTP/1.1 666 the beast\r\nX-a: 1\r\nb: 2\r\nX-A: 3\r\nContent-Length: 2\r\n\r\nok"))
	f := start(t, Options{}, web.Backend)
	r := f.ask(t, "GET /a/../b//c%2Fd?a=1;b=2&c=%zz#frag HTTP/1.1\r\nHost: shop.localhost\r\nX-a: 1\r\nb: 2\r\nX-A: 3\r\n\r\n")
	if head := web.requests()[0]; !strings.HasPrefix(head, "GET /a/../b//c%2Fd?a=1;b=2&c=%zz HTTP/1.1\r\nHost: shop.localhost\r\nX-a: 1\r\nb: 2\r\nX-A: 3\r\n") {
		t.Errorf("head for the dyno:\n%s", head)
	}
	if !strings.HasPrefix(r.head, "HTTP/1.1 666 the beast\r\nX-a: 1\r\nb: 2\r\nX-A: 3\r\n") {
		t.Errorf("head for the client:\n%s", r.head)
	}
	if strings.Contains(web.requests()[0], "Accept-Encoding") || value(r.head, "Date") != "" || value(r.head, "Content-Type") != "" {
		t.Error("headers were added that nobody sent")
	}
}

func TestRouter_RefusesMalformedRequests(t *testing.T) {
	long := func(n int) string { return strings.Repeat("a", n) }
	shop := "Host: shop.localhost\r\n"
	for _, c := range []struct {
		name, raw string
		want      int
	}{
		{"target of 8200 bytes", get("/" + long(8199)), 200},
		{"target of 10000 bytes", get("/" + long(9999)), 414},
		{"name of 1000 bytes", get("/", long(1000)+": 1"), 200},
		{"name of 2100 bytes", get("/", long(2100)+": 1"), 400},
		{"value of 8192 bytes", get("/", "X: "+long(8192)), 200},
		{"value of 9100 bytes", get("/", "X: "+long(9100)), 400},
		{"1000 headers", "GET / HTTP/1.1\r\n" + shop + strings.Repeat("X: 1\r\n", 999) + "\r\n", 200},
		{"1100 headers", "GET / HTTP/1.1\r\n" + shop + strings.Repeat("X: 1\r\n", 1099) + "\r\n", 400},
		{"method of 127 bytes", long(127) + " / HTTP/1.1\r\n" + shop + "\r\n", 200},
		{"method of 128 bytes", long(128) + " / HTTP/1.1\r\n" + shop + "\r\n", 400},
		{"no host", "GET / HTTP/1.1\r\n\r\n", 400},
		{"empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
		{"two equal hosts", "GET / HTTP/1.1\r\n" + shop + shop + "\r\n", 400},
		{"two hosts", "GET / HTTP/1.1\r\n" + shop + "Host: evil\r\n\r\n", 400},
		{"no host with 1.0", "GET / HTTP/1.0\r\n\r\n", 400},
		{"host with user", "GET / HTTP/1.1\r\nHost: u@evil\r\n\r\n", 400},
		{"host with bad port", "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", 400},
		{"IPv6 host", "GET / HTTP/1.1\r\nHost: [::1]:5300\r\n\r\n", 200},
		{"different lengths", post("12", "Content-Length: 2", "Content-Length: 3"), 400},
		{"list of lengths", post("12", "Content-Length: 2,2"), 400},
		{"equal lengths", post("12", "Content-Length: 2", "Content-Length: 2"), 200},
		{"signed length", post("12", "Content-Length: +2"), 400},
		{"huge length", post("12", "Content-Length: 99999999999999999999"), 400},
		{"transfer encoding comma", post("", "Transfer-Encoding: ,"), 400},
		{"transfer encoding gzip", post("", "Transfer-Encoding: gzip, chunked"), 400},
		{"transfer encoding twice", post("", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), 400},
		{"chunked with 1.0", "POST / HTTP/1.0\r\n" + shop + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
		{"unknown expectation", post("", "Expect: foo", "Content-Length: 0"), 417},
		{"100-stay", post("", "Expect: 100-stay", "Content-Length: 0"), 417},
		{"unparsable expectation", post("", "Expect: 100 continue", "Content-Length: 0"), 400},
		{"empty expectation", post("", "Expect:", "Content-Length: 0"), 200},
		{"upgrade without Upgrade", get("/", "Connection: upgrade"), 400},
		{"CONNECT", "CONNECT shop.localhost:80 HTTP/1.1\r\n" + shop + "\r\n", 400},
		{"CONNECT in absolute form", "CONNECT http://shop.localhost/ HTTP/1.1\r\n" + shop + "\r\n", 400},
		{"absolute form", "GET http://shop.localhost/x HTTP/1.1\r\n" + shop + "\r\n", 200},
		{"asterisk", "GET * HTTP/1.1\r\n" + shop + "\r\n", 400},
		{"asterisk options", "OPTIONS * HTTP/1.1\r\n" + shop + "\r\n", 200},
		{"bare LF", "GET / HTTP/1.1\n" + shop + "\r\n", 400},
		{"bare LF in a header", "GET / HTTP/1.1\r\nHost: shop.localhost\nX: 1\r\n\r\n", 400},
		{"folded header", get("/", "X: 1\r\n 2"), 400},
		{"blank before colon", get("/", "X : 1"), 400},
		{"NUL in value", get("/", "X: a\x00"), 400},
		{"two blanks", "GET  / HTTP/1.1\r\n" + shop + "\r\n", 400},
		{"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
		{"HTTP/1.2", "GET / HTTP/1.2\r\n" + shop + "\r\n", 400},
		{"broken escape", get("/%zz"), 400},
		{"broken escape in the query", get("/?%zz"), 200},
		{"empty lines first", "\r\n\r\n" + get("/"), 200},
		{"many empty lines first", "\r\n\r\n\r\n\r\n\r\n\r\n\r\n" + get("/"), 400},
		{"2 MB of one header", get("/", "X: "+long(2<<20)), 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			web := newDyno(t, "web.1", replies(ok2))
			f := start(t, Options{}, web.Backend)
			v := f.dial(t)
			sent := make(chan struct{})
			go func() { defer close(sent); v.send(t, c.raw) }() // ends when the router closes at the latest
			r := v.reply(strings.SplitN(c.raw, " ", 2)[0])
			if r.status() != c.want {
				t.Errorf("status %d, want %d\n%s%s", r.status(), c.want, r.head, r.body)
			}
			refused := c.want != 200
			if refused && (!v.closed() || len(web.requests()) > 0 || f.reports() > 0) {
				t.Errorf("still open, or the dyno got %q, or %d log lines", web.requests(), f.reports())
			}
			_ = v.Close()
			<-sent
		})
	}
}

func TestRouter_TakesAbsoluteForm(t *testing.T) {
	web := newDyno(t, "web.1", replies(ok2))
	f := start(t, Options{}, web.Backend)
	f.ask(t, "GET http://other.localhost?q=1 HTTP/1.1\r\nHost: shop.localhost\r\n\r\n")
	if head := web.requests()[0]; !strings.HasPrefix(head, "GET /?q=1 HTTP/1.1\r\nHost: other.localhost\r\n") {
		t.Errorf("head for the dyno:\n%s", head)
	}
}

func TestRouter_DoesNotAddContentLength(t *testing.T) {
	web := newDyno(t, "web.1", replies(ok2))
	f := start(t, Options{}, web.Backend)
	f.ask(t, get("/"))
	f.ask(t, post("hello", "content-length: 5"))
	got := web.requests()
	if value(got[0], "Content-Length") != "" || value(got[1], "Content-Length") != "5" || !strings.HasSuffix(got[1], "\r\n\r\nhello") {
		t.Errorf("dyno got %q", got)
	}
}

func TestRouter_KnowsItsHosts(t *testing.T) {
	web := newDyno(t, "web.1", replies(ok2))
	f := start(t, Options{}, web.Backend)
	f.SetFormation(Formation{Web: 1, Released: true, Backends: []Backend{web.Backend}, Hosts: []string{"shop.test", "*.shop.test"}})
	for host, want := range map[string]int{"shop.test": 200, "SHOP.test:5300": 200, "a.shop.test": 200, "xshop.test": 404, "localhost": 404} {
		if r := f.ask(t, fmt.Sprintf("GET / HTTP/1.1\r\nHost: %s\r\n\r\n", host)); r.status() != want {
			t.Errorf("%s: status %d, want %d", host, r.status(), want)
		}
	}
}

func FuzzRequest_NeverPanicsAndKeepsOneRequest(f *testing.F) {
	for _, seed := range []string{get("/"), post("hello", "Content-Length: 5"), "GET / HTTP/1.1\r\nHost: a\r\nConnection: x, ,y\r\n\r\n", "\r\n\r\n", "GET http://h HTTP/1.0\r\nHost: [::1]\r\n\r\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := New(Options{})
		var scan headScan
		size, fault := scan.scan(raw, &r.bounds)
		if size == 0 || fault != headFine {
			return
		}
		var q request
		if q.parse(raw[:size], &r.options.Limits) != nil {
			return
		}
		if q.chunked && q.length >= 0 || len(q.host) == 0 || len(q.target) == 0 {
			t.Errorf("accepted %q as %+v", raw[:size], q)
		}
	})
}

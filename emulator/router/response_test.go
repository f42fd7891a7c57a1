package router

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func TestRouter_AddsViaAndServer(t *testing.T) {
	for _, c := range []struct{ response, via, server string }{
		{ok2, "1.1 heroku-router", "Heroku"},
		{"HTTP/1.1 200 OK\r\nVia: 1.1 proxy\r\nServer: puma\r\nContent-Length: 2\r\n\r\nok", "1.1 proxy, 1.1 heroku-router", "puma"},
	} {
		web := newDyno(t, "web.1", replies(c.response))
		r := start(t, Options{}, web.Backend).ask(t, get("/"))
		if value(r.head, "Via") != c.via || value(r.head, "Server") != c.server {
			t.Errorf("head:\n%s", r.head)
		}
	}
}

func TestRouter_JudgesResponses(t *testing.T) {
	long := func(n int) string { return strings.Repeat("a", n) }
	for _, c := range []struct {
		name, response string
		status         int
		code, desc     string
	}{
		{"equal lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", 200, "", ""},
		{"different lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!", 502, "H25", "HTTP restriction: invalid content length"},
		{"list of lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2,2\r\n\r\nok", 502, "H25", "HTTP restriction: invalid content length"},
		{"no number", "HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok", 502, "H25", "HTTP restriction: invalid content length"},
		{"cookie of 8192", "HTTP/1.1 200 OK\r\nSet-Cookie: " + long(8192) + "\r\nContent-Length: 2\r\n\r\nok", 200, "", ""},
		{"cookie of 8193", "HTTP/1.1 200 OK\r\nSet-Cookie: " + long(8193) + "\r\nContent-Length: 2\r\n\r\nok", 502, "H25", "HTTP restriction: oversized cookie"},
		{"header of 500 KB", "HTTP/1.1 200 OK\r\nX: " + long(500<<10) + "\r\nContent-Length: 2\r\n\r\nok", 200, "", ""},
		{"header of 1 MB", "HTTP/1.1 200 OK\r\nX: " + long(1<<20) + "\r\nContent-Length: 2\r\n\r\nok", 502, "H25", "HTTP restriction: oversized header"},
		{"status line of 1 MB", "HTTP/1.1 200 " + long(1<<20) + "\r\nContent-Length: 2\r\n\r\nok", 502, "H25", "HTTP restriction: oversized status line"},
		{"no reason phrase", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", 503, "H17", "Poorly formatted HTTP response"},
		{"garbage", "\x00\x01 not http at all\r\n\r\n", 503, "H17", "Poorly formatted HTTP response"},
		{"bare LF", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 503, "H17", "Poorly formatted HTTP response"},
		{"status 99", "HTTP/1.1 099 Low\r\n\r\n", 503, "H17", "Poorly formatted HTTP response"},
		{"NUL in header", "HTTP/1.1 200 OK\r\nX: \x00\r\n\r\n", 503, "H17", "Poorly formatted HTTP response"},
		{"unknown transfer encoding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: foo\r\n\r\n", 503, "H17", "Poorly formatted HTTP response"},
		{"upgrade nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 503, "H17", "Poorly formatted HTTP response"},
		{"folded header", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok", 200, "", ""},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "", ""},
		{"nothing", "", 503, "H13", "Connection closed without response"},
		{"half a head", "HTTP/1.1 200 OK\r\nContent-Le", 503, "H18", "Server Request Interrupted"},
		{"app's own 503", "HTTP/1.1 503 Mine\r\nContent-Length: 2\r\n\r\nok", 503, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			web := newDyno(t, "web.1", repliesAndCloses(c.response))
			f := start(t, Options{}, web.Backend)
			r := f.ask(t, get("/"))
			e := f.entry(t, 0)
			if r.status() != c.status || e.Status != c.status || e.Code != c.code || e.Desc != c.desc {
				t.Errorf("status %d, entry %s\n%s", r.status(), e.Line(), r.head)
			}
			if c.status == 200 && r.body != "ok" {
				t.Errorf("body %q", r.body)
			}
			if c.code == "" && value(r.head, "Content-Length") != "2" {
				t.Errorf("head:\n%s", r.head)
			}
		})
	}
}

func TestRouter_BoundsInformationalResponses(t *testing.T) {
	early := "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: X-N\r\nX-N: 1\r\nKeep-Alive: 5\r\n\r\n"
	t.Run("five pass without hop-by-hop fields", func(t *testing.T) {
		web := newDyno(t, "web.1", replies(strings.Repeat(early, 5)+ok2))
		v := start(t, Options{}, web.Backend).dial(t).send(t, get("/"))
		for range 5 {
			if r := v.reply("GET"); r.status() != 103 || value(r.head, "Link") != "</a>" || value(r.head, "X-N") != "" || value(r.head, "Keep-Alive") != "" {
				t.Errorf("head:\n%s", r.head)
			}
		}
		if r := v.reply("GET"); r.status() != 200 || r.body != "ok" {
			t.Errorf("final: %q", r.head)
		}
	})
	t.Run("a storm is refused", func(t *testing.T) {
		web := newDyno(t, "web.1", repliesAndCloses(strings.Repeat(early, 20000)+ok2))
		f := start(t, Options{}, web.Backend)
		v := f.dial(t).send(t, get("/"))
		n := 0
		r := v.reply("GET")
		for ; r.status() == 103; r = v.reply("GET") {
			n++
		}
		if n > 6 || r.status() != 502 || f.entry(t, 0).Code != "H25" {
			t.Errorf("%d informational, then %q", n, r.head)
		}
	})
	t.Run("a 1.0 client gets none", func(t *testing.T) {
		web := newDyno(t, "web.1", replies("HTTP/1.1 100 Continue\r\n\r\n"+ok2))
		r := start(t, Options{}, web.Backend).ask(t, "GET / HTTP/1.0\r\nHost: a\r\n\r\n")
		if r.status() != 200 {
			t.Errorf("head:\n%s", r.head)
		}
	})
}

func TestRouter_ServesHTTP10(t *testing.T) {
	chunked := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n"
	for _, c := range []struct {
		name, response string
		lines          string
		body           string
		stays          bool
	}{
		{"closed by default", ok2, "", "ok", false},
		{"keep-alive is honoured", ok2, "Connection: keep-alive\r\n", "ok", true},
		{"chunks are taken apart", chunked, "Connection: keep-alive\r\n", "abcde", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			web := newDyno(t, "web.1", replies(c.response))
			v := start(t, Options{}, web.Backend).dial(t)
			raw := "GET / HTTP/1.0\r\nHost: a\r\n" + c.lines + "\r\n"
			r := v.send(t, raw).reply("GET")
			if !strings.HasPrefix(r.head, "HTTP/1.1 200 OK\r\n") || r.body != c.body || value(r.head, "Transfer-Encoding") != "" {
				t.Errorf("head:\n%sbody %q", r.head, r.body)
			}
			if c.stays && (value(r.head, "Connection") != "keep-alive" || v.send(t, raw).reply("GET").body != "ok") {
				t.Errorf("not kept alive:\n%s", r.head)
			}
			if !c.stays && (value(r.head, "Connection") != "close" || !v.closed()) {
				t.Errorf("kept alive:\n%s", r.head)
			}
			if !strings.Contains(web.requests()[0], " HTTP/1.1\r\n") {
				t.Errorf("dyno got %q", web.requests()[0])
			}
		})
	}
}

func TestRouter_PassesChunksAsTheyAre(t *testing.T) {
	chunks := "3;x=\"y\"\r\nabc\r\n0002\r\nde\r\n0\r\nX-T: 1\r\n folded\r\n\r\n"
	web := newDyno(t, "web.1", replies("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 99\r\n\r\n"+chunks))
	f := start(t, Options{}, web.Backend)
	v := f.dial(t)
	for range 2 { // twice: the connection stays usable
		r := v.send(t, post(chunks, "Transfer-Encoding: chunked")).reply("POST")
		if r.body != chunks || value(r.head, "Content-Length") != "" {
			t.Errorf("client got %q\n%q", r.head, r.body)
		}
	}
	for _, got := range web.requests() {
		if !strings.HasSuffix(got, "\r\n\r\n"+chunks) || value(got, "Content-Length") != "" {
			t.Errorf("dyno got %q", got)
		}
	}
}

func TestRouter_ClosesWhenBothLengthsAreGiven(t *testing.T) {
	web := newDyno(t, "web.1", replies(ok2))
	v := start(t, Options{}, web.Backend).dial(t)
	r := v.send(t, post("0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n", "Content-Length: 5", "Transfer-Encoding: chunked")).reply("POST")
	if r.status() != 200 || value(r.head, "Connection") != "close" || !v.closed() || len(web.requests()) != 1 {
		t.Errorf("head:\n%s dyno got %q", r.head, web.requests())
	}
	if got := web.requests()[0]; value(got, "Content-Length") != "" || value(got, "Transfer-Encoding") != "chunked" {
		t.Errorf("dyno got %q", got)
	}
}

func TestRouter_RefusesBadChunks(t *testing.T) {
	for _, chunks := range []string{
		"0x5\r\nhello\r\n0\r\n\r\n", "5\nhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "01\n", "5;a\rb\r\nhello\r\n0\r\n\r\n", "5\r\nhello-extra\r\n0\r\n\r\n",
		"ffffffffffffffff1\r\n", "\r\nhello\r\n0\r\n\r\n", "1\r\nc\r\r\n0\r\n\r\n", "0\r\nbad trailer\r\n\r\n", "0\r\nContent-Length: 5\r\n\r\n", "5;a=" + strings.Repeat("b", 65536) + "\r\nhello\r\n0\r\n\r\n",
	} {
		name := chunks[:min(len(chunks), 20)]
		t.Run(fmt.Sprintf("request %q", name), func(t *testing.T) {
			web := newDyno(t, "web.1", replies(ok2))
			f := start(t, Options{Generation: GenerationLegacy}, web.Backend)
			v := f.dial(t)
			r := v.send(t, post(chunks, "Transfer-Encoding: chunked")).reply("POST")
			if r.status() != 400 || !v.closed() {
				t.Errorf("head:\n%s", r.head)
			}
			if e := f.entry(t, 0); e.Code != "H26" || e.Cause != "bad chunk" || e.Status != 400 {
				t.Error(e.Line())
			}
		})
		t.Run(fmt.Sprintf("response %q", name), func(t *testing.T) {
			web := newDyno(t, "web.1", repliesAndCloses("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+chunks))
			f := start(t, Options{}, web.Backend)
			v := f.dial(t).send(t, get("/"))
			head, _ := readHead(v.in)
			rest, err := io.ReadAll(v.in)
			if !strings.HasPrefix(head, "HTTP/1.1 200") && head != "" || strings.HasSuffix(string(rest), "0\r\n\r\n") && strings.HasPrefix(chunks, "5\r\nhello\r\n") {
				t.Errorf("client got %q %q %v", head, rest, err)
			}
			if e := f.entry(t, 0); e.Code != "H18" {
				t.Error(e.Line())
			}
		})
	}
}

func TestRouter_ShowsTruncationAsAnError(t *testing.T) {
	for name, response := range map[string]string{
		"short body":  "HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\nok",
		"short chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
	} {
		t.Run(name, func(t *testing.T) {
			web := newDyno(t, "web.1", repliesAndCloses(response))
			f := start(t, Options{}, web.Backend)
			v := f.dial(t).send(t, get("/"))
			r := v.reply("GET")
			if r.status() != 0 && r.status() != 200 || len(r.body) >= 200 || !v.closed() {
				t.Errorf("client got %q %q", r.head, r.body)
			}
			if e := f.entry(t, 0); e.Code != "H18" || e.Sock != "backend" || e.Status != 503 {
				t.Error(e.Line())
			}
		})
	}
}

func TestRouter_DropsBytesAfterTheBody(t *testing.T) {
	web := newDyno(t, "web.1", replies(ok2+"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\ninjected"))
	v := start(t, Options{}, web.Backend).dial(t)
	for range 3 {
		if r := v.send(t, get("/")).reply("GET"); r.body != "ok" {
			t.Fatalf("body %q", r.body)
		}
	}
}

func TestRouter_ForwardsLengthsWithoutBody(t *testing.T) {
	for _, c := range []struct{ method, response string }{
		{"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"},
		{"HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
		{"HEAD", "HTTP/1.1 200 OK\r\n\r\n"},
		{"GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"},
		{"GET", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"},
	} {
		web := newDyno(t, "web.1", replies(c.response))
		v := start(t, Options{}, web.Backend).dial(t)
		for range 2 { // the second shows that the connection stayed
			r := v.send(t, c.method+" / HTTP/1.1\r\nHost: a\r\n\r\n").reply(c.method)
			if value(r.head, "Content-Length") != value(c.response, "Content-Length") || value(r.head, "Transfer-Encoding") != value(c.response, "Transfer-Encoding") || value(r.head, "Connection") != "" {
				t.Errorf("%s %q: got\n%s", c.method, c.response, r.head)
			}
		}
	}
}

func TestRouter_ClosesAfterAnUnsizedResponse(t *testing.T) {
	web := newDyno(t, "web.1", repliesAndCloses("HTTP/1.1 200 OK\r\n\r\nas long as it takes"))
	f := start(t, Options{}, web.Backend)
	v := f.dial(t)
	r := v.send(t, get("/")).reply("GET")
	if r.body != "as long as it takes" || r.err != nil || value(r.head, "Connection") != "close" {
		t.Errorf("got %q %q %v", r.head, r.body, r.err)
	}
	if e := f.entry(t, 0); e.Code != "" || e.Status != 200 {
		t.Error(e.Line())
	}
}

func TestRouter_KeepsTheClientWhenTheDynoCloses(t *testing.T) {
	web := newDyno(t, "web.1", repliesAndCloses("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"))
	v := start(t, Options{}, web.Backend).dial(t)
	for range 3 {
		if r := v.send(t, get("/")).reply("GET"); r.body != "ok" || value(r.head, "Connection") != "" {
			t.Fatalf("got %q %q", r.head, r.body)
		}
	}
	if r := v.send(t, get("/", "Connection: close")).reply("GET"); value(r.head, "Connection") != "close" || !v.closed() {
		t.Errorf("got %q", r.head)
	}
}

func TestRouter_AnswersPipelinedRequestsInOrder(t *testing.T) {
	web := newDyno(t, "web.1", func(d *dyno, c net.Conn, in *bufio.Reader) {
		for {
			head, ok := readHead(in)
			if !ok {
				return
			}
			content := wireBody(head, in) + strings.Fields(head)[1]
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(content), content)
		}
	})
	v := start(t, Options{}, web.Backend).dial(t)
	v.send(t, get("/1")+post("body", "Content-Length: 4")+get("/3"))
	for _, want := range []string{"/1", "body/p", "/3"} {
		if r := v.reply("GET"); r.body != want {
			t.Errorf("got %q, want %q", r.body, want)
		}
	}
}

func TestRouter_AnswersExpectItself(t *testing.T) {
	web := newDyno(t, "web.1", replies(ok2))
	f := start(t, Options{}, web.Backend)
	v := f.dial(t).send(t, post("", "expect: 100-Continue", "Content-Length: 5"))
	if r := v.reply("POST"); r.status() != 100 {
		t.Fatalf("got %q", r.head)
	}
	if r := v.send(t, "hello").reply("POST"); r.status() != 200 {
		t.Fatalf("got %q", r.head)
	}
	if got := web.requests()[0]; value(got, "Expect") != "" || !strings.HasSuffix(got, "hello") {
		t.Errorf("dyno got %q", got)
	}
	v.send(t, post("hello", "Expect: 100-continue", "Content-Length: 5")) // does not wait
	r := v.reply("POST")
	if r.status() == 100 {
		r = v.reply("POST")
	}
	if r.status() != 200 {
		t.Errorf("got %q", r.head)
	}
}

func TestRouter_PassesAnEarlyResponse(t *testing.T) {
	web := newDyno(t, "web.1", func(d *dyno, c net.Conn, in *bufio.Reader) {
		readHead(in)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nearly\r\n")
		n, _ := io.CopyN(io.Discard, in, 1<<20)
		fmt.Fprintf(c, "7\r\n%07d\r\n0\r\n\r\n", n)
	})
	v := start(t, Options{}, web.Backend).dial(t).send(t, post("", "Content-Length: 1048576"))
	head, _ := readHead(v.in)
	first := make([]byte, 10)
	if _, err := io.ReadFull(v.in, first); err != nil || !strings.Contains(string(first), "early") {
		t.Fatalf("got %q %q %v", head, first, err)
	}
	v.send(t, strings.Repeat("x", 1<<20))
	rest := make([]byte, len("7\r\n1048576\r\n0\r\n\r\n"))
	if _, err := io.ReadFull(v.in, rest); err != nil || string(rest) != "7\r\n1048576\r\n0\r\n\r\n" {
		t.Fatalf("got %q %v", rest, err)
	}
}

func TestRouter_StreamsBodiesUnchanged(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<18) // 4 MB
	web := newDyno(t, "web.1", func(d *dyno, c net.Conn, in *bufio.Reader) {
		for {
			head, ok := readHead(in)
			if !ok {
				return
			}
			content := wireBody(head, in)
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(content), content)
		}
	})
	v := start(t, Options{}, web.Backend).dial(t)
	for range 2 {
		sent := make(chan struct{})
		go func() { defer close(sent); v.send(t, post(string(data), fmt.Sprintf("Content-Length: %d", len(data)))) }()
		if r := v.reply("POST"); r.body != string(data) {
			t.Fatalf("got %d bytes back of %d, %v", len(r.body), len(data), r.err)
		}
		<-sent
	}
}

func TestRouter_FreesTheDynoOfASlowClient(t *testing.T) {
	finished := make(chan time.Time, 1)
	web := newDyno(t, "web.1", func(d *dyno, c net.Conn, in *bufio.Reader) {
		readHead(in)
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n%s", strings.Repeat("x", 1000000))
		finished <- time.Now()
	})
	v := start(t, Options{}, web.Backend).dial(t).send(t, get("/"))
	select {
	case <-finished: // though not a byte has been read
	case <-time.After(10 * time.Second):
		t.Error("the dyno is held by a client that does not read")
	}
	if r := v.reply("GET"); len(r.body) != 1000000 {
		t.Errorf("%d bytes", len(r.body))
	}
}

func TestRouter_DoesNotHoldBackEvents(t *testing.T) {
	next := make(chan struct{})
	web := newDyno(t, "web.1", func(d *dyno, c net.Conn, in *bufio.Reader) {
		readHead(in)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
		for i := range 3 {
			fmt.Fprintf(c, "data: %d\n\n", i)
			<-next
		}
	})
	v := start(t, Options{}, web.Backend).dial(t).send(t, get("/events"))
	readHead(v.in)
	for i := range 3 {
		line, err := v.in.ReadString('\n')
		if want := fmt.Sprintf("data: %d\n", i); line != want || err != nil {
			t.Fatalf("got %q %v, want %q", line, err, want)
		}
		_, _ = v.in.ReadString('\n')
		next <- struct{}{}
	}
}

func FuzzChunks_AgreeWithOneByteAtATime(f *testing.F) {
	for _, seed := range []string{"3\r\nabc\r\n0\r\n\r\n", "0\r\nX: y\r\n z\r\n\r\nrest", "5;a=b\r\nhello\r\n0\r\n\r\n", "0x1\r\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var whole, single chunkScan
		n, err := whole.scan(raw)
		m := 0
		var one error
		for m < len(raw) && !single.done() && one == nil {
			var k int
			k, one = single.scan(raw[m : m+1])
			m += k
		}
		if n != m || (err == nil) != (one == nil) || whole.done() != single.done() {
			t.Errorf("at once: %d %v %v; one by one: %d %v %v", n, err, whole.done(), m, one, single.done())
		}
	})
}

func TestRouter_ResetsWhatWouldLookComplete(t *testing.T) {
	for name, messages := range map[string][2]string{
		"unsized":   {get("/"), "HTTP/1.1 200 OK\r\n\r\nhalf"},
		"unchunked": {"GET / HTTP/1.0\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf"},
	} {
		t.Run(name, func(t *testing.T) {
			seen := make(chan struct{})
			web := newDyno(t, "web.1", func(d *dyno, c net.Conn, in *bufio.Reader) {
				readHead(in)
				_, _ = io.WriteString(c, messages[1])
				<-seen
				_ = c.(*net.TCPConn).SetLinger(0) // ends with a reset
			})
			f := start(t, Options{}, web.Backend)
			v := f.dial(t).send(t, messages[0])
			readHead(v.in)
			half := make([]byte, 4)
			if _, err := io.ReadFull(v.in, half); err != nil || string(half) != "half" {
				t.Errorf("got %q %v", half, err)
			}
			close(seen)
			if _, err := v.in.ReadByte(); err == nil || errors.Is(err, io.EOF) {
				t.Errorf("the end looks clean: %v", err)
			}
			if e := f.entry(t, 0); e.Code != "H18" {
				t.Error(e.Line())
			}
		})
	}
}

func TestRouter_ShowsTheAppsOwnErrorPages(t *testing.T) {
	f := start(t, quick())
	f.SetFormation(Formation{Released: true, ErrorPageURL: "https://shop.test/sorry", MaintenancePageURL: "https://shop.test/later"})
	if r := f.ask(t, get("/")); !strings.Contains(r.body, `<iframe src="https://shop.test/sorry"`) {
		t.Errorf("got %s", r.body)
	}
	f.SetFormation(Formation{Maintenance: true, MaintenancePageURL: "https://shop.test/later"})
	if r := f.ask(t, get("/")); !strings.Contains(r.body, `<iframe src="https://shop.test/later"`) {
		t.Errorf("got %s", r.body)
	}
}

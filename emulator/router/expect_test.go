package router

import (
	"bufio"
	"io"
	"net"
	"testing"
)

func passing() Options {
	o := quick()
	o.EndToEndContinue = true
	return o
}

var expecting = post("", "Expect: 100-continue", "Content-Length: 5")

func TestExpect_IsPassedEndToEnd(t *testing.T) {
	web := newDyno(t, "web.1", func(d *dyno, c net.Conn, in *bufio.Reader) {
		head, _ := readHead(in)
		_, _ = io.WriteString(c, "HTTP/1.1 100 Continue\r\n\r\n")
		d.record(head + wireBody(head, in))
		_, _ = io.WriteString(c, ok2)
	})
	v := start(t, passing(), web.Backend).dial(t).send(t, expecting)
	if r := v.reply("POST"); r.status() != 100 {
		t.Fatalf("got %q", r.head)
	}
	if r := v.send(t, "hello").reply("POST"); r.status() != 200 || value(r.head, "Connection") != "" {
		t.Errorf("got %q", r.head)
	}
	if got := web.requests()[0]; value(got, "Expect") != "100-continue" {
		t.Errorf("dyno got %q", got)
	}
}

func TestExpect_TwoContinuesAreAnError(t *testing.T) {
	web := newDyno(t, "web.1", repliesWithoutBody("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"+ok2))
	f := start(t, passing(), web.Backend)
	v := f.dial(t).send(t, expecting)
	v.reply("POST")
	if r := v.reply("POST"); r.status() != 503 || f.entry(t, 0).Code != "H17" {
		t.Errorf("got %q", r.head)
	}
}

func TestExpect_FinalStatusWithoutContinueCloses(t *testing.T) {
	web := newDyno(t, "web.1", repliesWithoutBody("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"))
	v := start(t, passing(), web.Backend).dial(t).send(t, expecting)
	r := v.reply("POST")
	if r.status() != 413 || r.body != "no" || value(r.head, "Connection") != "close" || !v.closed() {
		t.Errorf("got %q %q", r.head, r.body)
	}
}

func TestExpect_UpgradeWorksWithAndWithoutContinue(t *testing.T) {
	for _, first := range []string{"", "HTTP/1.1 100 Continue\r\n\r\n"} {
		web := newDyno(t, "web.1", func(d *dyno, c net.Conn, in *bufio.Reader) {
			readHead(in)
			_, _ = io.WriteString(c, first+switching)
			_, _ = io.Copy(c, in)
		})
		v := start(t, passing(), web.Backend).dial(t)
		v.send(t, get("/ws", "Expect: 100-continue", "Connection: Upgrade", "Upgrade: websocket"))
		r := v.reply("GET")
		if first != "" && r.status() == 100 {
			r = v.reply("GET")
		}
		got := make([]byte, 4)
		v.send(t, "ping")
		if _, err := io.ReadFull(v.in, got); r.status() != 101 || string(got) != "ping" {
			t.Errorf("got %q %q %v", r.head, got, err)
		}
	}
}

// repliesWithoutBody answers as soon as the head is there.
func repliesWithoutBody(response string) script {
	return func(d *dyno, c net.Conn, in *bufio.Reader) {
		if head, ok := readHead(in); ok {
			d.record(head)
			_, _ = io.WriteString(c, response)
			_, _ = io.Copy(io.Discard, in)
		}
	}
}

func TestExpect_LegacyReportsH26(t *testing.T) {
	o := quick()
	o.Generation = GenerationLegacy
	f := start(t, o, newDyno(t, "web.1", replies(ok2)).Backend)
	if r := f.ask(t, post("", "Expect: teapot", "Content-Length: 0")); r.status() != 417 {
		t.Errorf("got %q", r.head)
	}
	want := `at=error code=H26 desc="Request Error" cause="unsupported expect header value" method=POST path="/p" host=shop.localhost`
	if got := f.entry(t, 0).Line(); len(got) < len(want) || got[:len(want)] != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

package router

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestRouter_ServesTLS(t *testing.T) {
	server := httptest.NewTLSServer(nil) // for its certificate
	server.Close()
	web := newDyno(t, "web.1", replies(ok2))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := startOn(t, tls.NewListener(l, &tls.Config{Certificates: server.TLS.Certificates}), quick(), web.Backend)
	c, err := tls.Dial("tcp", f.addr, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	v := &visitor{c, bufio.NewReader(c)}
	for range 3 {
		if r := v.send(t, post("hello", "Content-Length: 5")).reply("POST"); r.status() != 200 || r.body != "ok" {
			t.Fatalf("got %q", r.head)
		}
	}
	if got := value(web.requests()[0], "X-Forwarded-Proto"); got != "https" {
		t.Errorf("X-Forwarded-Proto: %q", got)
	}
	if line := f.entry(t, 0).Line(); !strings.HasSuffix(line, " protocol=http1.1 tls=true tls_version=tls1.3") {
		t.Error(line)
	}
	plain := f.dial(t).send(t, get("/")) // is no handshake
	_, _ = io.ReadAll(plain.in)
	silent := f.dial(t)
	if begun := time.Now(); !silent.closed() || time.Since(begun) > 10*time.Second {
		t.Error("a client without handshake stays")
	}
}

func TestRouter_LeavesTheDynoWhenTheClientGoes(t *testing.T) {
	for name, c := range map[string]struct{ request, response string }{
		"in a silent event stream":   {get("/events"), "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n"},
		"in the middle of a chunk":   {post("5\r\nhel", "Transfer-Encoding: chunked"), ""},
		"in a chunked response":      {get("/"), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"},
		"before anything came back":  {get("/"), ""},
		"in the middle of an upload": {post("hel", "Content-Length: 5"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := quick()
			o.Timeouts.Idle, o.Timeouts.FirstByte = 20*time.Second, 20*time.Second
			left := make(chan struct{})
			web := newDyno(t, "web.1", func(d *dyno, conn net.Conn, in *bufio.Reader) {
				readHead(in)
				_, _ = io.WriteString(conn, c.response)
				d.record("answered")
				_, _ = io.Copy(io.Discard, in) // until the router lets go
				close(left)
			})
			f := start(t, o, web.Backend)
			v := f.dial(t).send(t, c.request)
			eventually(t, "the dyno works", func() bool { return len(web.requests()) == 1 })
			if c.response != "" {
				readHead(v.in)
			}
			_ = v.Close()
			select {
			case <-left:
			case <-time.After(10 * time.Second):
				t.Error("the dyno still works for nobody")
			}
			if e := f.entry(t, 0); e.Code != "H27" || e.Status != 499 {
				t.Error(e.Line())
			}
		})
	}
}

package router

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

const switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n"

// upgrades answers 101 and then plays on.
func upgrades(after func(c net.Conn, in *bufio.Reader)) script {
	return func(d *dyno, c net.Conn, in *bufio.Reader) {
		head, ok := readHead(in)
		if !ok {
			return
		}
		d.record(head)
		_, _ = io.WriteString(c, switching)
		after(c, in)
	}
}

func echo(c net.Conn, in *bufio.Reader) { _, _ = io.Copy(c, in) }

func upgradeRequest(protocol string) string {
	return get("/ws", "Connection: keep-alive, Upgrade", "Upgrade: "+protocol, "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
}

func (f *front) upgrade(t *testing.T) *visitor {
	t.Helper()
	v := f.dial(t).send(t, upgradeRequest("websocket"))
	if r := v.reply("GET"); r.status() != 101 || value(r.head, "Connection") != "Upgrade" || value(r.head, "Upgrade") != "websocket" || value(r.head, "Sec-Websocket-Accept") != "x" {
		t.Fatalf("got %q", r.head)
	}
	return v
}

func TestTunnel_EchoesBothWays(t *testing.T) {
	web := newDyno(t, "web.1", upgrades(echo))
	f := start(t, Options{}, web.Backend)
	v := f.upgrade(t)
	for i := range 100 {
		want := strings.Repeat(fmt.Sprint(i), i+1)
		v.send(t, want)
		got := make([]byte, len(want))
		if _, err := io.ReadFull(v.in, got); err != nil || string(got) != want {
			t.Fatalf("got %q %v", got, err)
		}
	}
	if head := web.requests()[0]; value(head, "Connection") != "Upgrade" || value(head, "Upgrade") != "websocket" {
		t.Errorf("dyno got %q", head)
	}
	_ = v.Close()
	if e := f.entry(t, 0); e.Status != 101 || e.Code != "" || e.Bytes < 100 {
		t.Error(e.Line())
	}
}

func TestTunnel_PassesAHalfClose(t *testing.T) {
	f := start(t, Options{}, newDyno(t, "web.1", upgrades(func(c net.Conn, in *bufio.Reader) {
		data, _ := io.ReadAll(in)
		fmt.Fprintf(c, "got %d", len(data))
	})).Backend)
	v := f.upgrade(t)
	v.send(t, "12345")
	if err := v.Conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(v.in); string(data) != "got 5" || err != nil {
		t.Errorf("got %q %v", data, err)
	}
}

func TestTunnel_EndsWhenTheDynoResets(t *testing.T) {
	f := start(t, Options{}, newDyno(t, "web.1", upgrades(func(c net.Conn, in *bufio.Reader) {
		_ = c.(*net.TCPConn).SetLinger(0)
	})).Backend)
	v := f.upgrade(t)
	begun := time.Now()
	if !v.closed() || time.Since(begun) > 5*time.Second {
		t.Error("the client was not told")
	}
}

func TestTunnel_EndsAfterSilence(t *testing.T) {
	f := start(t, quick(), newDyno(t, "web.1", upgrades(echo)).Backend)
	v := f.upgrade(t)
	for range 5 { // altogether longer than the idle time of 400 ms
		timer := time.NewTimer(150 * time.Millisecond)
		<-timer.C
		v.send(t, "x")
		if b, err := v.in.ReadByte(); b != 'x' || err != nil {
			t.Fatalf("got %q %v", b, err)
		}
	}
	if !v.closed() {
		t.Error("still open")
	}
	if e := f.entry(t, 0); e.Code != "H15" {
		t.Error(e.Line())
	}
}

func TestTunnel_EndsWhenOneHalfIsSilent(t *testing.T) {
	f := start(t, quick(), newDyno(t, "web.1", upgrades(func(c net.Conn, in *bufio.Reader) {
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, in)
	})).Backend)
	v := f.upgrade(t)
	if !v.closed() {
		t.Error("half-close was not passed")
	}
	if e := f.entry(t, 0); e.Code != "H15" {
		t.Error(e.Line())
	}
}

func TestTunnel_RefusalIsAnOrdinaryResponse(t *testing.T) {
	f := start(t, Options{}, newDyno(t, "web.1", replies("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")).Backend)
	v := f.dial(t)
	for range 2 {
		if r := v.send(t, upgradeRequest("websocket")).reply("GET"); r.status() != 403 || r.body != "no" {
			t.Errorf("got %q", r.head)
		}
	}
}

func TestTunnel_AcceptsAnyProtocolButH2C(t *testing.T) {
	web := newDyno(t, "web.1", replies(ok2))
	f := start(t, Options{}, web.Backend)
	f.ask(t, upgradeRequest("foo/1"))
	f.ask(t, get("/", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"))
	got := web.requests()
	if value(got[0], "Upgrade") != "foo/1" {
		t.Errorf("dyno got %q", got[0])
	}
	if value(got[1], "Upgrade") != "" || value(got[1], "HTTP2-Settings") != "" || value(got[1], "Connection") != "keep-alive" {
		t.Errorf("dyno got %q", got[1])
	}
}

func TestTunnel_IsCutByDrain(t *testing.T) {
	f := start(t, Options{}, newDyno(t, "web.1", upgrades(echo)).Backend)
	v := f.upgrade(t)
	if err := f.Drain(t.Context(), "web.1"); err != nil {
		t.Error(err)
	}
	if !v.closed() {
		t.Error("still open")
	}
}

func TestTunnel_CarriesManyAtOnce(t *testing.T) {
	f := start(t, Options{}, newDyno(t, "web.1", upgrades(echo)).Backend)
	visitors := make([]*visitor, 500)
	for i := range visitors {
		visitors[i] = f.upgrade(t)
	}
	for i, v := range visitors {
		want := fmt.Sprintf("%04d", i)
		v.send(t, want)
		got := make([]byte, 4)
		if _, err := io.ReadFull(v.in, got); err != nil || string(got) != want {
			t.Fatalf("tunnel %d: %q %v", i, got, err)
		}
	}
	for _, v := range visitors {
		_ = v.Close()
	}
	eventually(t, "all gone", func() bool { return f.inFlight.Load() == 0 && len(f.everyClient()) == 0 })
}

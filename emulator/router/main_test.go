package router

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// playRouter makes the test binary a router with few descriptors, for the dyno
// whose address the variable holds.
const playRouter = "ROUTER_TEST_DYNO"

func TestMain(m *testing.M) {
	if dyno := os.Getenv(playRouter); dyno != "" {
		os.Exit(runRouter(dyno))
	}
	before := runtime.NumGoroutine()
	code := m.Run()
	http.DefaultClient.CloseIdleConnections()
	if code == 0 && !fuzzing() && !within(10*time.Second, func() bool { return runtime.NumGoroutine() <= before }) {
		buf := make([]byte, 1<<20)
		fmt.Fprintf(os.Stderr, "goroutines left: %s\n", buf[:runtime.Stack(buf, true)])
		code = 1
	}
	os.Exit(code)
}

// fuzzing tells whether the fuzzing engine runs, which keeps goroutines.
func fuzzing() bool {
	f := flag.Lookup("test.fuzz")
	return f != nil && f.Value.String() != ""
}

// within polls a condition until it holds or the time is over.
func within(d time.Duration, holds func() bool) bool {
	for end := time.Now().Add(d); ; {
		if holds() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
		<-time.After(5 * time.Millisecond)
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	if !within(10*time.Second, holds) {
		t.Fatalf("not within 10 s: %s", what)
	}
}

// front is a router that serves, with what it reported.
type front struct {
	*Router
	addr string
	stop context.CancelFunc
	done chan error

	mu      sync.Mutex
	entries []AccessEntry
}

func start(t *testing.T, o Options, backends ...Backend) *front {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return startOn(t, l, o, backends...)
}

func startOn(t *testing.T, l net.Listener, o Options, backends ...Backend) *front {
	t.Helper()
	f := &front{done: make(chan error, 1)}
	o.OnRequest = func(e AccessEntry) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.entries = append(f.entries, e)
	}
	f.Router = New(o)
	if len(backends) > 0 {
		f.SetFormation(Formation{Web: len(backends), Backends: backends, Released: true})
	}
	f.addr = l.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	f.stop = stop
	go func() { f.done <- f.Serve(ctx, l) }() // until the test's clean-up
	t.Cleanup(func() {
		stop()
		_ = f.Close()
		if err := <-f.done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return f
}

// entry waits for the n-th report, counted from 0.
func (f *front) entry(t *testing.T, n int) AccessEntry {
	t.Helper()
	eventually(t, fmt.Sprintf("%d entries", n+1), func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.entries) > n
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.entries[n]
}

func (f *front) reports() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.entries)
}

// dyno is a back end that records what it gets and answers by script.
type dyno struct {
	Backend
	l    net.Listener
	wait sync.WaitGroup

	mu    sync.Mutex
	got   []string // raw heads with bodies as far as read
	conns []net.Conn
}

// script handles one connection; the head and body read so far are recorded.
type script func(d *dyno, c net.Conn, in *bufio.Reader)

func newDyno(t *testing.T, name string, play script) *dyno {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &dyno{Backend: Backend{Dyno: name, Addr: l.Addr().String(), State: StateUp}, l: l}
	d.wait.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			d.mu.Lock()
			d.conns = append(d.conns, c)
			d.mu.Unlock()
			d.wait.Go(func() {
				defer c.Close()
				play(d, c, bufio.NewReader(c))
			})
		}
	})
	t.Cleanup(d.close)
	return d
}

func (d *dyno) close() {
	_ = d.l.Close()
	d.mu.Lock()
	for _, c := range d.conns {
		_ = c.Close()
	}
	d.mu.Unlock()
	d.wait.Wait()
}

func (d *dyno) record(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.got = append(d.got, text)
}

func (d *dyno) requests() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.got...)
}

// readHead reads up to the empty line; ok is false at the end.
func readHead(in *bufio.Reader) (head string, ok bool) {
	for {
		line, err := in.ReadString('\n')
		head += line
		if err != nil {
			return head, false
		}
		if line == "\r\n" {
			return head, true
		}
	}
}

// value returns the values of a header in a raw head, joined by "|".
func value(head, name string) string {
	var all []string
	for line := range strings.SplitSeq(head, "\r\n") {
		if n, v, ok := strings.Cut(line, ":"); ok && strings.EqualFold(n, name) {
			all = append(all, strings.TrimSpace(v))
		}
	}
	return strings.Join(all, "|")
}

// wireBody reads the body that a raw head announces, as it is on the wire.
func wireBody(head string, in *bufio.Reader) string {
	if strings.EqualFold(value(head, "Transfer-Encoding"), "chunked") {
		var raw string
		for {
			line, err := in.ReadString('\n')
			raw += line
			if err != nil {
				return raw
			}
			if strings.HasPrefix(line, "0") && !strings.HasPrefix(line, "0x") {
				trailer, _ := readHead(in)
				return raw + trailer
			}
			var n int
			_, _ = fmt.Sscanf(line, "%x", &n)
			data := make([]byte, n+2)
			if _, err := io.ReadFull(in, data); err != nil {
				return raw
			}
			raw += string(data)
		}
	}
	var n int
	_, _ = fmt.Sscan(value(head, "Content-Length"), &n)
	data := make([]byte, n)
	m, _ := io.ReadFull(in, data)
	return string(data[:m])
}

// replies answers every request with the same bytes and keeps the connection.
func replies(response string) script {
	return func(d *dyno, c net.Conn, in *bufio.Reader) {
		for {
			head, ok := readHead(in)
			if !ok {
				return
			}
			d.record(head + wireBody(head, in))
			if _, err := io.WriteString(c, response); err != nil {
				return
			}
		}
	}
}

// repliesAndCloses answers one request and closes.
func repliesAndCloses(response string) script {
	return func(d *dyno, c net.Conn, in *bufio.Reader) {
		if head, ok := readHead(in); ok {
			d.record(head + wireBody(head, in))
			_, _ = io.WriteString(c, response)
		}
	}
}

const ok2 = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// visitor is a client connection.
type visitor struct {
	net.Conn
	in *bufio.Reader
}

func (f *front) dial(t *testing.T) *visitor {
	t.Helper()
	c, err := net.Dial("tcp", f.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &visitor{c, bufio.NewReader(c)}
}

func (v *visitor) send(t *testing.T, raw string) *visitor {
	t.Helper()
	if _, err := io.WriteString(v, raw); err != nil {
		t.Logf("send: %v", err)
	}
	return v
}

// reply is one response as the client saw it.
type reply struct {
	head, body string
	err        error // while reading
}

func (r reply) status() int {
	var n int
	_, _ = fmt.Sscanf(r.head, "HTTP/1.1 %d", &n)
	return n
}

// reply reads one response; method matters for HEAD.
func (v *visitor) reply(method string) reply {
	head, ok := readHead(v.in)
	r := reply{head: head}
	if !ok {
		r.err = io.ErrUnexpectedEOF
		return r
	}
	status := r.status()
	switch {
	case method == "HEAD" || status < 200 || status == 204 || status == 304:
	case value(head, "Transfer-Encoding") != "" || value(head, "Content-Length") != "":
		r.body = wireBody(head, v.in)
	default:
		data, err := io.ReadAll(v.in)
		r.body, r.err = string(data), err
	}
	return r
}

// closed tells whether the router ends the connection now.
func (v *visitor) closed() bool {
	_, err := v.in.ReadByte()
	var timeout net.Error
	return err != nil && (!errors.As(err, &timeout) || !timeout.Timeout())
}

// ask sends raw on a new connection and reads one response.
func (f *front) ask(t *testing.T, raw string) reply {
	t.Helper()
	method, _, _ := strings.Cut(raw, " ")
	return f.dial(t).send(t, raw).reply(method)
}

// get builds a GET request with extra header lines.
func get(path string, lines ...string) string {
	text := "GET " + path + " HTTP/1.1\r\nHost: shop.localhost\r\n"
	for _, l := range lines {
		text += l + "\r\n"
	}
	return text + "\r\n"
}

// post builds a POST request with extra header lines and a body.
func post(content string, lines ...string) string {
	text := "POST /p HTTP/1.1\r\nHost: shop.localhost\r\n"
	for _, l := range lines {
		text += l + "\r\n"
	}
	return text + "\r\n" + content
}

package router

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestRouter_HoldsRequestsWhileADynoStarts(t *testing.T) {
	web := newDyno(t, "web.1", replies(ok2))
	starting := web.Backend
	starting.State = StateStarting
	f := start(t, Options{}, starting)
	visitors := make([]*visitor, 20)
	for i := range visitors {
		visitors[i] = f.dial(t).send(t, post("hello", "Content-Length: 5"))
	}
	eventually(t, "all wait", func() bool { return f.parked.Load() == 20 })
	f.SetFormation(Formation{Web: 1, Released: true, Backends: []Backend{web.Backend}})
	for _, v := range visitors {
		if r := v.reply("POST"); r.status() != 200 {
			t.Errorf("got %q", r.head)
		}
	}
	if n := len(web.requests()); n != 20 {
		t.Errorf("dyno got %d requests", n)
	}
}

func TestRouter_TriesAnotherDynoWhenOneRefuses(t *testing.T) {
	web := newDyno(t, "web.2", replies(ok2))
	f := start(t, quick(), Backend{Dyno: "web.1", Addr: hungUp(t), State: StateUp}, web.Backend)
	for i := range 10 {
		if r := f.ask(t, post("hello", "Content-Length: 5")); r.status() != 200 {
			t.Fatalf("got %q", r.head)
		}
		if e := f.entry(t, i); e.Dyno != "web.2" {
			t.Error(e.Line())
		}
	}
	if len(web.requests()) != 10 {
		t.Errorf("%d requests", len(web.requests()))
	}
	if b := f.formation.Load().backends[0]; b.shunned.Load() == 0 {
		t.Error("web.1 is not in quarantine")
	}
}

func TestRouter_TriesTheOtherLoopback(t *testing.T) {
	web := newDyno(t, "web.1", replies(ok2))
	spec := Backend{Dyno: "web.1", Addr: hungUp(t), Also: []string{web.Addr}, State: StateUp}
	f := start(t, quick(), spec)
	if r := f.ask(t, get("/")); r.status() != 200 {
		t.Errorf("got %q", r.head)
	}
}

func TestRouter_WaitsForADynoThatRefusesForAMoment(t *testing.T) {
	addr := hungUp(t)
	o := quick()
	o.Timeouts.Refused = 10 * time.Second
	f := start(t, o, Backend{Dyno: "web.1", Addr: addr, State: StateUp})
	v := f.dial(t).send(t, post("hello", "Content-Length: 5"))
	eventually(t, "request in flight", func() bool { return f.inFlight.Load() == 1 })
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Skip("somebody took the port:", err)
	}
	defer l.Close()
	var wait sync.WaitGroup
	wait.Go(func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		in := bufio.NewReader(c)
		head, _ := readHead(in)
		wireBody(head, in)
		_, _ = io.WriteString(c, ok2)
	})
	if r := v.reply("POST"); r.status() != 200 {
		t.Errorf("got %q", r.head)
	}
	wait.Wait()
}

func TestRouter_ChoosesAtRandom(t *testing.T) {
	one, two := newDyno(t, "web.1", replies(ok2)), newDyno(t, "web.2", replies(ok2))
	f := start(t, Options{}, one.Backend, two.Backend)
	v := f.dial(t)
	const n = 400
	for range n {
		v.send(t, get("/")).reply("GET")
	}
	if a := len(one.requests()); a < n/4 || a > 3*n/4 {
		t.Errorf("%d of %d went to web.1", a, n)
	}
}

func TestRouter_NeverSendsAPostTwice(t *testing.T) {
	var accepted atomic.Int64
	web := newDyno(t, "web.1", func(d *dyno, c net.Conn, in *bufio.Reader) {
		if head, ok := readHead(in); ok {
			wireBody(head, in)
			accepted.Add(1) // and dies
		}
	})
	f := start(t, quick(), web.Backend)
	const n = 200
	for i := range n {
		if r := f.ask(t, post("hello", "Content-Length: 5")); r.status() != 503 {
			t.Fatalf("got %q", r.head)
		}
		if e := f.entry(t, i); e.Code != "H13" {
			t.Error(e.Line())
		}
	}
	if got := accepted.Load(); got != n {
		t.Errorf("dyno got %d, client sent %d", got, n)
	}
}

func TestRouter_RepeatsAGetOnAKeptConnectionThatWasClosed(t *testing.T) {
	web := newDyno(t, "web.1", func(d *dyno, c net.Conn, in *bufio.Reader) {
		if head, ok := readHead(in); ok {
			d.record(head)
			_, _ = io.WriteString(c, ok2)
		}
		readHead(in) // swallows the second request of the connection and closes
	})
	f := start(t, quick(), web.Backend)
	v := f.dial(t)
	for i := range 5 {
		if r := v.send(t, get("/")).reply("GET"); r.status() != 200 {
			t.Fatalf("request %d: got %q", i, r.head)
		}
	}
	if n := len(web.requests()); n != 5 {
		t.Errorf("dyno answered %d", n)
	}
}

func TestRouter_DrainWaitsForRequestsAndSendsNoMore(t *testing.T) {
	release := make(chan struct{})
	one := newDyno(t, "web.1", func(d *dyno, c net.Conn, in *bufio.Reader) {
		for {
			if _, ok := readHead(in); !ok {
				return
			}
			d.record("request")
			<-release
			_, _ = io.WriteString(c, ok2)
		}
	})
	f := start(t, Options{}, one.Backend)
	first := f.dial(t).send(t, get("/first"))
	eventually(t, "dyno works", func() bool { return len(one.requests()) == 1 })
	drained := make(chan error, 1)
	go func() { drained <- f.Drain(t.Context(), "web.1") }()
	eventually(t, "draining", func() bool { return f.formation.Load().backends[0].draining.Load() })
	second := f.dial(t).send(t, get("/second")) // waits for the successor
	eventually(t, "second waits", func() bool { return f.parked.Load() == 1 })
	select {
	case err := <-drained:
		t.Fatalf("Drain returned %v before the request was done", err)
	default:
	}
	close(release)
	if r := first.reply("GET"); r.status() != 200 {
		t.Errorf("first: %q", r.head)
	}
	if err := <-drained; err != nil {
		t.Errorf("Drain: %v", err)
	}
	starting := one.Backend
	starting.State = StateStarting
	f.SetFormation(Formation{Web: 1, Released: true, Backends: []Backend{starting}})
	f.SetFormation(Formation{Web: 1, Released: true, Backends: []Backend{one.Backend}})
	if r := second.reply("GET"); r.status() != 200 {
		t.Errorf("second: %q", r.head)
	}
}

func TestRouter_DrainEndsWithItsContext(t *testing.T) {
	web := newDyno(t, "web.1", silent)
	f := start(t, Options{}, web.Backend)
	f.dial(t).send(t, get("/"))
	eventually(t, "request in flight", func() bool { return f.formation.Load().backends[0].inFlight.Load() == 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := f.Drain(ctx, "web.1"); err == nil {
		t.Error("no error")
	}
}

func TestRouter_LosesNothingToRestarts(t *testing.T) {
	var served atomic.Int64
	launch := func() *dyno {
		return newDyno(t, "web.1", func(d *dyno, c net.Conn, in *bufio.Reader) {
			for {
				head, ok := readHead(in)
				if !ok {
					return
				}
				content := wireBody(head, in)
				served.Add(1)
				fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(content), content)
			}
		})
	}
	web := launch()
	f := start(t, Options{}, web.Backend)
	ctx, cancel := context.WithCancel(t.Context())
	var visitors sync.WaitGroup
	var asked, lost atomic.Int64
	for i := range 8 {
		visitors.Go(func() {
			v := f.dial(t)
			for ctx.Err() == nil {
				raw := get("/")
				if i%2 == 0 {
					raw = post("hello", "Content-Length: 5")
				}
				asked.Add(1)
				if r := v.send(t, raw).reply("GET"); r.status() != 200 {
					lost.Add(1)
					t.Logf("lost: %q", r.head)
					v = f.dial(t)
				}
			}
		})
	}
	for range 30 {
		before := served.Load()
		eventually(t, "traffic", func() bool { return served.Load() > before+20 })
		if err := f.Drain(ctx, "web.1"); err != nil {
			t.Error(err)
		}
		f.SetFormation(Formation{Web: 1, Released: true, Backends: []Backend{{Dyno: "web.1", Addr: web.Addr, State: StateStarting}}})
		web.close()
		web = launch()
		f.SetFormation(Formation{Web: 1, Released: true, Backends: []Backend{web.Backend}})
	}
	cancel()
	visitors.Wait()
	if lost.Load() > 0 || served.Load() != asked.Load() {
		t.Errorf("%d of %d lost, %d served", lost.Load(), asked.Load(), served.Load())
	}
}

func TestRouter_FinishesRequestsWhenItsContextEnds(t *testing.T) {
	release := make(chan struct{})
	web := newDyno(t, "web.1", func(d *dyno, c net.Conn, in *bufio.Reader) {
		readHead(in)
		d.record("request")
		<-release
		_, _ = io.WriteString(c, ok2)
	})
	f := start(t, Options{}, web.Backend)
	idle := f.dial(t)
	busy := f.dial(t).send(t, get("/"))
	eventually(t, "dyno works", func() bool { return len(web.requests()) == 1 })
	f.stop()
	if !idle.closed() {
		t.Error("the idle connection stays open")
	}
	close(release)
	if r := busy.reply("GET"); r.status() != 200 || value(r.head, "Connection") != "close" {
		t.Errorf("got %q", r.head)
	}
	err := <-f.done
	f.done <- err
	if err != nil {
		t.Error(err)
	}
}

func TestRouter_CutsWhatOutlivesTheDrainTimeout(t *testing.T) {
	f := start(t, Options{DrainTimeout: 50 * time.Millisecond}, newDyno(t, "web.1", silent).Backend)
	f.dial(t).send(t, get("/"))
	eventually(t, "request in flight", func() bool { return f.inFlight.Load() == 1 })
	f.stop()
	if e := f.entry(t, 0); e.Code != "H24" {
		t.Error(e.Line())
	}
}

func TestRouter_PinsSessions(t *testing.T) {
	one, two := newDyno(t, "web.1", replies(ok2)), newDyno(t, "web.2", replies(ok2))
	f := start(t, Options{})
	formation := Formation{Web: 2, Released: true, SessionAffinity: true, Backends: []Backend{one.Backend, two.Backend}}
	f.SetFormation(formation)
	first := f.ask(t, get("/"))
	cookie, attributes, _ := strings.Cut(value(first.head, "Set-Cookie"), ";")
	if !strings.HasPrefix(cookie, "heroku-session-affinity=") || strings.Contains(cookie, "web.") || !strings.Contains(attributes, "Max-Age=86400; Domain=shop.localhost; Path=/") {
		t.Fatalf("cookie %q %q", cookie, attributes)
	}
	pinned := f.entry(t, 0).Dyno
	for i := range 20 {
		r := f.ask(t, get("/", "Cookie: a=b; "+cookie))
		if e := f.entry(t, i+1); e.Dyno != pinned || value(r.head, "Set-Cookie") != "" {
			t.Fatalf("%s\n%s", e.Line(), r.head)
		}
	}
	for _, b := range formation.Backends {
		if b.Dyno != pinned {
			formation.Backends = []Backend{b}
			break
		}
	}
	f.SetFormation(formation)
	if r := f.ask(t, get("/", "Cookie: "+cookie)); r.status() != 200 || value(r.head, "Set-Cookie") == "" {
		t.Errorf("no new cookie after the dyno went: %q", r.head)
	}
}

func TestRouter_TurnsAwayTheSurplusAndRecovers(t *testing.T) {
	f := start(t, Options{Limits: Limits{Connections: 4}}, newDyno(t, "web.1", replies(ok2)).Backend)
	visitors := make([]*visitor, 4)
	for i := range visitors {
		visitors[i] = f.dial(t)
		if r := visitors[i].send(t, get("/")).reply("GET"); r.status() != 200 {
			t.Fatalf("got %q", r.head)
		}
	}
	if r := f.dial(t).reply("GET"); r.status() != 503 {
		t.Errorf("surplus got %q", r.head)
	}
	for _, v := range visitors {
		_ = v.Close()
	}
	eventually(t, "all gone", func() bool { return len(f.everyClient()) == 0 })
	if r := f.ask(t, get("/")); r.status() != 200 {
		t.Errorf("got %q", r.head)
	}
}

func TestRouter_ReportsH34WhenItsAttemptsAreUsedUp(t *testing.T) {
	o := quick()
	o.Limits.ConnectAttempts = 2
	var backends []Backend
	for i := range 4 {
		backends = append(backends, Backend{Dyno: fmt.Sprintf("web.%d", i+1), Addr: hungUp(t), State: StateUp})
	}
	f := start(t, o, backends...)
	if r := f.ask(t, get("/")); r.status() != 503 {
		t.Errorf("got %q", r.head)
	}
	if e := f.entry(t, 0); e.Code != "H34" || e.Desc != "All up dynos are quarantined" {
		t.Error(e.Line())
	}
}

func TestRouter_SeesARestartThatNobodyReported(t *testing.T) {
	web := newDyno(t, "web.1", replies(ok2))
	f := start(t, quick(), web.Backend)
	if r := f.ask(t, get("/")); r.status() != 200 {
		t.Fatalf("got %q", r.head)
	}
	if err := f.Drain(t.Context(), "web.1"); err != nil {
		t.Fatal(err)
	}
	v := f.dial(t).send(t, get("/"))
	eventually(t, "waiting", func() bool { return f.parked.Load() == 1 })
	again := web.Backend
	f.SetFormation(Formation{Web: 1, Released: true, Backends: []Backend{again}}) // says nothing new
	again.Instance = "2"
	f.SetFormation(Formation{Web: 1, Released: true, Backends: []Backend{again}})
	if r := v.reply("GET"); r.status() != 200 {
		t.Errorf("got %q", r.head)
	}
}

func TestRouter_BoundsTheBytesThatWait(t *testing.T) {
	o := quick()
	o.Timeouts.Boot = 20 * time.Second
	o.Limits.BacklogBytes = 10000
	f := start(t, o, Backend{Dyno: "web.1", Addr: "127.0.0.1:1", State: StateStarting})
	f.dial(t).send(t, get("/", "X: "+strings.Repeat("a", 6000)))
	eventually(t, "one waits", func() bool { return f.parked.Load() == 1 })
	if r := f.ask(t, get("/", "X: "+strings.Repeat("a", 6000))); r.status() != 503 || f.entry(t, 0).Code != "H11" {
		t.Errorf("got %q", r.head)
	}
}

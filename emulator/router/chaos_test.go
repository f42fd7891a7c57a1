package router

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// moody answers with the path of the request, in one of several forms, and
// sometimes closes its connection after that.
func moody(d *dyno, c net.Conn, in *bufio.Reader) {
	for {
		head, ok := readHead(in)
		if !ok {
			return
		}
		content := strings.Fields(head)[1] + wireBody(head, in)
		switch rand.IntN(5) {
		case 0:
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(content), content)
		case 1:
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", len(content), content)
			return
		case 2:
			fmt.Fprintf(c, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(content))
			<-time.After(time.Millisecond)
			_, _ = io.WriteString(c, content)
		case 3:
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(content), content)
			return // without saying so
		default:
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(content), content)
		}
	}
}

func TestRouter_NeverMixesUpResponses(t *testing.T) {
	one, two := newDyno(t, "web.1", moody), newDyno(t, "web.2", moody)
	f := start(t, Options{}, one.Backend, two.Backend)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	var visitors sync.WaitGroup
	var asked, answered, failed atomic.Int64
	for n := range 16 {
		visitors.Go(func() {
			v := f.dial(t)
			for i := 0; ctx.Err() == nil; i++ {
				path := fmt.Sprintf("/%d/%d", n, i)
				raw, want := get(path), path
				if rand.IntN(3) == 0 {
					want += strings.Repeat("x", 20000)
					raw = fmt.Sprintf("POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n%s", path, want[len(path):])
				}
				asked.Add(1)
				v.send(t, raw)
				if rand.IntN(10) == 0 { // goes away
					_ = v.Close()
					v = f.dial(t)
					continue
				}
				r := v.reply("GET")
				for r.status() == 103 {
					r = v.reply("GET")
				}
				content := r.body
				if value(r.head, "Transfer-Encoding") != "" {
					_, content, _ = strings.Cut(content, "\r\n")
					content, _, _ = strings.Cut(content, "\r\n")
				}
				switch {
				case r.status() == 200 && content == want:
					answered.Add(1)
				case r.status() == 503 && strings.HasPrefix(raw, "POST"):
					failed.Add(1) // the dyno closed a kept connection: never sent twice
					if value(r.head, "Connection") == "close" {
						v = f.dial(t)
					}
				default:
					t.Errorf("asked for %s, got %q %.40q", path, r.head, content)
					v = f.dial(t)
				}
			}
		})
	}
	visitors.Wait()
	eventually(t, "nothing in flight", func() bool { return f.inFlight.Load() == 0 })
	for _, b := range f.formation.Load().backends {
		if n := b.inFlight.Load(); n != 0 {
			t.Errorf("%s still counts %d requests", b.dyno, n)
		}
	}
	if answered.Load() < 100 || failed.Load() > answered.Load()/10 {
		t.Errorf("%d asked, %d answered, %d failed", asked.Load(), answered.Load(), failed.Load())
	}
	eventually(t, "a report for each", func() bool { return int64(f.reports()) <= asked.Load() && int64(f.reports()) >= answered.Load() })
}

func TestRouter_LetsWaitingRequestsGoWhenItStops(t *testing.T) {
	f := start(t, Options{}, Backend{Dyno: "web.1", Addr: "127.0.0.1:1", State: StateStarting})
	v := f.dial(t).send(t, get("/"))
	eventually(t, "waiting", func() bool { return f.parked.Load() == 1 })
	f.stop()
	if !v.closed() || f.entry(t, 0).Code != "H24" {
		t.Error("still waiting")
	}
}

package emulator

import (
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/emulator/problem"
)

func TestFault_24_TakenPortNamesItsHolder(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	_, err = routerListeners(t.Context(), port, 0)
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != "R001" {
		t.Fatalf("got %v", err)
	}
	if text := p.Text(nil); !strings.Contains(text, "pid ") || !strings.Contains(text, "emulator.test") {
		t.Errorf("the holder is not named:\n%s", text)
	}
}

func TestRouterListeners_TakeTheNextFreePair(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	recorded := taken.Addr().(*net.TCPAddr).Port
	listeners, err := routerListeners(t.Context(), 0, recorded)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range listeners {
		t.Cleanup(func() { l.Close() })
		if got := l.Addr().(*net.TCPAddr); got.Port == recorded || !got.IP.IsLoopback() {
			t.Errorf("listening on %v", got)
		}
	}
}

func TestFreePort_PrefersTheOneAskedFor(t *testing.T) {
	port, err := freePort(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := freePort(t.Context(), port); err != nil || again != port {
		t.Errorf("got %d, %v, want %d", again, err, port)
	}
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", itoa(port)))
	if err != nil {
		t.Skip("somebody took the port meanwhile")
	}
	defer l.Close()
	if other, err := freePort(t.Context(), port); err != nil || other == port {
		t.Errorf("got %d, %v", other, err)
	}
}

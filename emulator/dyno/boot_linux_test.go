package dyno

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestDyno_R10NamesThePortItListensOnInstead(t *testing.T) {
	port, other := freePort(t), freePort(t)
	spec := part("web.1", "listen 127.0.0.1:"+strconv.Itoa(other))
	spec.Port, spec.BootTimeout, spec.HintAfter = port, 3*time.Second, 100*time.Millisecond
	spec.Policy, spec.Command = PolicyNever, "app"
	r := run(t, startSentinel(t), spec)
	exit := r.wait(t)
	if exit.Status() != 137 || exit.Problem == nil {
		t.Fatalf("exit %+v", exit)
	}
	wantLines(t, r.lines(),
		"Starting process with command `app`",
		"Error R10 (Boot timeout) -> Web process failed to bind to $PORT within 3 seconds of launch",
		"Stopping process with SIGKILL",
		"Process exited with status 137",
		"State changed from starting to complete",
	)
	for _, kind := range []Kind{KindWrongPort, KindBootTimeout} {
		e, ok := r.first(kind)
		if !ok || len(e.Listeners) != 1 || int(e.Listeners[0].Addr.Port()) != other || e.Listeners[0].PID != e.PID {
			t.Errorf("%s: %+v", kind, e)
			continue
		}
		if text := e.Problem.Text(nil); !strings.Contains(text, "it listens on "+strconv.Itoa(other)+" instead (pid ") {
			t.Errorf("%s: %s", kind, text)
		}
	}
	if n := r.count(KindWrongPort); n != 1 {
		t.Errorf("%d hints", n)
	}
}

func TestListeners_FindsOurOwnSockets(t *testing.T) {
	var want []string
	for _, address := range []string{"127.0.0.1:0", "[::1]:0", "0.0.0.0:0"} {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Logf("%s: %v", address, err)
			continue
		}
		t.Cleanup(func() { _ = listener.Close() })
		want = append(want, listener.Addr().String())
	}
	var got []string
	for _, l := range Listeners([]int{os.Getpid()}) {
		got = append(got, strings.Replace(l.Addr.String(), "0.0.0.0", "[::]", 1))
	}
	for _, address := range want {
		if !strings.Contains(strings.Join(got, " "), strings.Replace(address, "0.0.0.0", "[::]", 1)) {
			t.Errorf("%s is not among %v", address, got)
		}
	}
	if none := Listeners([]int{1 << 30}); none != nil {
		t.Errorf("listeners of nobody: %v", none)
	}
}

func FuzzMatchListeners_NeverPanics(f *testing.F) {
	f.Add("  0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 12345 1 0 100 0 0 10 0\n")
	f.Add("0: 00000000000000000000000001000000:1388 x 0A a b c d e 1\n")
	f.Fuzz(func(t *testing.T, table string) {
		for _, l := range matchListeners(table, map[string]int{"12345": 1, "1": 2}) {
			if !l.Addr.Addr().IsValid() {
				t.Errorf("%v", l)
			}
		}
	})
}

func TestDyno_PortOfAnotherDynoIsNotItsOwn(t *testing.T) {
	guard := startSentinel(t)
	port := freePort(t)
	first := part("web.1", fmt.Sprintf("listen 127.0.0.1:%d", port))
	first.Port = port
	one := run(t, guard, first)
	eventually(t, "the first is up", func() bool { return one.Status().State == Up })
	second := shell("web.2", "sleep 100")
	second.Port, second.BootTimeout, second.Policy = port, 300*time.Millisecond, PolicyNever
	two := run(t, guard, second)
	eventually(t, "the second runs into R10", func() bool { return two.count(KindBootTimeout) > 0 })
	if two.became(Up) {
		t.Error("a port that another dyno holds made it up")
	}
}

// Processes end while they are looked at; the others must be seen all the same.
func TestListeners_SeeTheOthersWhenOneHasEnded(t *testing.T) {
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	want := listener.Addr().(*net.TCPAddr).AddrPort()
	found := Listeners([]int{ended.Process.Pid, os.Getpid()})
	if !slices.ContainsFunc(found, func(l Listener) bool { return l.Addr.Port() == want.Port() }) {
		t.Errorf("%v is not among %v", want, found)
	}
}

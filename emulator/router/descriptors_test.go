//go:build unix

package router

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// runRouter is the child's main. It serves until its standard input ends.
func runRouter(dyno string) int {
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 256, Max: 256}); err != nil {
		fmt.Fprintln(os.Stdout, err)
		return 1
	}
	r := New(Options{})
	r.SetFormation(Formation{Web: 1, Released: true, Backends: []Backend{{Dyno: "web.1", Addr: dyno, State: StateUp}}})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stdout, err)
		return 1
	}
	fmt.Fprintln(os.Stdout, l.Addr())
	ctx, stop := context.WithCancel(context.Background())
	go func() { // until the parent closes the pipe
		_, _ = os.Stdin.Read(make([]byte, 1))
		stop()
	}()
	if err := r.Serve(ctx, l); err != nil {
		fmt.Fprintln(os.Stdout, err)
		return 1
	}
	return 0
}

func TestRouter_SurvivesDescriptorExhaustion(t *testing.T) {
	web := newDyno(t, "web.1", replies(ok2))
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), playRouter+"="+web.Addr)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	f := &front{addr: strings.TrimSpace(line)}
	if err != nil || !strings.HasPrefix(f.addr, "127.0.0.1:") {
		t.Fatalf("child says %q %v", line, err)
	}
	var served, refused, lost int
	visitors := make([]*visitor, 400)
	for i := range visitors {
		visitors[i] = f.dial(t)
	}
	for _, v := range visitors {
		v.send(t, get("/"))
		switch v.reply("GET").status() {
		case 200:
			served++
		case 503:
			refused++
		default:
			lost++
		}
	}
	if served < 16 || refused == 0 || lost > 0 {
		t.Errorf("%d served, %d refused, %d without answer", served, refused, lost)
	}
	for _, v := range visitors {
		_ = v.Close()
	}
	eventually(t, "the router serves again", func() bool { return f.ask(t, get("/")).status() == 200 })
	_ = stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// fullListener returns an address whose connections are never completed: its
// queue is full.
func fullListener(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr := fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
	for range 64 {
		c, err := net.DialTimeout("tcp", addr, 200*time.Millisecond)
		if err != nil {
			return addr
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	t.Skip("this system completes connections beyond the queue")
	return ""
}

func TestRouter_ReportsH19WhenConnectingTimesOut(t *testing.T) {
	f := start(t, quick(), Backend{Dyno: "web.1", Addr: fullListener(t), State: StateUp})
	if r := f.ask(t, get("/")); r.status() != 503 {
		t.Errorf("got %q", r.head)
	}
	if e := f.entry(t, 0); e.Code != "H19" || e.Dyno != "web.1" || e.Connect < 300*time.Millisecond || e.Service >= 0 {
		t.Error(e.Line())
	}
}

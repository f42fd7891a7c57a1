//go:build unix

package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// appWeb is a well-behaved web process: it listens on $PORT and shows what it
// was given.
func appWeb() {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(os.Stdout, "asked for %s\n", r.URL.Path)
		_, _ = fmt.Fprintf(w, "hello from %s\n", r.URL.Path)
	})
	mux.HandleFunc("/env/{name}", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, os.Getenv(r.PathValue("name"))+"\n")
	})
	fmt.Fprintln(os.Stdout, "web is about to listen")
	serveApp(net.JoinHostPort("127.0.0.1", os.Getenv("PORT")), mux)
}

// serveApp serves until SIGTERM.
func serveApp(addr string, handler http.Handler) {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go func() {
		<-stop
		fmt.Fprintln(os.Stdout, "web says goodbye")
		os.Exit(0)
	}()
	_ = http.Serve(ln, handler)
}

// appWrongPort ignores $PORT.
func appWrongPort() {
	serveApp("127.0.0.1:0", http.NotFoundHandler())
}

// appIPv6 listens on ::1 only.
func appIPv6() {
	serveApp(net.JoinHostPort("::1", os.Getenv("PORT")), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello over IPv6\n")
	}))
}

// appCrash ends at once and says why.
func appCrash() {
	fmt.Fprintln(os.Stdout, "LoadError: cannot load such file -- bundler/setup")
	os.Exit(3)
}

// appWorker waits to be stopped; a word given is said once.
func appWorker() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	fmt.Fprintln(os.Stdout, "worker "+strings.Join(os.Args[1:], " "))
	<-stop
	fmt.Fprintln(os.Stdout, "worker says goodbye")
}

// appStubborn does not react to SIGTERM.
func appStubborn() {
	signal.Ignore(syscall.SIGTERM)
	fmt.Fprintln(os.Stdout, "never give up")
	time.Sleep(time.Hour) //nolint:forbidigo // it is a process that has to be killed
}

// appUnfinished writes a last line without a line end when it is stopped.
func appUnfinished() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	fmt.Fprintln(os.Stdout, "ready")
	<-stop
	fmt.Fprint(os.Stdout, "no line end here")
}

// appPortHolder holds a free port and writes its number to a file.
func appPortHolder() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		err = os.WriteFile(os.Args[1], []byte(fmt.Sprint(ln.Addr().(*net.TCPAddr).Port)), 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	time.Sleep(time.Hour) //nolint:forbidigo // it is killed by the script
}

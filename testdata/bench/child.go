package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// childArgument makes this program play a process of the measured app:
//
//	bench __child ADDRESS DIR
//
// It reports to ADDRESS that it runs, serves $PORT if there is one, and notes
// in DIR when it is about to end.
const childArgument = "__child"

func runChild(args []string, stdout io.Writer) int {
	if len(args) != 2 {
		return 2
	}
	address, dir := args[0], args[1]
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if port := os.Getenv("PORT"); port != "" {
		listener, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			fmt.Fprintln(stdout, err)
			return 1
		}
		go func() {
			_ = http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, "ok")
			}))
		}() // ends with the process
	}
	if conn, err := net.Dial("tcp", address); err == nil {
		defer conn.Close()
	}
	fmt.Fprintln(stdout, "running")
	<-ctx.Done()
	note := filepath.Join(dir, strconv.Itoa(os.Getpid()))
	if err := os.WriteFile(note, []byte(strconv.FormatInt(time.Now().UnixNano(), 10)), 0o600); err != nil {
		return 1
	}
	return 0
}

// lastEnd is when the last child of a run noted its end; the notes are removed.
func lastEnd(dir string) (time.Time, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return time.Time{}, err
	}
	var last int64
	for _, entry := range entries {
		file := filepath.Join(dir, entry.Name())
		data, err := os.ReadFile(file)
		if err != nil {
			return time.Time{}, err
		}
		at, err := strconv.ParseInt(string(data), 10, 64)
		if err != nil {
			return time.Time{}, err
		}
		last = max(last, at)
		if err := os.Remove(file); err != nil {
			return time.Time{}, err
		}
	}
	if last == 0 {
		return time.Time{}, fmt.Errorf("no child noted its end in %s", dir)
	}
	return time.Unix(0, last), nil
}

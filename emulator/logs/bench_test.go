package logs

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"testing"
	"time"
)

// benchmarkFlood runs a child that writes 100-byte lines through a pipe, the hub
// with ring files, and a text sink to w.
func benchmarkFlood(b *testing.B, w io.Writer) {
	b.Helper()
	h := New(Options{Dir: b.TempDir()})
	if err := h.Start(); err != nil {
		b.Fatal(err)
	}
	sink := NewSink(w, NewText(TextOptions{}), SinkOptions{})
	sink.Start(h)
	b.SetBytes(100)
	b.ResetTimer()
	begin := time.Now()
	cmd, p := start(b, h, fmt.Sprintf("flood:%d", 100*b.N))
	if err := cmd.Wait(); err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	if err := p.Finish(ctx); err != nil {
		b.Fatal(err)
	}
	if err := sink.Close(ctx); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/time.Since(begin).Seconds()/1e6, "Mlines/s")
	b.StopTimer()
	if err := h.Close(ctx); err != nil {
		b.Fatal(err)
	}
	st, ss := h.Stats(), sink.Stats()
	if st.In != uint64(b.N) || ss.Dropped > 0 || st.Dropped > 0 {
		b.Errorf("%d lines: %+v %+v", b.N, st, ss)
	}
	b.ReportMetric(rss(), "RSS-MB")
}

// rss is the resident memory in MB, 0 where it cannot be told.
func rss() float64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, resident float64
	_, _ = fmt.Fscan(bytes.NewReader(text), &size, &resident)
	return resident * float64(os.Getpagesize()) / 1e6
}

func BenchmarkFlood_ToNull(b *testing.B) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	benchmarkFlood(b, null)
}

func BenchmarkFlood_ToPipe(b *testing.B) {
	r, w, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 256<<10)
		for {
			if _, err := r.Read(buf); err != nil {
				return
			}
		}
	}()
	benchmarkFlood(b, w)
	_ = w.Close()
	<-done
	_ = r.Close()
}

func BenchmarkText_Format(b *testing.B) {
	f := NewText(TextOptions{})
	line := Line{Process: "web.1", Time: time.Now(), Text: bytes.Repeat([]byte("x"), 100)}
	var out []byte
	for b.Loop() {
		out = f.Format(out[:0], &line)
	}
	runtime.KeepAlive(out)
}

func BenchmarkJSON_Format(b *testing.B) {
	f := NewJSON()
	line := Line{Process: "web.1", Time: time.Now(), Text: bytes.Repeat([]byte("x"), 100)}
	var out []byte
	for b.Loop() {
		out = f.Format(out[:0], &line)
	}
	runtime.KeepAlive(out)
}

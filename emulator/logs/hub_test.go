package logs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestPipe_KeepsLastLineWithoutNewline(t *testing.T) {
	h := newHub(t, Options{})
	cmd, p := start(t, h, "unfinished")
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := p.Finish(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	equal(t, "lines", texts(h.Tail(10, Filter{})), []string{"first", "last without end"})
}

func TestPipe_LosesNothingWrittenJustBeforeExit(t *testing.T) {
	rounds := 20
	if slow {
		rounds = 4
	}
	for range rounds {
		h := newHub(t, Options{})
		out, err := h.Pipe(App, "web.1", Stdout)
		if err != nil {
			t.Fatal(err)
		}
		errs, err := h.Pipe(App, "web.1", Stderr)
		if err != nil {
			t.Fatal(err)
		}
		cmd := childCommand("both:300")
		cmd.Stdout, cmd.Stderr = out.File(), errs.File()
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		for _, p := range []*Pipe{out, errs} {
			if err := p.Finish(within(t, 10*time.Second)); err != nil {
				t.Fatal(err)
			}
		}
		next := map[Stream]int{}
		for _, l := range h.Tail(1000, Filter{}) {
			word := map[Stream]string{Stdout: "out", Stderr: "err"}[l.Stream]
			if want := fmt.Sprintf("%s %d", word, next[l.Stream]); string(l.Text) != want {
				t.Fatalf("got %q, want %q", l.Text, want)
			}
			next[l.Stream]++
		}
		if next[Stdout] != 300 || next[Stderr] != 300 {
			t.Fatalf("%v lines", next)
		}
	}
}

func TestPipe_SharedByStdoutAndStderrKeepsTheOrder(t *testing.T) {
	h := newHub(t, Options{})
	cmd, p := start(t, h, "both:300")
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := p.Finish(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	for i, l := range h.Tail(1000, Filter{}) {
		if want := fmt.Sprintf("%s %d", []string{"out", "err"}[i%2], i/2); string(l.Text) != want {
			t.Fatalf("line %d is %q, want %q", i, l.Text, want)
		}
	}
}

func TestHub_NumbersLinesOfEightWritersInOrderWithoutHoles(t *testing.T) {
	const writers = 8
	each := 20000
	if slow {
		each = 3000
	}
	dir := t.TempDir()
	h := newHub(t, Options{Dir: dir})
	out := &gate{}
	sink := NewSink(out, NewJSON(), SinkOptions{})
	sink.Start(h)
	var group sync.WaitGroup
	for n := range writers {
		group.Go(func() {
			w := h.Writer(App, fmt.Sprintf("web.%d", n))
			defer w.Close()
			for i := range each {
				fmt.Fprintf(w, "%d", i)
				_, _ = io.WriteString(w, "\n")
			}
		})
	}
	group.Wait()
	if err := sink.Close(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	closeHub(t, h)
	next := map[string]int{}
	lines := stored(t, dir)
	for i, l := range lines {
		if l.Seq != uint64(i+1) || string(l.Text) != fmt.Sprint(next[l.Process]) {
			t.Fatalf("line %d has number %d and text %q of %s, want %d", i+1, l.Seq, l.Text, l.Process, next[l.Process])
		}
		next[l.Process]++
	}
	if len(lines) != writers*each || strings.Count(out.String(), "\n") != writers*each {
		t.Errorf("%d lines stored, %d written", len(lines), strings.Count(out.String(), "\n"))
	}
}

func TestHub_KeepsBlankLinesAndDropsLineEnds(t *testing.T) {
	h := newHub(t, Options{})
	w := h.Writer(AddOn, "postgres")
	_, _ = io.WriteString(w, "one\r\n\n\r\ntwo\r\r\nthr")
	_, _ = io.WriteString(w, "ee")
	_ = w.Close()
	if _, err := w.Write([]byte("x")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("write after close: %v", err)
	}
	h.Log(Inshore, "inshore", "")
	h.Log(Inshore, "inshore", "a\nb")
	equal(t, "lines", texts(h.Tail(10, Filter{})), []string{"one", "", "", "two\r", "three", "", "a", "b"})
	if st := h.Stats(); st.In != 8 || st.Stored != 8 || st.Dropped != 0 || st.Pending != 0 {
		t.Errorf("stats %+v", st)
	}
}

func TestSplitter_CutsBetweenCharacters(t *testing.T) {
	h := newHub(t, Options{})
	text := "a" + strings.Repeat("é", MaxLine)
	h.Log(App, "web.1", text+"\n"+strings.Repeat("b", MaxLine))
	var back bytes.Buffer
	for _, l := range h.Tail(10, Filter{}) {
		if bytes.ContainsRune([]byte(strings.ToValidUTF8(string(l.Text), "\uFFFD")), '\uFFFD') {
			t.Error("a character was cut")
		}
		back.Write(l.Text)
		if !l.Continued {
			back.WriteByte('\n')
		}
	}
	if back.String() != text+"\n"+strings.Repeat("b", MaxLine)+"\n" {
		t.Error("the pieces do not make the line")
	}
}

func TestHub_LastLinesOfAQuietProcessSurviveAFlood(t *testing.T) {
	h := newHub(t, Options{MemoryBytes: 1})
	for i := range 100 {
		h.Logf(App, "worker.1", "quiet %d", i)
	}
	h.Log(Heroku, "worker.1", "State changed from up to crashed")
	flood := strings.Repeat(strings.Repeat("x", 99)+"\n", 640)
	for range 100 {
		h.Log(App, "web.1", flood)
	}
	equal(t, "last lines", texts(h.LastLines("worker.1", 3)), []string{"quiet 98", "quiet 99", "State changed from up to crashed"})
	if n := len(h.LastLines("worker.1", 1000)); n != 101 {
		t.Errorf("%d lines", n)
	}
	if n := len(h.LastLines("web.1", 20)); n != 20 {
		t.Errorf("%d lines of web.1", n)
	}
	h.Log(App, "web.1", strings.Repeat("y", 60000))
	if last := h.LastLines("web.1", 1); len(last) != 1 || len(last[0].Text) != tailPiece-1 {
		t.Errorf("last lines %d", len(last))
	}
	if h.LastLines("nobody", 3) != nil {
		t.Error("lines of nobody")
	}
	if n := len(h.Tail(10, Filter{Processes: []string{"worker"}})); n != 0 {
		t.Errorf("%d lines of worker.1 are still in memory", n)
	}
}

func TestSubscription_GivesBacklogThenFollowsWithoutHole(t *testing.T) {
	h := newHub(t, Options{})
	for i := range 10 {
		h.Logf(App, fmt.Sprintf("web.%d", i%2+1), "line %d", i)
	}
	s := h.Subscribe(Filter{Processes: []string{"web.2"}}, SubscribeOptions{Backlog: 2})
	defer s.Close()
	after := h.Subscribe(Filter{}, SubscribeOptions{After: 8})
	defer after.Close()
	fresh := h.Subscribe(Filter{}, SubscribeOptions{})
	defer fresh.Close()
	h.Log(App, "web.2", "line 10")
	var got []string
	for len(got) < 3 {
		batch, gap, err := s.Next(within(t, 10*time.Second))
		if err != nil || gap != 0 {
			t.Fatal(gap, err)
		}
		got = append(got, texts(batch)...)
	}
	equal(t, "backlog", got, []string{"line 7", "line 9", "line 10"})
	batch, _, _ := after.Next(within(t, 10*time.Second))
	equal(t, "after", texts(batch), []string{"line 8", "line 9", "line 10"})
	batch, _, _ = fresh.Next(within(t, 10*time.Second))
	equal(t, "fresh", texts(batch), []string{"line 10"})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := s.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	h.Log(App, "web.2", "the end")
	closeHub(t, h)
	batch, _, err := s.Next(context.Background())
	equal(t, "rest", texts(batch), []string{"the end"})
	if err != nil {
		t.Error(err)
	}
	if _, _, err = s.Next(context.Background()); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v", err)
	}
}

func TestSubscription_SlowOneLosesExactlyWhatItIsTold(t *testing.T) {
	h := newHub(t, Options{MemoryBytes: 1})
	s := h.Subscribe(Filter{}, SubscribeOptions{MaxBatch: 100})
	defer s.Close()
	read, lost, last := uint64(0), uint64(0), uint64(0)
	drain := func(batches int) {
		for range batches {
			batch, gap, err := s.Next(within(t, 10*time.Second))
			if err != nil {
				t.Fatal(err)
			}
			lost += gap
			read += uint64(len(batch))
			if len(batch) > 0 {
				if batch[0].Seq != last+gap+1 {
					t.Fatalf("gap of %d between %d and %d", gap, last, batch[0].Seq)
				}
				last = batch[len(batch)-1].Seq
			} else {
				last += gap
			}
		}
	}
	block := strings.Repeat(strings.Repeat("z", 49)+"\n", 1000)
	for range 10 {
		for range 30 {
			h.Log(App, "web.1", block)
		}
		drain(3)
	}
	h.Log(App, "web.1", "last")
	for last < h.Stats().In {
		drain(1)
	}
	if lost == 0 || read+lost != 300001 {
		t.Errorf("read %d + lost %d", read, lost)
	}
}

func TestSubscription_AfterAForgottenLineTellsTheGap(t *testing.T) {
	h := newHub(t, Options{MemoryBytes: 1})
	for range 100 {
		h.Log(App, "web.1", strings.Repeat("0123456789\n", 5000))
	}
	s := h.Subscribe(Filter{}, SubscribeOptions{After: 10})
	defer s.Close()
	batch, gap, err := s.Next(within(t, 10*time.Second))
	if err != nil || len(batch) == 0 || batch[0].Seq != 10+gap+1 {
		t.Errorf("gap %d before %d lines, %v", gap, len(batch), err)
	}
}

func TestSubscription_CloseEndsAWaitingNext(t *testing.T) {
	h := newHub(t, Options{})
	s := h.Subscribe(Filter{}, SubscribeOptions{})
	done := make(chan error)
	go func() {
		_, _, err := s.Next(context.Background())
		done <- err
	}()
	s.Close()
	s.Close()
	if err := <-done; !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

func TestSink_SlowerThanProducersLosesNothing(t *testing.T) {
	h := newHub(t, Options{MemoryBytes: 1, MaxStall: time.Minute})
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	sink := NewSink(w, NewText(TextOptions{}), SinkOptions{})
	sink.Start(h)
	lines := make(chan int)
	go func() { // a reader of small pieces that lets others go first
		n := 0
		buf := make([]byte, 2000)
		for {
			m, err := r.Read(buf)
			n += bytes.Count(buf[:m], newline)
			if err != nil {
				lines <- n
				return
			}
		}
	}()
	cmd, p := start(t, h, "flood:5000000")
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := p.Finish(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := sink.Close(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	if n := <-lines; n != 50000 || sink.Stats().Dropped != 0 {
		t.Errorf("%d lines, %+v", n, sink.Stats())
	}
	_ = r.Close()
}

func TestSink_EndsWithTheErrorOfItsWriter(t *testing.T) {
	h := newHub(t, Options{})
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	defer w.Close()
	sink := NewSink(w, NewText(TextOptions{}), SinkOptions{})
	sink.Start(h)
	h.Log(App, "web.1", "nobody reads this")
	<-sink.Done()
	if sink.Err() == nil || sink.Close(within(t, time.Second)) == nil {
		t.Error("no error")
	}
}

func TestSink_CloseGivesUpWithItsContext(t *testing.T) {
	h := newHub(t, Options{})
	out := &gate{}
	out.shut.Lock()
	sink := NewSink(out, NewText(TextOptions{}), SinkOptions{})
	sink.Start(h)
	h.Log(App, "web.1", "stuck")
	if err := sink.Close(within(t, 20*time.Millisecond)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("close: %v", err)
	}
	out.shut.Unlock()
	if err := sink.Close(within(t, 10*time.Second)); err != nil || !strings.HasSuffix(out.String(), "web.1    | stuck\n") {
		t.Errorf("close: %v, %q", err, out.String())
	}
}

func TestSink_FiltersAndCounts(t *testing.T) {
	h := newHub(t, Options{})
	out := &gate{}
	sink := NewSink(out, NewText(TextOptions{Timestamps: NoTimestamps}), SinkOptions{Filter: Filter{Sources: []Source{Router}}})
	h.Log(App, "web.1", "a\nb")
	h.Log(Router, "router", "GET / 200")
	sink.Start(h)
	if err := sink.Close(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	equal(t, "text", out.String(), "router   | GET / 200\n")
	equal(t, "stats", fmt.Sprint(sink.Stats()), "{1 2 0}")
}

func TestHub_TakesNothingAfterClose(t *testing.T) {
	h := New(Options{})
	w := h.Writer(App, "web.1")
	closeHub(t, h)
	closeHub(t, h)
	h.Log(App, "web.1", "late")
	if _, err := w.Write([]byte("late\n")); !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
	if st := h.Stats(); st.In != 0 {
		t.Errorf("stats %+v", st)
	}
}

func TestHub_HistoryGoesOnInTheRingFiles(t *testing.T) {
	h := newHub(t, Options{MemoryBytes: 1, Dir: t.TempDir()})
	for i := range 10 {
		h.Logf(App, "worker.1", "old %d", i)
	}
	for range 20 {
		h.Log(App, "web.1", strings.Repeat(strings.Repeat("x", 99)+"\n", 600))
	}
	h.Log(App, "worker.1", "new")
	f := Filter{Processes: []string{"worker"}}
	equal(t, "memory", texts(h.Tail(3, f)), []string{"new"})
	lines, err := h.History(3, f)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "history", texts(lines), []string{"old 8", "old 9", "new"})
	if lines, _ := h.History(20000, Filter{}); len(lines) != 12011 || lines[0].Seq != 1 {
		t.Errorf("%d lines", len(lines))
	}
}

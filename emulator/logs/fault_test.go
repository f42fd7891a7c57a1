package logs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestFault_10_ChildClosesItsOutputAndLivesOn(t *testing.T) {
	h := newHub(t, Options{})
	p, err := h.Pipe(App, "web.1", None)
	if err != nil {
		t.Fatal(err)
	}
	cmd := childCommand("close")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = p.File(), p.File()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = p.Started()
	// The reader ends at once: nothing is left that could loop over EOF.
	eventually(t, "reader sees the end", func() bool {
		select {
		case <-p.Done():
			return true
		default:
			return false
		}
	})
	if cmd.ProcessState != nil {
		t.Error("the child must still run")
	}
	equal(t, "lines", texts(h.Tail(10, Filter{})), []string{"closing"})
	_ = in.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if err := p.Finish(within(t, 10*time.Second)); err != nil {
		t.Error(err)
	}
}

func TestFault_11_GrandchildHoldsThePipe(t *testing.T) {
	h := newHub(t, Options{})
	p, err := h.Pipe(App, "web.1", None)
	if err != nil {
		t.Fatal(err)
	}
	cmd := childCommand("holder")
	r, w, err := os.Pipe() // the grandchild ends when w is closed
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	defer r.Close()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = r, p.File(), p.File()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = p.Started()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if err := p.Finish(within(t, 200*time.Millisecond)); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("Finish took %v", took)
	}
	equal(t, "lines", texts(h.Tail(10, Filter{})), []string{"leader says goodbye"})
}

func TestFault_11_FinishTakesWhatIsInThePipe(t *testing.T) {
	h := newHub(t, Options{})
	for i := range 50 {
		p, err := h.Pipe(App, fmt.Sprintf("run.%d", i), None)
		if err != nil {
			t.Fatal(err)
		}
		holder := p.File() // never closed before Finish: a grandchild's copy
		want := strings.Repeat("x\n", 20000)
		if _, err := io.WriteString(holder, want); err != nil {
			t.Fatal(err)
		}
		ctx := within(t, 0)
		// Finish closes our write end too, so take its part one by one.
		if err := p.r.SetReadDeadline(time.Now()); err != nil {
			t.Fatal(err)
		}
		<-p.Done()
		if err := p.Finish(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.Stats().In; got != 50*20000 {
		t.Errorf("%d lines arrived, want %d", got, 50*20000)
	}
}

func TestFault_12_FloodIsCountedExactlyWithFlatMemory(t *testing.T) {
	size := 200 << 20
	if testing.Short() || slow {
		size = 20 << 20
	}
	dir := t.TempDir()
	h := newHub(t, Options{Dir: dir, RingBytes: 16 << 20})
	out := &countWriter{}
	sink := NewSink(out, NewText(TextOptions{}), SinkOptions{})
	sink.Start(h)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cmd, p := start(t, h, fmt.Sprintf("flood:%d", size))
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := p.Finish(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := sink.Close(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 32<<20 {
		t.Errorf("heap grew by %d MB", grown>>20)
	}
	closeHub(t, h)
	st := h.Stats()
	want := uint64(size / 100)
	if size%100 != 0 {
		want++
	}
	if st.In != want || st.Stored+st.Dropped != st.In || st.Pending != 0 {
		t.Errorf("in %d (want %d), stored %d, dropped %d, pending %d", st.In, want, st.Stored, st.Dropped, st.Pending)
	}
	ss := sink.Stats()
	if ss.Written+ss.Dropped != st.In || out.lines < ss.Written {
		t.Errorf("sink wrote %d (%d line ends) and dropped %d of %d", ss.Written, out.lines, ss.Dropped, st.In)
	}
	runs, err := Runs(dir)
	if err != nil || len(runs) != 1 || runs[0].Bytes > 16<<20 {
		t.Errorf("runs %+v, %v", runs, err)
	}
	lines := stored(t, dir)
	for i := 1; i < len(lines); i++ {
		if lines[i].Seq != lines[i-1].Seq+1 {
			t.Fatalf("hole between %d and %d", lines[i-1].Seq, lines[i].Seq)
		}
	}
	if last := lines[len(lines)-1].Seq; last != want {
		t.Errorf("last stored line is %d, want %d", last, want)
	}
}

func TestFault_12_StuckTerminalNeitherBlocksTheChildNorLosesCount(t *testing.T) {
	h := newHub(t, Options{MemoryBytes: 1 << 20, MaxStall: 50 * time.Millisecond})
	out := &gate{}
	sink := NewSink(out, NewText(TextOptions{NoPrefix: true, Timestamps: NoTimestamps}), SinkOptions{})
	sink.Start(h)
	out.shut.Lock()
	cmd, p := start(t, h, "flood:20000000")
	if err := cmd.Wait(); err != nil { // ends although nothing can be written
		t.Fatal(err)
	}
	out.shut.Unlock()
	if err := p.Finish(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	h.Log(Inshore, "inshore", "the end")
	if err := sink.Close(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	ss := sink.Stats()
	if ss.Dropped == 0 || ss.Written+ss.Dropped != h.Stats().In || h.Stats().In != 200001 {
		t.Errorf("written %d + dropped %d of %d", ss.Written, ss.Dropped, h.Stats().In)
	}
	text := out.String()
	if !strings.HasSuffix(text, "the end\n") {
		t.Error("the last line is missing")
	}
	markers, told := 0, uint64(0)
	for line := range strings.Lines(text) {
		var n uint64
		if _, err := fmt.Sscanf(line, "... %d lines not shown", &n); err == nil {
			markers++
			told += n
		}
	}
	if markers == 0 || told != ss.Dropped {
		t.Errorf("%d markers tell of %d lines, dropped %d", markers, told, ss.Dropped)
	}
}

func TestFault_13_LongLineIsCutAndTheNextOneArrives(t *testing.T) {
	const size = 10 << 20
	dir := t.TempDir()
	h := newHub(t, Options{Dir: dir})
	cmd, p := start(t, h, fmt.Sprintf("long:%d", size))
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := p.Finish(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	closeHub(t, h)
	lines := stored(t, dir)
	total := 0
	for i, l := range lines[:len(lines)-1] {
		total += len(l.Text)
		if last := i == len(lines)-2; l.Continued == last || len(l.Text) > MaxLine {
			t.Errorf("piece %d of %d: %d bytes, continued %v", i, len(lines), len(l.Text), l.Continued)
		}
	}
	if total != size || len(lines)-1 != size/MaxLine {
		t.Errorf("%d bytes in %d pieces", total, len(lines)-1)
	}
	if last := lines[len(lines)-1]; string(last.Text) != "after" || last.Continued {
		t.Errorf("last line %.20q", last.Text)
	}
}

func TestFault_14_BinaryIsKeptRawShownSafelyAndValidJSON(t *testing.T) {
	dir := t.TempDir()
	h := newHub(t, Options{Dir: dir})
	random := rand.NewChaCha8([32]byte{1})
	raw := make([]byte, 1<<20)
	_, _ = random.Read(raw)
	raw = append(raw, "\n\x1b]0;title\a\x1b[2J\x00 \xff \u009b31m \x1b[31mred\n"...)
	p, err := h.Pipe(App, "web.1", Stdout)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.File().Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := p.Finish(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	var text, colored, ndjson, heroku bytes.Buffer
	for w, f := range map[*bytes.Buffer]Formatter{
		&text: NewText(TextOptions{}), &ndjson: NewJSON(), &heroku: NewHeroku(nil),
		&colored: NewText(TextOptions{Paint: func(_, s string) string { return s }}),
	} {
		sink := NewSink(w, f, SinkOptions{})
		sink.Start(h)
		if err := sink.Close(within(t, 10*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	closeHub(t, h)
	var back []byte
	for _, l := range stored(t, dir) {
		back = append(back, l.Text...)
		if !l.Continued {
			back = append(back, '\n')
		}
	}
	if want := bytes.ReplaceAll(raw, []byte("\r\n"), newline); !bytes.Equal(back, want) {
		t.Errorf("the stored bytes differ: %d and %d", len(back), len(want))
	}
	for name, b := range map[string][]byte{"text": text.Bytes(), "heroku": heroku.Bytes()} {
		if i := bytes.IndexFunc(b, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 }); i >= 0 {
			t.Errorf("%s has a control byte: %q", name, b[i:min(i+20, len(b))])
		}
	}
	if !strings.Contains(colored.String(), `\x1b]0;title\x07\x1b[2J\x00 � \u009b31m `+"\x1b[31mred\x1b[0m\n") {
		t.Errorf("coloured text: %q", colored.Bytes()[colored.Len()-120:])
	}
	dec := json.NewDecoder(&ndjson)
	n := uint64(0)
	for dec.More() {
		var object struct {
			TS, Source, Dyno, Stream, Text string
			Seq                            uint64
		}
		if err := dec.Decode(&object); err != nil {
			t.Fatal(err)
		}
		n++
		if object.Seq != n || object.Dyno != "web.1" || object.Stream != "stdout" {
			t.Fatalf("object %d: %+v", n, object)
		}
	}
	if n != h.Stats().In {
		t.Errorf("%d objects of %d lines", n, h.Stats().In)
	}
}

func TestFault_29_FullDiskIsCountedWarnedAndHeals(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	clock := make(chan time.Time, 1)
	clock <- now
	h := newHub(t, Options{Dir: dir, Now: func() time.Time { at := <-clock; clock <- at; return at }})
	h.Log(App, "web.1", "before")
	eventually(t, "first line is stored", func() bool { return h.Stats().Stored == 1 })
	// A closed file refuses writes as a full disk does.
	h.mu.Lock()
	_ = h.store.file.Close()
	h.mu.Unlock()
	h.Log(App, "web.1", "lost to the disk")
	eventually(t, "loss is counted", func() bool { return h.Stats().Dropped >= 1 })
	eventually(t, "warning", func() bool { return len(h.LastLines("inshore", 5)) == 1 })
	equal(t, "memory", texts(h.LastLines("web.1", 5)), []string{"before", "lost to the disk"})
	<-clock
	clock <- now.Add(2 * time.Second)
	h.Log(App, "web.1", "after")
	closeHub(t, h)
	st := h.Stats()
	if st.In != st.Stored+st.Dropped || st.Dropped == 0 || st.Pending != 0 {
		t.Errorf("stats %+v", st)
	}
	lines := texts(stored(t, dir))
	if len(lines) < 2 || lines[0] != "before" || lines[len(lines)-1] != "after" {
		t.Errorf("stored %q", lines)
	}
}

func TestRun_KillInTheMiddleOfWritingTearsOneRecordAtMost(t *testing.T) {
	for round := range 3 {
		dir := t.TempDir()
		cmd := childCommand("store:" + dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		_, _ = out.Read(make([]byte, 16))
		eventually(t, "a few segments", func() bool {
			names, _ := filepath.Glob(filepath.Join(dir, "*", "*.log"))
			return len(names) > round+1
		})
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		lines := stored(t, dir)
		if len(lines) == 0 {
			t.Fatal("nothing is stored")
		}
		for i, l := range lines {
			if i > 0 && l.Seq != lines[i-1].Seq+1 {
				t.Fatalf("hole between %d and %d", lines[i-1].Seq, l.Seq)
			}
			if want := fmt.Sprintf("line %d", l.Seq); string(l.Text) != want {
				t.Fatalf("line %d is %q", l.Seq, l.Text)
			}
		}
	}
}

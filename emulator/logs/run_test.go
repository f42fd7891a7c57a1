package logs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/emulator/problem"
)

func TestRun_HistoryOfTheLastRuns(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 11, 29, 14, 2, 11, 0, time.UTC)
	for i := range 7 {
		h := New(Options{Dir: dir, Run: fmt.Sprintf("run-%d", i), KeepRuns: 5, Now: func() time.Time { return now.Add(time.Duration(i) * time.Hour) }})
		if err := h.Start(); err != nil {
			t.Fatal(err)
		}
		h.Logf(App, "web.1", "hello from %d", i)
		h.Log(Router, "router", "GET / 200")
		closeHub(t, h)
	}
	runs, err := Runs(dir)
	if err != nil || len(runs) != 5 || runs[0].ID != "run-6" || !runs[4].Started.Equal(now.Add(2*time.Hour)) {
		t.Fatalf("%+v, %v", runs, err)
	}
	for index, want := range map[int]string{0: "hello from 6", -1: "hello from 5", -4: "hello from 2"} {
		run, err := OpenRun(dir, index)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := run.Tail(1, Filter{Sources: []Source{App}})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, fmt.Sprint(index), texts(lines), []string{want})
	}
	for _, index := range []int{1, -5} {
		if _, err := OpenRun(dir, index); len(problem.Of(err)) != 1 {
			t.Errorf("run %d: %v", index, err)
		}
	}
	if _, err := OpenRun(filepath.Join(dir, "none"), 0); len(problem.Of(err)) != 1 {
		t.Errorf("no runs: %v", err)
	}
	info, err := os.Stat(runs[0].Path)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestRun_ReadableWhileItIsWritten(t *testing.T) {
	dir := t.TempDir()
	h := newHub(t, Options{Dir: dir, RingBytes: 4 << 20})
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				h.Log(App, "web.1", strings.Repeat("some text that is not short at all\n", 100))
			}
		}
	}()
	eventually(t, "a few segments", func() bool {
		names, _ := filepath.Glob(filepath.Join(dir, "*", "*.log"))
		return len(names) > 3
	})
	for range 10 {
		run, err := OpenRun(dir, 0)
		if err != nil {
			t.Fatal(err)
		}
		last := uint64(0)
		for line, err := range run.Lines(Filter{}) {
			if err != nil {
				t.Fatal(err)
			}
			if line.Seq <= last {
				t.Fatalf("%d after %d", line.Seq, last)
			}
			last = line.Seq
		}
		if last == 0 {
			t.Fatal("nothing read")
		}
	}
	close(stop)
	<-done
}

func TestRun_SkipsDamageAndATornEnd(t *testing.T) {
	dir := t.TempDir()
	h := New(Options{Dir: dir})
	if err := h.Start(); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		h.Logf(App, "web.1", "line %d ILR1", i)
	}
	path := filepath.Join(h.RunPath(), "00000001.log")
	closeHub(t, h)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := append([]byte(nil), whole[:len(whole)-5]...)
	damaged[len(damaged)/2] ^= 0xff
	if err := os.WriteFile(path, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	if n := len(stored(t, dir)); n != 98 {
		t.Errorf("%d lines, want all but the damaged and the torn one", n)
	}
}

func TestStart_NamesTheFolderItCannotWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{Dir: file}, {Dir: t.TempDir(), Run: "../up"}} {
		if err := New(o).Start(); len(problem.Of(err)) != 1 || !strings.Contains(err.Error(), o.Dir) {
			t.Errorf("%v", err)
		}
	}
}

func FuzzRun(f *testing.F) {
	var all []byte
	for _, h := range []head{{kind: kindStream}, {kind: kindLines, lines: 2, seq: 1}, {kind: kindLines, lines: 1, seq: 3, flags: flagContinue}} {
		data := map[byte]string{kindStream: "\x00\x01web.1", kindLines: "a\nb"}[h.kind]
		rec := make([]byte, recordExtra+len(data))
		putRecord(rec, h, []byte(data))
		sealRecord(rec)
		all = append(all, rec...)
	}
	f.Add(all)
	f.Add(all[:len(all)-3])
	f.Add([]byte("ILR1ILR1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		bytes := 0
		w := runWalker{filter: &Filter{}, buf: make([]byte, 0, takeSize), streams: map[uint32]*stream{}}
		w.yield = func(line Line, err error) bool {
			bytes += len(line.Text)
			return err == nil
		}
		w.toEnd(strings.NewReader(string(data)))
		if bytes > len(data) {
			t.Errorf("%d bytes of text in %d", bytes, len(data))
		}
	})
}

// FuzzRing appends records of all sizes and compares the ring with a plain list.
func FuzzRing(f *testing.F) {
	f.Add([]byte{1, 2, 3, 200, 0, 17}, uint16(300))
	f.Fuzz(func(t *testing.T, sizes []byte, length uint16) {
		sizes, length = sizes[:min(len(sizes), 200)], length%4096
		r := newRing(max(int(length), 512))
		var want []head
		seq := uint64(1)
		for _, size := range sizes {
			h := head{kind: kindLines, seq: seq, lines: 1, time: int64(size)}
			r.append(h, make([]byte, size))
			seq++
			want = append(want, h)
			checkRing(t, &r, want)
		}
	})
}

func checkRing(t *testing.T, r *ring, want []head) {
	t.Helper()
	buf := make([]byte, len(r.buf))
	n, next := r.copyFrom(r.tail, buf)
	if next != r.head {
		t.Fatalf("copied up to %d of %d", next, r.head)
	}
	var got []head
	for rest := buf[:n]; len(rest) > 0; {
		rec := rest[:recordSize(rest)]
		rest = rest[len(rec):]
		got = append(got, parseHead(rec))
	}
	if len(got) == 0 || got[0].seq != r.seq || got[len(got)-1] != want[len(want)-1] {
		t.Fatalf("window begins with %d, got %v", r.seq, got)
	}
	for i, pos := len(got)-1, r.head; ; i-- {
		rec, at := r.before(pos)
		if rec == nil {
			if i != -1 {
				t.Fatalf("walking back ends %d records early", i+1)
			}
			return
		}
		if i < 0 || parseHead(rec) != got[i] {
			t.Fatalf("walking back: record %d differs", i)
		}
		pos = at
	}
}

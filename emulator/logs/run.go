package logs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// RunInfo names a stored run.
type RunInfo struct {
	ID      string    // as in Options.Run
	Started time.Time // UTC
	Path    string    // its directory
	Bytes   int64     // on disk
}

// Runs lists the runs in dir, newest first. A missing dir holds none.
func Runs(dir string) ([]RunInfo, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var runs []RunInfo
	for _, e := range slices.Backward(entries) {
		if !e.IsDir() || !runName.MatchString(e.Name()) {
			continue
		}
		stamp, id, _ := strings.Cut(e.Name(), "-")
		started, err := time.Parse(runTime, stamp)
		if err != nil {
			continue
		}
		info := RunInfo{ID: id, Started: started, Path: filepath.Join(dir, e.Name())}
		for _, name := range segmentsIn(info.Path) {
			if st, err := os.Stat(filepath.Join(info.Path, name)); err == nil {
				info.Bytes += st.Size()
			}
		}
		runs = append(runs, info)
	}
	return runs, nil
}

// segmentsIn gives the segments of a run in order; none when it has gone.
func segmentsIn(path string) []string {
	entries, _ := os.ReadDir(path)
	var names []string
	for _, e := range entries {
		if segmentName.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names
}

// Run reads the lines of a stored run, also while it is being written. It holds
// no file open between calls and is safe for concurrent use.
type Run struct {
	Info RunInfo
}

// OpenRun finds a run: 0 is the newest, -1 the one before. The error is a
// *problem.Problem when there is none.
func OpenRun(dir string, index int) (*Run, error) {
	runs, err := Runs(dir)
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	if index > 0 || -index >= len(runs) {
		p := problem.Newf("S018", "there is no stored run %d", index)
		if len(runs) == 0 {
			return nil, p.Cause("no run has been stored yet").Fix("inshore up")
		}
		return nil, p.Cause("%d runs are stored: 0 is the newest, %d the oldest", len(runs), 1-len(runs)).
			Fix("inshore logs --run %d", 1-len(runs))
	}
	return &Run{Info: runs[-index]}, nil
}

// Lines gives the stored lines that match, oldest first, up to the end as it is
// then. Text is valid until the next line. Records that are torn or damaged are
// left out; the missing numbers show it.
func (r *Run) Lines(f Filter) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		w := runWalker{path: r.Info.Path, filter: &f, yield: yield, buf: make([]byte, 0, takeSize)}
		w.walk()
	}
}

// Tail gives the last n stored lines that match, oldest first. The caller owns them.
func (r *Run) Tail(n int, f Filter) ([]Line, error) {
	if n <= 0 {
		return nil, nil
	}
	return r.tail(n, f, math.MaxUint64)
}

// tail is Tail up to the line before a number.
func (r *Run) tail(n int, f Filter, before uint64) ([]Line, error) {
	var last []Line
	next := 0
	for line, err := range r.Lines(f) {
		if err != nil {
			return nil, err
		}
		if line.Seq >= before {
			break
		}
		if len(last) < n {
			line.Text = bytes.Clone(line.Text)
			last = append(last, line)
			continue
		}
		line.Text = append(last[next].Text[:0], line.Text...)
		last[next] = line
		next = (next + 1) % n
	}
	return slices.Concat(last[next:], last[:next]), nil
}

// Close is there for symmetry; a run holds nothing.
func (r *Run) Close() error { return nil }

// runWalker goes through the segments of a run.
type runWalker struct {
	path    string
	filter  *Filter
	yield   func(Line, error) bool
	buf     []byte // what was read and not yet used
	streams map[uint32]*stream
	stopped bool
}

func (w *runWalker) walk() {
	for last := ""; !w.stopped; {
		names := segmentsIn(w.path)
		i := slices.IndexFunc(names, func(name string) bool { return name > last })
		if i < 0 {
			return
		}
		last = names[i]
		w.segment(last)
	}
}

// segment reads one segment. At its end it looks once more when there is a
// newer one by now, because the writer may have added to this one meanwhile.
func (w *runWalker) segment(name string) {
	f, err := os.Open(filepath.Join(w.path, name))
	if errors.Is(err, fs.ErrNotExist) {
		return // it was the oldest and has gone
	}
	if err != nil {
		w.stop(err)
		return
	}
	defer f.Close()
	w.buf, w.streams = w.buf[:0], map[uint32]*stream{}
	for again := true; again && !w.stopped; {
		names := segmentsIn(w.path)
		again = len(names) == 0 || names[len(names)-1] == name
		w.toEnd(f)
		if again {
			names = segmentsIn(w.path)
			again = len(names) > 0 && names[len(names)-1] > name
		}
	}
}

// toEnd reads up to the present end of the file.
func (w *runWalker) toEnd(f io.Reader) {
	for !w.stopped {
		n, err := f.Read(w.buf[len(w.buf):cap(w.buf)])
		w.buf = w.buf[:len(w.buf)+n]
		w.consume(w.records(w.buf))
		if err == io.EOF {
			if skip := nextIntact(w.buf); skip > 0 {
				w.consume(skip)
				continue
			}
			return
		}
		if err != nil {
			w.stop(err)
		}
	}
}

func (w *runWalker) consume(n int) { w.buf = w.buf[:copy(w.buf, w.buf[n:])] }

// nextIntact finds a whole record behind a start that is not one. It tells a
// false head, which damage or the text of a line can look like, from a record
// that is still being written.
func nextIntact(b []byte) int {
	for at := 1; at < len(b); at++ {
		next := bytes.Index(b[at:], magicBytes)
		if next < 0 {
			return 0
		}
		at += next
		if size := recordSize(b[at:]); size > 0 && size <= len(b)-at && recordIntact(b[at:at+size]) {
			return at
		}
	}
	return 0
}

// records goes through the records in b and gives the number of bytes that are
// done with. A record that is not all there yet stays.
func (w *runWalker) records(b []byte) (used int) {
	for used < len(b) && !w.stopped {
		rest := b[used:]
		size := recordSize(rest)
		switch {
		case len(rest) < 8 || size > len(rest):
			return used
		case size > 0 && recordIntact(rest[:size]):
			w.record(rest[:size])
			used += size
		default:
			next := bytes.Index(rest[1:], magicBytes)
			if next < 0 {
				return len(b) - min(len(magicBytes)-1, len(rest)-1)
			}
			used += 1 + next
		}
	}
	return used
}

var magicBytes = []byte("ILR1")

func (w *runWalker) record(rec []byte) {
	h := parseHead(rec)
	if h.kind == kindStream {
		if s, ok := parseStream(h.stream, recordData(rec)); ok {
			w.streams[h.stream] = s
		}
		return
	}
	s := w.streams[h.stream]
	if h.kind != kindLines || s == nil {
		return
	}
	var l lineReader
	l.begin(rec, s)
	for l.next() {
		if w.filter.Match(&l.line) && !w.yield(l.line, nil) {
			w.stopped = true
			return
		}
	}
}

func (w *runWalker) stop(err error) {
	w.stopped = true
	w.yield(Line{}, err)
}

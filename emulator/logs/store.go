package logs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// The ring file of a run is a directory of segments that are only ever appended
// to; when a new one is begun the oldest goes. A reader needs no lock and a
// kill leaves at most one torn record, at the end of the last segment.
const (
	segments     = 8 // that make up RingBytes
	leastSegment = 512 << 10
	retryAfter   = time.Second // after the disk refused
	warnEvery    = time.Minute
	runTime      = "20060102T150405.000000000Z"
)

var (
	runName     = regexp.MustCompile(`^\d{8}T\d{6}\.\d{9}Z-[A-Za-z0-9_-]{1,64}$`)
	segmentName = regexp.MustCompile(`^\d{8}\.log$`)
	runID       = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

// store writes the ring files of one run. Only its goroutine uses it, except
// for the counts, which the hub's lock guards.
type store struct {
	dir     string
	segment int64 // most bytes of one segment
	cursor  *cursor
	done    chan struct{} // closed when run has ended
	now     func() time.Time

	file    *os.File
	number  int
	size    int64             // good bytes in file
	defined map[uint32]bool   // streams named in file
	sizes   map[int]int64     // of the segments on disk
	out     []byte            // records for the next write
	lines   uint64            // in out
	failed  time.Time         // zero while the disk works
	fault   error             // why
	warned  time.Time         // last warning
	stored  uint64            // guarded by Hub.mu
	dropped uint64            // guarded by Hub.mu
	count   func(s, d uint64) // adds to them
}

// createStore makes the directory of a run and removes old runs.
func createStore(o Options) (*store, error) {
	id := o.Run
	if id == "" {
		id = strconv.Itoa(os.Getpid())
	}
	if !runID.MatchString(id) {
		return nil, fmt.Errorf("run name %q: only letters, digits, - and _, at most 64", id)
	}
	dir := filepath.Join(o.Dir, o.Now().UTC().Format(runTime)+"-"+id)
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	if err := removeRuns(o.Dir, o.KeepRuns); err != nil {
		return nil, err
	}
	s := &store{dir: dir, done: make(chan struct{}), segment: max(o.RingBytes/segments, leastSegment), now: o.Now, sizes: map[int]int64{}}
	err := s.rotate()
	return s, err
}

// removeRuns removes all but the newest runs.
func removeRuns(dir string, keep int) error {
	runs, err := Runs(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range runs[min(keep, len(runs)):] {
		errs = append(errs, os.RemoveAll(r.Path))
	}
	return errors.Join(errs...)
}

// run copies everything from the hub to the disk until the hub is closed.
func (s *store) run(h *Hub) {
	defer close(s.done)
	s.count = func(stored, dropped uint64) {
		h.mu.Lock()
		defer h.mu.Unlock()
		s.stored += stored
		s.dropped += dropped
	}
	buf := make([]byte, takeSize)
	for {
		t := h.take(s.cursor, buf)
		if t.gap > 0 {
			s.count(0, t.gap)
		}
		s.write(t)
		s.warn(h)
		if t.ended {
			h.leave(s.cursor)
			return
		}
		if len(t.records) == 0 {
			select {
			case <-s.cursor.wake:
			case <-h.ended:
			}
		}
	}
}

// write appends records to the segments.
func (s *store) write(t taken) {
	for rest := t.records; len(rest) > 0; {
		rec := rest[:recordSize(rest)]
		rest = rest[len(rec):]
		lines := uint64(parseHead(rec).lines)
		name := t.streams[parseHead(rec).stream]
		if !s.ready() {
			s.count(0, lines)
			continue
		}
		if s.size+int64(len(s.out)+len(rec)+maxName) > s.segment {
			s.flush()
			s.fail(s.rotate())
			if !s.ready() {
				s.count(0, lines)
				continue
			}
		}
		if !s.defined[name.id] {
			s.defined[name.id] = true
			s.add(head{kind: kindStream, stream: name.id}, name.describe())
		}
		start := len(s.out)
		s.out = append(s.out, rec...)
		sealRecord(s.out[start:])
		s.lines += lines
	}
	s.flush()
}

// maxName bounds the size of a record that names a stream.
const maxName = recordExtra + 2 + 255

func (s *store) add(h head, data []byte) {
	start := len(s.out)
	s.out = slices.Grow(s.out, recordExtra+len(data))[:start+recordExtra+len(data)]
	putRecord(s.out[start:], h, data)
	sealRecord(s.out[start:])
}

// ready tells whether the disk may be tried, and makes a segment when the last
// attempt failed a while ago.
func (s *store) ready() bool {
	if s.failed.IsZero() {
		return true
	}
	if s.now().Sub(s.failed) < retryAfter {
		return false
	}
	err := s.rotate()
	s.fail(err)
	return err == nil
}

// flush writes what is prepared. What the disk refuses is cut off again, so
// that only whole records are in the file, and counted.
func (s *store) flush() {
	if len(s.out) == 0 {
		return
	}
	out, lines := s.out, s.lines
	s.out, s.lines = s.out[:0], 0
	_, err := s.file.Write(out)
	if err != nil {
		s.fail(err)
		_ = s.file.Truncate(s.size) // a reader also finds its way over a torn record
		s.count(0, lines)
		return
	}
	s.size += int64(len(out))
	s.count(lines, 0)
}

func (s *store) fail(err error) {
	if err == nil {
		s.failed = time.Time{}
		return
	}
	s.failed, s.fault = s.now(), err
}

// rotate begins the next segment and removes the oldest ones.
func (s *store) rotate() error {
	if s.file != nil {
		s.sizes[s.number] = s.size
		_ = s.file.Close() // every write was checked
		s.file = nil
	}
	for len(s.sizes) >= segments {
		oldest := s.number
		for n := range s.sizes {
			oldest = min(oldest, n)
		}
		if err := os.Remove(s.path(oldest)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		delete(s.sizes, oldest)
	}
	f, err := os.OpenFile(s.path(s.number+1), os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	s.number++
	s.file, s.size, s.defined = f, 0, map[uint32]bool{}
	return nil
}

func (s *store) path(number int) string {
	return filepath.Join(s.dir, fmt.Sprintf("%08d.log", number))
}

// warn says once a minute that the disk takes no lines.
func (s *store) warn(h *Hub) {
	if s.failed.IsZero() || s.now().Sub(s.warned) < warnEvery && !s.warned.IsZero() {
		return
	}
	s.warned = s.now()
	text := fmt.Sprintf("log files cannot be written, lines stay in memory only: %v\n", s.fault)
	// Without patience: the hub would wait for this very goroutine.
	_ = h.append(h.streamOf(Inshore, "inshore", None), []byte(text), 0, impatient)
}

func (s *store) close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

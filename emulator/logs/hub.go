package logs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// The defaults of Options.
const (
	defaultRing   = 64 << 20
	defaultKeep   = 5
	defaultMemory = 8 << 20
	leastMemory   = 4 * maxRecord
	defaultStall  = time.Second
)

// Options describe a Hub. The zero value keeps lines in memory only.
type Options struct {
	Dir         string           // directory of the ring files, one sub-directory a run; empty means memory only
	Run         string           // name of this run, letters, digits, "-" and "_"; empty means one made from the pid
	RingBytes   int64            // size of the run's ring files together; 0 means 64 MiB
	KeepRuns    int              // runs kept in Dir, this one included; 0 means 5
	MemoryBytes int              // size of the ring in memory, at least 512 KiB; 0 means 8 MiB
	MaxStall    time.Duration    // how long a slow consumer may hold a producer up; 0 means 1 s
	Now         func() time.Time // nil means time.Now
}

// Stats are counts since New. In = Stored + Dropped + Pending at any moment.
type Stats struct {
	In      uint64 // lines numbered
	Bytes   uint64 // their bytes, line ends included
	Stored  uint64 // lines in the ring files (in memory when there are no files)
	Dropped uint64 // lines that did not reach the ring files: slow or full disk
	Pending uint64 // lines on their way to the ring files
}

// Hub is where all lines meet. It is safe for concurrent use.
type Hub struct {
	options Options

	pipes   sync.WaitGroup // readers of pipes
	storing sync.WaitGroup // the writer of the ring files

	mu        sync.Mutex // guards everything below
	ring      ring
	streams   []*stream // by id
	tails     map[string]*ring
	consumers []*cursor
	open      map[*Pipe]struct{}
	bytes     uint64
	waiting   int           // producers waiting for room
	room      chan struct{} // closed when a consumer has moved and somebody waits
	store     *store        // nil without ring files
	closed    bool
	ended     chan struct{} // closed with the hub
}

// New makes a hub; it does no I/O and starts nothing. Lines may be written to it
// at once, they reach the ring files after Start.
func New(o Options) *Hub {
	if o.RingBytes == 0 {
		o.RingBytes = defaultRing
	}
	if o.KeepRuns == 0 {
		o.KeepRuns = defaultKeep
	}
	if o.MemoryBytes == 0 {
		o.MemoryBytes = defaultMemory
	}
	o.MemoryBytes = max(o.MemoryBytes, leastMemory)
	if o.MaxStall == 0 {
		o.MaxStall = defaultStall
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Hub{
		options: o,
		ring:    newRing(o.MemoryBytes),
		tails:   map[string]*ring{},
		open:    map[*Pipe]struct{}{},
		room:    make(chan struct{}),
		ended:   make(chan struct{}),
	}
}

// Start makes the directory of the run, removes the oldest runs and begins to
// write ring files. It does nothing when Options.Dir is empty.
func (h *Hub) Start() error {
	if h.options.Dir == "" {
		return nil
	}
	s, err := createStore(h.options)
	if err != nil {
		return problem.Newf("S017", "cannot keep the log in %s", h.options.Dir).
			Cause("%v", err).Fix("make the folder writable, or choose another one").Wrap(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.store != nil || h.closed {
		return errors.Join(errors.New("log hub: already started or closed"), s.close())
	}
	h.store = s
	s.cursor = h.joinLocked(h.ring.tail, h.ring.seq, true)
	s.cursor.gap = h.ring.seq - 1 // what memory lost before Start
	// The goroutine ends when Close has closed the hub and all lines are written.
	h.storing.Go(func() { s.run(h) })
	return nil
}

// RunPath is the directory of this run's ring files, empty before Start and
// without files.
func (h *Hub) RunPath() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.store == nil {
		return ""
	}
	return h.store.dir
}

// Close finishes the pipes that are still open (until ctx ends), writes what is
// left to the ring files (at most MaxStall longer) and ends all subscriptions. Sinks are closed before it.
// Lines logged later are not kept. A second call does nothing.
func (h *Hub) Close(ctx context.Context) error {
	h.mu.Lock()
	pipes := make([]*Pipe, 0, len(h.open))
	for p := range h.open {
		pipes = append(pipes, p)
	}
	h.mu.Unlock()
	var errs []error
	for _, p := range pipes {
		errs = append(errs, p.Finish(ctx))
	}
	h.pipes.Wait()
	h.mu.Lock()
	if !h.closed {
		h.closed = true
		close(h.ended)
		close(h.room)
		h.room = make(chan struct{})
	}
	s := h.store
	h.mu.Unlock()
	if s != nil {
		errs = append(errs, h.stored(ctx, s))
	}
	return errors.Join(errs...)
}

// stored waits for the writer of the ring files, at most until ctx ends: the
// disk may hang.
func (h *Hub) stored(ctx context.Context, s *store) error {
	select {
	case <-s.done:
		h.storing.Wait()
		return s.close()
	case <-ctx.Done():
	}
	// Look again: ctx may have ended because pipes were held open.
	select {
	case <-s.done:
		return s.close()
	case <-time.After(h.options.MaxStall):
		return fmt.Errorf("store the last log lines: %w", context.Cause(ctx))
	}
}

// Log appends text as one or more lines.
func (h *Hub) Log(source Source, process, text string) {
	w := splitter{hub: h, stream: h.streamOf(source, process, None)}
	_ = w.write([]byte(text)) // only a closed hub refuses lines
	if text == "" || text[len(text)-1] != '\n' {
		_ = w.write(newline)
	}
}

// Logf is Log with a format.
func (h *Hub) Logf(source Source, process, format string, args ...any) {
	h.Log(source, process, fmt.Sprintf(format, args...))
}

// Writer is for producers inside inshore. Each Write may hold parts of lines;
// Close keeps an unfinished last one. The writer may be used concurrently.
// Writing fails with os.ErrClosed after Close of the writer or the hub.
func (h *Hub) Writer(source Source, process string) io.WriteCloser {
	return &writer{out: splitter{hub: h, stream: h.streamOf(source, process, None)}}
}

type writer struct {
	mu     sync.Mutex
	out    splitter
	closed bool
}

func (w *writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return 0, os.ErrClosed
	}
	if err := w.out.write(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (w *writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	return w.out.flush()
}

// Stats gives the counts.
func (h *Hub) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	st := Stats{In: h.ring.next - 1, Bytes: h.bytes}
	switch {
	case h.store != nil:
		st.Stored, st.Dropped = h.store.stored, h.store.dropped
		st.Pending = st.In - st.Stored - st.Dropped
	case h.options.Dir != "":
		st.Pending = st.In
	default:
		st.Stored = st.In
	}
	return st
}

// streamOf finds or makes a stream; a dyno that restarts keeps its own.
func (h *Hub) streamOf(source Source, process string, kind Stream) *stream {
	process = cleanProcess(process)
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.streams {
		if s.source == source && s.kind == kind && s.process == process {
			return s
		}
	}
	s := &stream{id: uint32(len(h.streams)), source: source, process: process, kind: kind}
	h.streams = append(h.streams, s)
	return s
}

// cleanProcess makes a name safe to print and bounds it.
func cleanProcess(name string) string {
	const most = 255
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(name[:min(len(name), most)], "?"))
}

// publish appends one batch. Room is made by forgetting the oldest lines; when
// a consumer that asked for it has not read those yet, publish waits for it, at
// most MaxStall in all, and then leaves it behind.
func (h *Hub) publish(s *stream, data []byte, flags byte) error {
	return h.append(s, data, flags, h.options.MaxStall)
}

// impatient makes append give up at once when there is no room.
const impatient time.Duration = -1

var errNoRoom = errors.New("log hub: no room")

func (h *Hub) append(s *stream, data []byte, flags byte, patience time.Duration) error {
	record := head{kind: kindLines, flags: flags, stream: s.id, lines: countLines(data)}
	size := recordExtra + len(data)
	var timer *time.Timer
	h.mu.Lock()
	for !h.closed {
		_, tail := h.ring.place(size)
		if !h.heldLocked(tail) {
			break
		}
		if patience == impatient {
			h.mu.Unlock()
			return errNoRoom
		}
		if patience <= 0 {
			h.leaveBehindLocked(tail)
			break
		}
		if timer == nil {
			timer = time.NewTimer(patience)
			defer timer.Stop() //nolint:gocritic // once: afterwards there is a timer
		}
		h.waiting++
		room := h.room
		h.mu.Unlock()
		select {
		case <-room:
		case <-timer.C:
			patience = 0
		}
		h.mu.Lock()
		h.waiting--
	}
	defer h.mu.Unlock()
	if h.closed {
		return os.ErrClosed
	}
	record.seq = h.ring.next
	record.time = h.options.Now().UnixNano()
	h.ring.append(record, data)
	h.bytes += uint64(len(data))
	h.remember(s, record, data)
	for _, c := range h.consumers {
		c.notify()
	}
	return nil
}

// heldLocked tells whether a consumer wants lines before tail kept for it.
func (h *Hub) heldLocked(tail uint64) bool {
	if tail <= h.ring.tail {
		return false
	}
	for _, c := range h.consumers {
		if c.wait && !c.late && c.pos < tail {
			return true
		}
	}
	return false
}

// leaveBehindLocked stops waiting for the consumers that hold lines before tail.
func (h *Hub) leaveBehindLocked(tail uint64) {
	for _, c := range h.consumers {
		if c.wait && c.pos < tail {
			c.late = true
		}
	}
}

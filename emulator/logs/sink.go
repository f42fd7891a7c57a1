package logs

import (
	"context"
	"io"
	"sync"
	"time"
)

// Formatter lays out lines for a Sink. It need not be safe for concurrent use:
// each sink has its own.
type Formatter interface {
	// Format appends the line with its line end to dst. It does not keep the line.
	Format(dst []byte, line *Line) []byte
	// Gap appends a marker for n lines that were lost before the time.
	Gap(dst []byte, n uint64, at time.Time) []byte
}

// SinkOptions describe a Sink. The zero value writes all lines.
type SinkOptions struct {
	Filter Filter
	NoWait bool // lose lines at once instead of holding producers up for at most Options.MaxStall
}

// SinkStats are the counts of a sink. After Close without an error they add up
// to the lines of the hub: Written + Filtered + Dropped.
type SinkStats struct {
	Written  uint64
	Filtered uint64
	Dropped  uint64
}

// Sink writes lines to a terminal, pipe or file in big pieces.
type Sink struct {
	w       io.Writer
	format  Formatter
	options SinkOptions

	hub    *Hub
	cursor *cursor
	done   chan struct{} // closed when the goroutine is gone; nil before Start
	stop   chan struct{} // closed by Close
	gaveUp chan struct{} // closed by a Close whose context ended

	once   sync.Once // for gaveUp
	mu     sync.Mutex
	target uint64 // last line to write, valid after stop
	stats  SinkStats
	err    error
}

// NewSink makes a sink that writes to w; Start starts it.
func NewSink(w io.Writer, f Formatter, o SinkOptions) *Sink {
	return &Sink{w: w, format: f, options: o, stop: make(chan struct{}), gaveUp: make(chan struct{})}
}

// Start begins with the oldest line in memory and starts the sink's goroutine.
// The caller calls Close. A second call does nothing.
func (s *Sink) Start(h *Hub) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done != nil {
		return
	}
	s.hub, s.done = h, make(chan struct{})
	s.cursor = h.join(!s.options.NoWait)
	s.cursor.gap = s.cursor.seq - 1
	// It ends after Close or when the writer fails.
	go s.run()
}

// Done is closed when the sink writes no more: after Close, or when the writer
// failed (see Err).
func (s *Sink) Done() <-chan struct{} { return s.done }

// Err is the error of the writer, such as a closed pipe.
func (s *Sink) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Stats gives the counts.
func (s *Sink) Stats() SinkStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Close writes every line that the hub had at the time of the call and stops
// the goroutine. It gives up when ctx ends (a terminal may be stopped), and
// returns its cause or the error of the writer.
func (s *Sink) Close(ctx context.Context) error {
	s.mu.Lock()
	if s.done == nil {
		s.mu.Unlock()
		return nil
	}
	select {
	case <-s.stop:
	default:
		s.hub.mu.Lock()
		s.target = s.hub.ring.next - 1
		s.hub.mu.Unlock()
		close(s.stop)
	}
	s.mu.Unlock()
	select {
	case <-s.done:
		return s.Err()
	case <-ctx.Done():
		s.once.Do(func() { close(s.gaveUp) })
		return context.Cause(ctx)
	}
}

// flushAt is how much is laid out before it is written.
const flushAt = 256 << 10

func (s *Sink) run() {
	defer close(s.done)
	defer s.hub.leave(s.cursor)
	buf := make([]byte, takeSize)
	var out []byte
	for {
		stopping := false
		select {
		case <-s.stop:
			stopping = true
		default:
		}
		t := s.hub.take(s.cursor, buf)
		var err error
		if out, err = s.writeOut(out[:0], t); err != nil {
			s.mu.Lock()
			s.err = err
			s.mu.Unlock()
			return
		}
		if t.ended || stopping && t.next > s.target {
			return
		}
		if len(t.records) == 0 {
			select {
			case <-s.cursor.wake:
			case <-s.stop:
			case <-s.hub.ended:
			}
		}
	}
}

// writeOut lays out what was taken and writes it.
func (s *Sink) writeOut(out []byte, t taken) ([]byte, error) {
	var count SinkStats
	if t.gap > 0 {
		count.Dropped = t.gap
		out = s.format.Gap(out, t.gap, s.hub.options.Now())
	}
	all := s.options.Filter.all()
	var l lineReader
	for rest := t.records; len(rest) > 0; {
		rec := rest[:recordSize(rest)]
		rest = rest[len(rec):]
		l.begin(rec, t.streams[parseHead(rec).stream])
		for l.next() {
			if !all && !s.options.Filter.Match(&l.line) {
				count.Filtered++
				continue
			}
			count.Written++
			out = s.format.Format(out, &l.line)
			if len(out) >= flushAt {
				if err := s.write(out); err != nil {
					return out, err
				}
				out = out[:0]
			}
		}
	}
	if len(out) > 0 {
		if err := s.write(out); err != nil {
			return out, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Written += count.Written
	s.stats.Filtered += count.Filtered
	s.stats.Dropped += count.Dropped
	return out, nil
}

func (s *Sink) write(out []byte) error {
	for {
		n, err := s.w.Write(out)
		if err == nil {
			return nil
		}
		if !writeAgain(err) {
			return err
		}
		out = out[n:]
		select {
		case <-time.After(5 * time.Millisecond):
		case <-s.gaveUp:
			return err
		}
	}
}

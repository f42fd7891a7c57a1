package logs

import (
	"context"
	"io"
	"sync"
)

// SubscribeOptions describe a Subscription. The zero value begins with the next line.
type SubscribeOptions struct {
	Backlog  int    // begin with up to so many matching lines of the past that memory still holds
	After    uint64 // begin after this line number when it is not 0 (Backlog is then ignored)
	MaxBatch int    // most lines Next returns at once; 0 means 1000
	Wait     bool   // let producers wait for this subscription, up to Options.MaxStall; else it just loses lines
}

// Subscription is a bounded view of the lines to come. One goroutine at a time
// calls Next; Close may be called from anywhere.
type Subscription struct {
	hub    *Hub
	cursor *cursor
	filter Filter
	most   int
	from   uint64 // lines with a smaller number are not wanted

	buf     []byte
	rest    []byte // records not yet begun
	streams []*stream
	lines   lineReader
	ended   bool

	once   sync.Once
	closed chan struct{}
}

// Subscribe begins a subscription. The caller closes it.
func (h *Hub) Subscribe(f Filter, o SubscribeOptions) *Subscription {
	s := &Subscription{hub: h, filter: f, most: o.MaxBatch, closed: make(chan struct{})}
	if s.most <= 0 {
		s.most = 1000
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	var pos uint64
	var gap uint64
	switch {
	case o.After > 0:
		pos, s.from, gap = h.afterLocked(o.After)
	case o.Backlog > 0:
		pos, s.from = h.backlogLocked(o.Backlog, &s.filter)
	default:
		pos, s.from = h.ring.head, h.ring.next
	}
	s.cursor = h.joinLocked(pos, s.from, o.Wait)
	s.cursor.gap = gap
	return s
}

// afterLocked finds the line behind a number.
func (h *Hub) afterLocked(number uint64) (pos, from, gap uint64) {
	from = number + 1
	if from >= h.ring.next {
		return h.ring.head, h.ring.next, 0
	}
	if from < h.ring.seq {
		return h.ring.tail, h.ring.seq, h.ring.seq - from
	}
	pos = h.ring.head
	for {
		rec, at := h.ring.before(pos)
		if rec == nil {
			return pos, from, 0
		}
		pos = at
		if parseHead(rec).seq <= from {
			return pos, from, 0
		}
	}
}

// backlogLocked finds the n-th last line that matches.
func (h *Hub) backlogLocked(n int, f *Filter) (pos, from uint64) {
	pos, from = h.ring.head, h.ring.next
	for {
		rec, at := h.ring.before(pos)
		if rec == nil {
			return pos, from
		}
		pos = at
		lines := matching(rec, h.streams[parseHead(rec).stream], f.Match)
		if len(lines) >= n {
			return pos, lines[len(lines)-n].Seq
		}
		n -= len(lines)
		from = parseHead(rec).seq
	}
}

// Next waits for lines that match. gap is the number of lines, matching or not,
// that were lost between the batch before and this one; a batch may be empty
// when gap is not 0. The caller owns the batch. The error is io.EOF after Close
// of the subscription, and after Close of the hub when everything was read; or
// the cause of ctx.
func (s *Subscription) Next(ctx context.Context) (batch []Line, gap uint64, err error) {
	for {
		if batch = s.collect(); len(batch) > 0 {
			return batch, 0, nil
		}
		if s.ended {
			return nil, 0, io.EOF
		}
		select {
		case <-s.closed:
			return nil, 0, io.EOF
		case <-ctx.Done():
			return nil, 0, context.Cause(ctx)
		default:
		}
		if s.buf == nil {
			s.buf = make([]byte, takeSize)
		}
		t := s.hub.take(s.cursor, s.buf)
		s.rest, s.streams, s.ended = t.records, t.streams, t.ended
		if t.gap > 0 {
			return s.collect(), t.gap, nil
		}
		if len(t.records) > 0 || t.ended {
			continue
		}
		select {
		case <-s.cursor.wake:
		case <-s.hub.ended:
		case <-s.closed:
		case <-ctx.Done():
		}
	}
}

// collect copies the next lines that match out of what was taken.
func (s *Subscription) collect() []Line {
	var batch []Line
	var text []byte
	for len(batch) < s.most {
		if !s.lines.next() {
			if len(s.rest) == 0 {
				break
			}
			rec := s.rest[:recordSize(s.rest)]
			s.rest = s.rest[len(rec):]
			s.lines.begin(rec, s.streams[parseHead(rec).stream])
			continue
		}
		line := s.lines.line
		if line.Seq < s.from || !s.filter.Match(&line) {
			continue
		}
		start := len(text)
		text = append(text, line.Text...)
		line.Text = text[start:len(text):len(text)]
		batch = append(batch, line)
	}
	return batch
}

// Close ends the subscription. A second call does nothing.
func (s *Subscription) Close() {
	s.once.Do(func() {
		close(s.closed)
		s.hub.leave(s.cursor)
	})
}

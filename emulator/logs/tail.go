package logs

import (
	"bytes"
	"slices"
	"time"
)

// The last lines of each process are kept apart, because a process that writes
// little is soon forgotten next to one that writes much, and it is the one
// whose end people ask about.
const (
	firstTail = 2 << 10
	mostTail  = 32 << 10
	tailPiece = 8 << 10 // most that one batch or one line adds
)

// remember keeps the end of a batch. The lock is held.
func (h *Hub) remember(s *stream, record head, data []byte) {
	if cut := len(data) - tailPiece; cut > 0 {
		// Keep whole lines; of a last line that is longer than the piece, its end.
		start := cut
		if end := bytes.IndexByte(data[cut:], '\n'); end >= 0 && cut+end+1 < len(data) {
			start = cut + end + 1
		}
		data = data[start:]
		kept := countLines(data)
		record.seq += uint64(record.lines - kept)
		record.lines = kept
	}
	size := recordExtra + len(data)
	r := h.tails[s.process]
	if r == nil {
		fresh := newRing(max(firstTail, 2*size))
		r = &fresh
		h.tails[s.process] = r
	}
	for _, tail := r.place(size); tail > r.tail && len(r.buf) < mostTail; _, tail = r.place(size) {
		bigger := newRing(min(2*max(len(r.buf), size), mostTail))
		for pos := r.after(r.tail); pos != r.head; {
			rec := r.record(pos)
			bigger.append(parseHead(rec), recordData(rec))
			pos = r.after(pos + uint64(len(rec)))
		}
		*r = bigger
	}
	r.append(record, data)
}

// Tail gives the last n lines in memory that match, oldest first. The caller owns them.
func (h *Hub) Tail(n int, f Filter) []Line {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.lastLocked(&h.ring, n, f.Match)
}

// History is Tail that goes on in the ring files when memory does not reach back
// far enough. It reads files and may take a while.
func (h *Hub) History(n int, f Filter) ([]Line, error) {
	h.mu.Lock()
	lines := h.lastLocked(&h.ring, n, f.Match)
	begin := h.ring.seq
	h.mu.Unlock()
	path := h.RunPath()
	if len(lines) >= n || begin == 1 || path == "" {
		return lines, nil
	}
	h.awaitStored(begin - 1)
	older, err := (&Run{Info: RunInfo{Path: path}}).tail(n-len(lines), f, begin)
	return append(older, lines...), err
}

// awaitStored waits until the first n lines have reached the ring files or were
// given up; what has left memory may still be on its way.
func (h *Hub) awaitStored(n uint64) {
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for end := time.Now().Add(h.options.MaxStall); time.Now().Before(end); <-poll.C {
		if st := h.Stats(); st.Stored+st.Dropped >= n {
			return
		}
	}
}

// LastLines gives the last n lines (at most about 32 KiB) of one process, even
// when others have written so much since that Tail no longer reaches them. The
// caller owns them.
func (h *Hub) LastLines(process string, n int) []Line {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.tails[process]
	if r == nil {
		return nil
	}
	return h.lastLocked(r, n, func(*Line) bool { return true })
}

// lastLocked walks a ring backwards.
func (h *Hub) lastLocked(r *ring, n int, match func(*Line) bool) []Line {
	if n <= 0 {
		return nil
	}
	var batches [][]Line // newest first
	count := 0
	for pos := r.head; count < n; {
		rec, at := r.before(pos)
		if rec == nil {
			break
		}
		pos = at
		lines := matching(rec, h.streams[parseHead(rec).stream], match)
		count += len(lines)
		batches = append(batches, lines)
	}
	out := make([]Line, 0, min(n, count))
	skip := count - min(n, count)
	for _, lines := range slices.Backward(batches) {
		drop := min(skip, len(lines))
		skip -= drop
		out = append(out, lines[drop:]...)
	}
	for i := range out {
		out[i].Text = bytes.Clone(out[i].Text)
	}
	return out
}

// matching gives the lines of a record that match; their text lies in the record.
func matching(rec []byte, s *stream, match func(*Line) bool) []Line {
	var lines []Line
	var l lineReader
	l.begin(rec, s)
	for l.next() {
		if match(&l.line) {
			lines = append(lines, l.line)
		}
	}
	return lines
}

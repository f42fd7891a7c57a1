package logs

// cursor is a consumer's place in the ring. Its fields are guarded by the
// hub's lock, except wake.
type cursor struct {
	wake chan struct{} // holds one token when there may be something to read
	pos  uint64
	seq  uint64 // of the next line it wants
	wait bool   // producers wait for it
	late bool   // it was too slow and is not waited for until it has caught up
	gap  uint64 // lines lost that take has not reported yet
}

// notify wakes the consumer.
func (c *cursor) notify() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// join adds a consumer that begins with the oldest line in memory.
func (h *Hub) join(wait bool) *cursor {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.joinLocked(h.ring.tail, h.ring.seq, wait)
}

func (h *Hub) joinLocked(pos, seq uint64, wait bool) *cursor {
	c := &cursor{wake: make(chan struct{}, 1), pos: pos, seq: seq, wait: wait}
	c.notify()
	h.consumers = append(h.consumers, c)
	return c
}

// leave removes a consumer.
func (h *Hub) leave(c *cursor) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, other := range h.consumers {
		if other == c {
			h.consumers = append(h.consumers[:i], h.consumers[i+1:]...)
			break
		}
	}
	h.freeLocked()
}

// freeLocked tells waiting producers that there may be room.
func (h *Hub) freeLocked() {
	if h.waiting > 0 {
		close(h.room)
		h.room = make(chan struct{})
	}
}

// taken is what a consumer got in one go.
type taken struct {
	records []byte    // whole records
	streams []*stream // by id; do not change
	gap     uint64    // lines lost before the records
	next    uint64    // number of the line after the records
	ended   bool      // the hub is closed and this is all
}

// take copies the next records into buf.
func (h *Hub) take(c *cursor, buf []byte) taken {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := taken{streams: h.streams}
	if c.pos < h.ring.tail {
		c.gap += h.ring.seq - c.seq
		c.pos, c.seq = h.ring.tail, h.ring.seq
	}
	t.gap, c.gap = c.gap, 0
	n, pos := h.ring.copyFrom(c.pos, buf)
	c.pos = pos
	if pos == h.ring.head {
		c.late = false
		c.seq = h.ring.next
		t.ended = h.closed
	} else if n > 0 {
		c.seq = parseHead(h.ring.record(pos)).seq
	}
	t.records, t.next = buf[:n], c.seq
	if n > 0 {
		h.freeLocked()
	}
	return t
}

// takeSize is how much a consumer takes at once. It holds the largest record.
const takeSize = 256 << 10

package logs

// ring is a bounded sequence of records in one piece of memory. Positions count
// bytes since the beginning and never wrap; a record is never split, so the end
// of the memory may be skipped (skipFrom to skipTo, of which only the last pair
// can lie inside the window). It has no lock of its own.
type ring struct {
	buf              []byte
	tail, head       uint64 // the window
	skipFrom, skipTo uint64
	seq              uint64 // of the first line in the window
	next             uint64 // the number after that of the last line
}

func newRing(size int) ring {
	return ring{buf: make([]byte, size), seq: 1, next: 1}
}

// place gives the position for a record of that size and the smallest tail that
// makes room for it.
func (r *ring) place(size int) (at, tail uint64) {
	at = r.head
	length := uint64(len(r.buf))
	if used := at % length; used+uint64(size) > length {
		at += length - used
	}
	if end := at + uint64(size); end > length {
		tail = end - length
	}
	return at, tail
}

// append adds a record and forgets the oldest ones to make room.
func (r *ring) append(h head, data []byte) {
	size := recordExtra + len(data)
	at, tail := r.place(size)
	r.evict(tail)
	if at != r.head {
		r.skipFrom, r.skipTo = r.head, at
		if r.tail == r.head {
			r.tail = at
		}
	}
	putRecord(r.at(at, size), h, data)
	if r.tail == at { // it was empty
		r.seq = h.seq
	}
	r.head = at + uint64(size)
	r.next = h.seq + uint64(h.lines)
}

func (r *ring) evict(tail uint64) {
	for r.tail < tail && r.tail != r.head {
		rec := r.record(r.tail)
		h := parseHead(rec)
		r.seq = h.seq + uint64(h.lines)
		r.tail = r.after(r.tail + uint64(len(rec)))
	}
}

// after steps over the unused end of the memory.
func (r *ring) after(pos uint64) uint64 {
	if pos == r.skipFrom && pos != r.head {
		return max(pos, r.skipTo)
	}
	return pos
}

func (r *ring) at(pos uint64, size int) []byte {
	i := int(pos % uint64(len(r.buf)))
	return r.buf[i : i+size : i+size]
}

// record gives the record at a position inside the window.
func (r *ring) record(pos uint64) []byte {
	i := int(pos % uint64(len(r.buf)))
	size := int(wire.Uint32(r.buf[i+4:]))
	return r.buf[i : i+size : i+size]
}

// before gives the record that ends at pos, or nil at the beginning of the window.
func (r *ring) before(pos uint64) (rec []byte, at uint64) {
	if pos <= r.tail {
		return nil, pos
	}
	if pos == r.skipTo && r.skipFrom >= r.tail {
		pos = r.skipFrom
	}
	if pos <= r.tail {
		return nil, pos
	}
	end := int((pos-1)%uint64(len(r.buf))) + 1
	size := int(wire.Uint32(r.buf[end-recordFoot:]))
	return r.buf[end-size : end : end], pos - uint64(size)
}

// copyFrom copies whole records from pos on into dst and gives the position
// behind them.
func (r *ring) copyFrom(pos uint64, dst []byte) (n int, next uint64) {
	pos = r.after(pos)
	for pos != r.head {
		// Records lie one behind the other up to the skip or the head, so they
		// are measured one by one and copied in one go.
		start, end := pos, pos
		length := uint64(len(r.buf))
		stop := min(r.head, (start/length+1)*length)
		if r.skipFrom > start && r.skipFrom < stop {
			stop = r.skipFrom
		}
		for end != stop {
			size := len(r.record(end))
			if n+int(end-start)+size > len(dst) {
				break
			}
			end += uint64(size)
		}
		if end == start {
			return n, pos
		}
		n += copy(dst[n:], r.at(start, int(end-start)))
		pos = r.after(end)
		if end != stop {
			return n, pos
		}
	}
	return n, pos
}

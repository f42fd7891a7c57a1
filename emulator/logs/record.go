package logs

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"time"
)

// A record is a batch of lines of one stream with one head; it has the same
// layout in memory and in the ring files, so that storing is copying. All
// numbers are little-endian.
//
//	0 magic   4    8 checksum 4   13 flags  1   20 lines 4   32 time 8
//	4 size    4   12 kind     1   16 stream 4   24 seq   8   40 data ... size 4
//
// size counts everything from magic to the second size, which lets a reader
// walk backwards. The checksum covers kind to the end of data; it is set when a
// record goes to a file. Data are lines with their line ends; only the last one
// may lack it (the stream ended, or the line was cut at MaxLine).
const (
	recordMagic  = 0x31524c49 // "ILR1"
	recordHead   = 40
	recordFoot   = 4
	recordExtra  = recordHead + recordFoot
	maxRecord    = 2*MaxLine + recordExtra
	kindLines    = 1 // data are lines
	kindStream   = 2 // data name the stream: source, stream kind, process
	flagContinue = 1 // the last line was cut and goes on
)

var (
	wire       = binary.LittleEndian
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// stream is one sequence of lines in order. It never changes.
type stream struct {
	id      uint32
	source  Source
	process string
	kind    Stream
}

// head is the head of a record.
type head struct {
	kind   byte
	flags  byte
	stream uint32
	lines  uint32
	seq    uint64 // of the first line
	time   int64  // Unix nanoseconds
}

// putRecord writes a record into dst, which has exactly the right size.
func putRecord(dst []byte, h head, data []byte) {
	size := uint32(len(dst))
	wire.PutUint32(dst[0:], recordMagic)
	wire.PutUint32(dst[4:], size)
	wire.PutUint32(dst[8:], 0)
	dst[12], dst[13], dst[14], dst[15] = h.kind, h.flags, 0, 0
	wire.PutUint32(dst[16:], h.stream)
	wire.PutUint32(dst[20:], h.lines)
	wire.PutUint64(dst[24:], h.seq)
	wire.PutUint64(dst[32:], uint64(h.time))
	copy(dst[recordHead:], data)
	wire.PutUint32(dst[size-recordFoot:], size)
}

// sealRecord sets the checksum.
func sealRecord(r []byte) {
	wire.PutUint32(r[8:], crc32.Checksum(r[12:len(r)-recordFoot], castagnoli))
}

// recordSize gives the size that the record at the start of b claims, or 0 when
// there is no head of a record.
func recordSize(b []byte) int {
	if len(b) < 8 || wire.Uint32(b) != recordMagic {
		return 0
	}
	size := wire.Uint32(b[4:])
	if size < recordExtra || size > maxRecord {
		return 0
	}
	return int(size)
}

// recordIntact tells whether r is a whole record as it was sealed.
func recordIntact(r []byte) bool {
	size := len(r)
	return size >= recordExtra && recordSize(r) == size &&
		wire.Uint32(r[size-recordFoot:]) == uint32(size) &&
		wire.Uint32(r[8:]) == crc32.Checksum(r[12:size-recordFoot], castagnoli)
}

// parseHead reads the head of a record.
func parseHead(r []byte) head {
	return head{
		kind: r[12], flags: r[13], stream: wire.Uint32(r[16:]), lines: wire.Uint32(r[20:]),
		seq: wire.Uint64(r[24:]), time: int64(wire.Uint64(r[32:])),
	}
}

// recordData gives the data of a record.
func recordData(r []byte) []byte { return r[recordHead : len(r)-recordFoot] }

// countLines counts the lines in data, an unfinished last one included.
func countLines(data []byte) uint32 {
	n := uint32(bytes.Count(data, newline))
	if len(data) > 0 && data[len(data)-1] != '\n' {
		n++
	}
	return n
}

var newline = []byte{'\n'}

// lineReader walks the lines of one record.
type lineReader struct {
	line  Line // the current one
	rest  []byte
	flags byte
}

// begin turns to the first line of a record.
func (l *lineReader) begin(r []byte, s *stream) {
	h := parseHead(r)
	l.rest, l.flags = recordData(r), h.flags
	l.line = Line{Seq: h.seq - 1, Time: time.Unix(0, h.time), Source: s.source, Process: s.process, Stream: s.kind}
}

// next turns to the next line; false means that there is none.
func (l *lineReader) next() bool {
	if len(l.rest) == 0 {
		return false
	}
	l.line.Seq++
	end := bytes.IndexByte(l.rest, '\n')
	if end < 0 {
		l.line.Text = l.rest
		l.line.Continued = l.flags&flagContinue != 0
		l.rest = nil
		return true
	}
	text := l.rest[:end:end]
	l.rest = l.rest[end+1:]
	// A pty and programs from elsewhere end lines with CR LF: both are line end.
	if end > 0 && text[end-1] == '\r' {
		text = text[: end-1 : end-1]
	}
	l.line.Text = text
	return true
}

// describe gives the data of a record that names a stream.
func (s *stream) describe() []byte {
	return append([]byte{byte(s.source), byte(s.kind)}, s.process...)
}

// parseStream reads what describe wrote.
func parseStream(id uint32, data []byte) (*stream, bool) {
	if len(data) < 2 || data[0] > byte(Inshore) || data[1] > byte(Stderr) {
		return nil, false
	}
	return &stream{id: id, source: Source(data[0]), kind: Stream(data[1]), process: string(data[2:])}, true
}

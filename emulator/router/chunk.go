package router

import "errors"

var errBadChunk = errors.New("bad chunk")

// maxChunkLine bounds a chunk's size line with its extensions, and a trailer
// line; maxTrailer bounds all trailer lines together.
const (
	maxChunkLine = 8192
	maxTrailer   = 64 << 10
)

// chunkScan follows a chunked body without changing it: the router passes the
// bytes through as they are (chunk sizes, extensions, trailers) and only has
// to know where the body ends. It is strict, because a back end that is more
// lenient would otherwise see another request in the same bytes.
type chunkScan struct {
	state  chunkState
	size   uint64 // of the chunk, or what is left of its data
	digits int
	line   int  // bytes of the present line
	total  int  // bytes of all trailer lines
	name   bool // a trailer line has been seen
	length int  // of the trailer name so far
	word   [longestForbidden]byte
	data   bool // the last call of next saw chunk data
}

// longestForbidden is the length of "transfer-encoding", the longest name of a
// field that must not come as a trailer.
const longestForbidden = 17

type chunkState uint8

const (
	chunkSize     chunkState = iota // hexadecimal digits
	chunkExt                        // after the digits, up to CR
	chunkSizeLF                     // LF of the size line
	chunkData                       // size bytes of data
	chunkDataCR                     // CR after the data
	chunkDataLF                     // LF after the data
	trailerStart                    // first byte of a trailer line or of the last, empty one
	trailerName                     // up to the colon
	trailerValue                    // up to CR
	trailerLF                       // LF of a trailer line
	trailerLastLF                   // LF of the empty line
	chunkDone
)

// done tells whether the whole body has been seen.
func (s *chunkScan) done() bool { return s.state == chunkDone }

// scan consumes p up to the end of the body and returns how much of p belongs
// to it. On errBadChunk, n is the length of the valid part.
func (s *chunkScan) scan(p []byte) (n int, err error) {
	for n < len(p) && s.state != chunkDone {
		used, err := s.next(p[n:])
		if err != nil {
			return n, err
		}
		n += used
	}
	return n, nil
}

// next consumes at least one byte of p, which is not empty. It stops after a
// piece of data (then s.data is true), so that a caller can take chunks apart.
func (s *chunkScan) next(p []byte) (n int, err error) {
	s.data = false
	if s.state == chunkData {
		n = len(p)
		if uint64(n) >= s.size {
			n = int(s.size)
			s.state = chunkDataCR
		}
		s.size -= uint64(n)
		s.data = true
		return n, nil
	}
	if s.state < chunkData {
		return 1, s.sizeByte(p[0])
	}
	return 1, s.trailerByte(p[0])
}

// sizeByte takes one byte of a size line.
func (s *chunkScan) sizeByte(c byte) error {
	s.line++
	if s.line > maxChunkLine {
		return errBadChunk
	}
	switch s.state {
	case chunkSize:
		if v, ok := hex(c); ok && s.digits < 15 {
			s.size = s.size<<4 | v
			s.digits++
			return nil
		}
		if s.digits == 0 || c != '\r' && c != ';' && c != ' ' && c != '\t' {
			return errBadChunk
		}
		if s.state = chunkExt; c == '\r' {
			s.state = chunkSizeLF
		}
	case chunkExt:
		if c == '\r' {
			s.state = chunkSizeLF
			return nil
		}
		if !valueByte[c] {
			return errBadChunk
		}
	default: // chunkSizeLF
		if c != '\n' {
			return errBadChunk
		}
		s.state, s.line, s.digits = chunkData, 0, 0
		if s.size == 0 {
			s.state = trailerStart
		}
	}
	return nil
}

// trailerByte takes one byte after the data of a chunk or of the trailers.
func (s *chunkScan) trailerByte(c byte) error {
	switch s.state {
	case chunkDataCR:
		s.state = chunkDataLF
		return expect(c, '\r')
	case chunkDataLF:
		s.state = chunkSize
		return expect(c, '\n')
	case trailerLF:
		s.state = trailerStart
		return expect(c, '\n')
	case trailerLastLF:
		s.state = chunkDone
		return expect(c, '\n')
	default:
	}
	s.total++
	if s.total > maxTrailer {
		return errBadChunk
	}
	return s.trailerText(c)
}

// trailerText takes one byte of a trailer line. A line that starts with a
// blank continues the one before, as vegur accepts it.
func (s *chunkScan) trailerText(c byte) error {
	switch {
	case s.state == trailerStart && c == '\r':
		s.state = trailerLastLF
	case s.state == trailerStart && (c == ' ' || c == '\t') && s.name:
		s.state = trailerValue
	case s.state != trailerValue && tokenByte[c]:
		s.state = trailerName
		if s.length < longestForbidden {
			s.word[s.length] = c
		}
		s.length++
	case s.state == trailerName && c == ':':
		if s.forbidden() {
			return errBadChunk
		}
		s.state, s.name, s.length = trailerValue, true, 0
	case s.state == trailerValue && c == '\r':
		s.state = trailerLF
	case s.state == trailerValue && valueByte[c]:
	default:
		return errBadChunk
	}
	return nil
}

// forbidden tells whether the trailer is one that frames or routes a message,
// which a careless back end could merge into the head (RFC 9110 section 6.5.1).
func (s *chunkScan) forbidden() bool {
	if s.length > longestForbidden {
		return false
	}
	switch kindOf(s.word[:s.length]) {
	case kindContentLength, kindTransferEncoding, kindHost:
		return true
	default:
		return false
	}
}

func expect(got, want byte) error {
	if got != want {
		return errBadChunk
	}
	return nil
}

func hex(c byte) (uint64, bool) {
	switch {
	case '0' <= c && c <= '9':
		return uint64(c - '0'), true
	case 'a' <= c && c <= 'f':
		return uint64(c-'a') + 10, true
	case 'A' <= c && c <= 'F':
		return uint64(c-'A') + 10, true
	}
	return 0, false
}

package router

import "bytes"

// headScan finds the end of a head (a start line and header lines up to the
// empty line) in a buffer that grows, looking at every byte once. It enforces
// CRLF line ends and bounds on the size, so that an endless head is refused
// after a few kilobytes.
type headScan struct {
	line  int // offset of the line being looked at
	seen  int // bytes of it that hold no line end
	count int // complete lines so far, start line included
}

// headBounds are the sizes a head may have. A value of a line is checked
// later, by the parser; these only keep the scan finite.
type headBounds struct {
	first int // bytes of the start line
	line  int // bytes of a header line
	count int // header lines
	total int // bytes of the head
}

// headFault says what is wrong with a head; the zero value means nothing.
type headFault uint8

const (
	headFine headFault = iota
	headFirstTooLong
	headLineTooLong
	headTooMany
	headTooLarge
	headBareLF
	headNoFirst
)

// scan returns the length of the head once it is complete, else 0.
func (s *headScan) scan(buf []byte, b *headBounds) (end int, fault headFault) {
	for {
		at := bytes.IndexByte(buf[s.line+s.seen:], '\n')
		if at < 0 {
			s.seen = len(buf) - s.line
			return 0, s.check(s.seen, b)
		}
		length := s.seen + at // of the line, with its CR
		if length == 0 || buf[s.line+length-1] != '\r' {
			return 0, headBareLF
		}
		if fault := s.check(length-1, b); fault != headFine {
			return 0, fault
		}
		s.line += length + 1
		s.seen = 0
		if length == 1 && s.count == 0 {
			return 0, headNoFirst
		}
		if length == 1 {
			return s.line, headFine
		}
		s.count++
	}
}

// check judges a line of which length bytes are known.
func (s *headScan) check(length int, b *headBounds) headFault {
	switch {
	case s.count == 0 && length > b.first:
		return headFirstTooLong
	case s.count > 0 && length > b.line:
		return headLineTooLong
	case s.count > b.count+1 || s.count == b.count+1 && length > 1:
		return headTooMany
	case s.line+length > b.total:
		return headTooLarge
	}
	return headFine
}

// nextLine cuts the first line off a complete head.
func nextLine(head []byte) (line, rest []byte) {
	at := bytes.IndexByte(head, '\n')
	return head[:at-1], head[at+1:]
}

// splitField cuts a header line at its colon. ok is false when the name is not
// a token directly followed by a colon or the value has a control character.
func splitField(line []byte) (f field, ok bool) {
	colon := 0
	for colon < len(line) && tokenByte[line[colon]] {
		colon++
	}
	if colon == 0 || colon == len(line) || line[colon] != ':' {
		return field{}, false
	}
	f.name, f.value = line[:colon], trim(line[colon+1:])
	if !all(f.value, &valueByte) {
		return field{}, false
	}
	f.kind = kindOf(f.name)
	return f, true
}

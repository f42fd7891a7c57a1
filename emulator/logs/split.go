package logs

import (
	"bytes"
	"unicode/utf8"
)

// splitter turns the bytes of one stream into batches of whole lines. What
// follows the last line end is carried over; a line longer than MaxLine is cut.
type splitter struct {
	hub    *Hub
	stream *stream
	carry  []byte
}

// write takes any piece of the stream.
func (s *splitter) write(p []byte) error {
	for len(p) > MaxLine {
		if err := s.feed(p[:MaxLine]); err != nil {
			return err
		}
		p = p[MaxLine:]
	}
	return s.feed(p)
}

// feed takes at most MaxLine bytes.
func (s *splitter) feed(p []byte) error {
	if len(s.carry) == 0 {
		rest, err := s.lines(p)
		s.carry = append(s.carry, rest...)
		return err
	}
	s.carry = append(s.carry, p...)
	rest, err := s.lines(s.carry)
	s.carry = s.carry[:copy(s.carry, rest)]
	return err
}

// lines publishes the whole lines at the start of data, which holds less than
// 2*MaxLine bytes, and cut pieces; it gives back the rest, shorter than MaxLine.
func (s *splitter) lines(data []byte) (rest []byte, err error) {
	for len(data) > MaxLine {
		first := bytes.IndexByte(data, '\n')
		if first >= 0 && first <= MaxLine {
			break
		}
		cut := cutAt(data)
		if err := s.hub.publish(s.stream, data[:cut], flagContinue); err != nil {
			return nil, err
		}
		data = data[cut:]
	}
	last := bytes.LastIndexByte(data, '\n')
	if last < 0 {
		return data, nil
	}
	return data[last+1:], s.hub.publish(s.stream, data[:last+1], 0)
}

// flush publishes an unfinished last line.
func (s *splitter) flush() error {
	if len(s.carry) == 0 {
		return nil
	}
	data := s.carry
	s.carry = nil
	return s.hub.publish(s.stream, data, 0)
}

// cutAt gives the place for a cut: at MaxLine, or up to three bytes earlier so
// that a character stays whole.
func cutAt(data []byte) int {
	for back := range utf8.UTFMax - 1 {
		if utf8.RuneStart(data[MaxLine-back]) {
			return MaxLine - back
		}
	}
	return MaxLine
}

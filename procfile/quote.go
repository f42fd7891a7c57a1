package procfile

// openQuote finds the quote that a POSIX shell would find unterminated at the
// end of a command, and its byte offset; quote is 0 when there is none. It
// follows backslashes, comments and the nesting of "$(…)", so a command is
// only refused when a shell would refuse it too.
func openQuote(command string) (at int, quote byte) {
	s := &shellScan{text: command}
	s.plain(0)
	return s.openAt, s.open
}

// shellScan walks over a command. depth bounds the nesting, so that hostile
// text cannot exhaust the stack; beyond it nothing is reported.
type shellScan struct {
	text   string
	pos    int
	open   byte
	openAt int
}

const maxNesting = 100

// plain reads unquoted text up to the end, or up to the ")" that closes the
// substitution it stands in when depth is above 0.
func (s *shellScan) plain(depth int) {
	parens := 0
	for s.pos < len(s.text) && s.open == 0 {
		switch s.text[s.pos] {
		case '\\':
			s.pos += 2
			continue
		case '\'':
			s.single()
			continue
		case '"':
			s.double(depth)
			continue
		case '#':
			if s.wordStart() && depth == 0 {
				s.pos = len(s.text)
				return
			}
		case '(':
			parens++
		case ')':
			if depth > 0 && parens == 0 {
				return
			}
			parens--
		}
		s.pos++
	}
}

func (s *shellScan) wordStart() bool {
	if s.pos == 0 {
		return true
	}
	switch s.text[s.pos-1] {
	case ' ', '\t', ';', '&', '|', '(':
		return true
	}
	return false
}

func (s *shellScan) single() {
	start := s.pos
	for s.pos++; s.pos < len(s.text); s.pos++ {
		if s.text[s.pos] == '\'' {
			s.pos++
			return
		}
	}
	s.open, s.openAt = '\'', start
}

func (s *shellScan) double(depth int) {
	start := s.pos
	s.pos++
	for s.pos < len(s.text) && s.open == 0 {
		switch s.text[s.pos] {
		case '\\':
			s.pos++
		case '"':
			s.pos++
			return
		case '$':
			if s.pos+1 < len(s.text) && s.text[s.pos+1] == '(' && depth < maxNesting {
				s.pos += 2
				s.plain(depth + 1)
			}
		}
		s.pos++
	}
	if s.open == 0 {
		s.open, s.openAt = '"', start
	}
}

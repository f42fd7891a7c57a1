package envfile

import (
	"strings"
	"unicode/utf8"
)

// kind says what a statement is.
type kind int

const (
	assignment   kind = iota
	bareName          // a name without "="
	noise             // not understood
	emptyName         // "=x"
	unterminated      // a quote without its partner
	trailing          // text behind a closing quote
	conflict          // a mark of git
	pem               // an unquoted block of several lines
)

// assigns tells whether the statement was meant to give a variable a value.
func (k kind) assigns() bool {
	return k == assignment || k == unterminated || k == trailing || k == pem
}

// statement is one assignment or one fault; offsets are bytes in the text that
// was split.
type statement struct {
	kind     kind
	name     string
	exported bool
	colon    bool // "NAME: value"
	start    int  // of the statement, after its indent
	value    int  // of the value as written
	end      int  // after the value as written, before blanks and a comment
	quote    byte // ' or " or 0
	fault    int  // offset of what is wrong; meaningful for faults
	line     int  // from 1, of start
	lines    int  // the statement spans
}

// splitter cuts the text of an env file into statements.
type splitter struct {
	src  string // as in the file; the CR of a CRLF counts as a blank
	pos  int
	line int

	noBlockEnd bool // no "-----END " follows any more
}

const byteOrderMark = "\ufeff"

// split returns every statement in order.
func split(text string) []statement {
	s := &splitter{src: text, line: 1}
	if strings.HasPrefix(text, byteOrderMark) {
		s.pos = len(byteOrderMark)
	}
	var statements []statement
	lost := false // after an unterminated quote, up to the next assignment
	for s.pos < len(s.src) {
		st, ok := s.next()
		if !ok {
			continue
		}
		lost = lost && st.kind != assignment && st.kind != conflict
		if !lost {
			statements = append(statements, st)
		}
		lost = lost || st.kind == unterminated
	}
	return statements
}

const spaces = " \t\v\f\r"

// next reads the statement that starts on the current line, or skips the line.
func (s *splitter) next() (statement, bool) {
	eol := s.lineEnd(s.pos)
	text := s.src[s.pos:eol]
	start := s.pos + len(text) - len(strings.TrimLeft(text, spaces))
	if start == eol || s.src[start] == '#' {
		s.advance(eol)
		return statement{}, false
	}
	st := statement{start: start, fault: start, line: s.line, lines: 1}
	if isConflict(text) {
		st.kind = conflict
		s.advance(eol)
		return st, true
	}
	s.head(&st, eol)
	if st.kind == assignment {
		s.body(&st, eol)
	}
	switch st.kind {
	case unterminated, noise, bareName, emptyName:
		s.advance(eol)
	default:
		s.advance(s.lineEnd(st.end))
	}
	st.lines = s.line - st.line
	return st, true
}

// advance moves behind the line that ends at eol.
func (s *splitter) advance(eol int) {
	s.line += strings.Count(s.src[s.pos:eol], "\n") + 1
	s.pos = eol + 1
}

func (s *splitter) lineEnd(from int) int {
	if i := strings.IndexByte(s.src[from:], '\n'); i >= 0 {
		return from + i
	}
	return len(s.src)
}

// head reads "export", the name and the sign behind it.
func (s *splitter) head(st *statement, eol int) {
	at := st.start
	if rest, ok := strings.CutPrefix(s.src[at:eol], "export"); ok {
		name := strings.TrimLeft(rest, " \t")
		if name != rest && name != "" && nameByte(name[0]) {
			st.exported = true
			at = eol - len(name)
		}
	}
	end := at
	for end < eol && nameByte(s.src[end]) {
		end++
	}
	st.name = s.src[at:end]
	sign := end
	for sign < eol && (s.src[sign] == ' ' || s.src[sign] == '\t') {
		sign++
	}
	switch {
	case sign < eol && s.src[sign] == '=' && st.name == "":
		st.kind = emptyName
	case sign < eol && s.src[sign] == '=':
		st.value = sign + 1
	case st.name == "":
		st.kind = noise
	case sign == end && sign+1 < eol && s.src[sign] == ':' && strings.IndexByte(spaces, s.src[sign+1]) >= 0:
		st.colon = true
		st.value = sign + 1
	case strings.Trim(s.src[sign:eol], spaces) == "" || s.src[sign] == '#' && sign > end:
		st.kind = bareName
	default:
		st.kind = noise
	}
}

// body finds the extent of the value.
func (s *splitter) body(st *statement, eol int) {
	after := st.value
	for st.value < eol && (s.src[st.value] == ' ' || s.src[st.value] == '\t') {
		st.value++
	}
	if st.value < eol && (s.src[st.value] == '"' || s.src[st.value] == '\'') {
		st.quote = s.src[st.value]
		s.quoted(st, eol)
		return
	}
	st.end = st.value + len(strings.TrimRight(s.src[st.value:eol], spaces))
	// "#" is a comment only behind a blank, which also holds for the blank
	// between "=" and the value.
	for i := st.value; i < eol; i++ {
		if s.src[i] == '#' && i > after && strings.IndexByte(spaces, s.src[i-1]) >= 0 {
			st.end = st.value + len(strings.TrimRight(s.src[st.value:i], spaces))
			break
		}
	}
	s.block(st)
}

// block recognises an unquoted PEM block, of which only the first line would be
// the value.
func (s *splitter) block(st *statement) {
	value := s.src[st.value:st.end]
	if s.noBlockEnd || !strings.HasPrefix(value, "-----BEGIN ") || strings.Contains(value, "-----END ") {
		return
	}
	last := strings.Index(s.src[st.end:], "\n-----END ")
	if last < 0 {
		s.noBlockEnd = true
		return
	}
	st.kind = pem
	st.fault = st.value
	st.end += last + 1
}

func (s *splitter) quoted(st *statement, eol int) {
	end := s.closing(st)
	if end < 0 {
		st.kind, st.fault = unterminated, st.value
		return
	}
	rest := strings.TrimLeft(s.src[end+1:s.lineEnd(end)], spaces)
	if rest == "" || rest[0] == '#' {
		st.end = end + 1
		return
	}
	if end > eol && s.opensAnother(end) {
		st.kind, st.fault = unterminated, st.value
		return
	}
	st.kind, st.fault, st.end = trailing, end+1, end+1
}

// opensAnother tells whether the quote found far below is the first one of
// another assignment, so that the one above was never closed.
func (s *splitter) opensAnother(quote int) bool {
	from := strings.LastIndexByte(s.src[:quote], '\n') + 1
	head := strings.TrimSpace(s.src[from:quote])
	name, ok := strings.CutSuffix(head, "=")
	return ok && Valid(strings.TrimSpace(strings.TrimPrefix(name, "export ")))
}

// closing finds the offset of the closing quote. In double quotes a backslash
// protects the next byte. In single quotes it does not, but a quote behind a
// backslash closes only when nothing else follows on its line: that reads both
// 'C:\dir\' and 'x\'y'.
func (s *splitter) closing(st *statement) int {
	eol := s.lineEnd(st.value)
	for i := st.value + 1; i < len(s.src); i++ {
		if i > eol {
			eol = s.lineEnd(i)
		}
		switch {
		case st.quote == '"' && s.src[i] == '\\':
			i++
		case s.src[i] != st.quote:
		case st.quote == '\'' && s.src[i-1] == '\\' && i-1 > st.value && s.more(i+1, eol):
		default:
			return i
		}
	}
	return -1
}

// more tells whether anything but a comment follows on the line and a quote
// closes further on.
func (s *splitter) more(from, eol int) bool {
	rest := strings.TrimLeft(s.src[from:max(from, eol)], spaces)
	return rest != "" && rest[0] != '#' && strings.Contains(rest, "'")
}

func isConflict(line string) bool {
	line = strings.TrimSuffix(line, "\r")
	for _, mark := range []string{"<<<<<<<", "=======", ">>>>>>>", "|||||||"} {
		if line == mark || strings.HasPrefix(line, mark+" ") {
			return true
		}
	}
	return false
}

// Valid tells whether a name can be written to an env file and read back:
// letters, digits, "_", "-" and ".", at least one of them.
func Valid(name string) bool {
	for i := range len(name) {
		if !nameByte(name[i]) {
			return false
		}
	}
	return name != ""
}

func nameByte(b byte) bool {
	return b == '_' || b == '-' || b == '.' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// column is the position of an offset in its line, in runes from 1.
func column(text string, offset int) int {
	from := strings.LastIndexByte(text[:offset], '\n') + 1
	line := strings.TrimPrefix(text[from:offset], byteOrderMark)
	return utf8.RuneCountInString(line) + 1
}

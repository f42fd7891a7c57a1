package procfile

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// blanks are what the readers' \s means inside a line.
const blanks = " \t\v\f"

// line is one line of a Procfile, without its line end.
type line struct {
	number int
	text   string
}

// splitLines ends lines at LF, CRLF and lone CR, as the classic slug compiler
// does, so that no CR ever reaches a command.
func splitLines(src []byte) []line {
	src = bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n"))
	src = bytes.ReplaceAll(src, []byte("\r"), []byte("\n"))
	var lines []line
	for number := 1; len(src) > 0; number++ {
		text, rest, _ := bytes.Cut(src, []byte("\n"))
		lines = append(lines, line{number, string(text)})
		src = rest
	}
	return lines
}

// indent is the length of the leading blanks in bytes; blanks are ASCII, so it
// counts runes too.
func (l line) indent() int {
	return len(l.text) - len(strings.TrimLeft(l.text, blanks))
}

// blank tells whether nothing visible stands on the line.
func (l line) blank() bool { return strings.Trim(l.text, blanks) == "" }

// comment tells whether the first visible character is "#".
func (l line) comment() bool {
	return strings.HasPrefix(strings.TrimLeft(l.text, blanks), "#")
}

// column turns a byte offset into a column in runes from 1.
func (l line) column(offset int) int {
	return utf8.RuneCountInString(l.text[:offset]) + 1
}

// fields are the parts of a line that looks like an entry.
type fields struct {
	name    string
	command string
	at      int // byte offset of the command
	spaced  bool
}

// entry takes the line apart when it is "name: command" with an optional
// indent. The command may be empty.
func (l line) entry() (fields, bool) {
	start := l.indent()
	end := start
	for end < len(l.text) && nameByte(l.text[end]) {
		end++
	}
	if end == start || end == len(l.text) || l.text[end] != ':' {
		return fields{}, false
	}
	rest := l.text[end+1:]
	command := strings.TrimLeft(rest, blanks)
	f := fields{
		name:   l.text[start:end],
		at:     len(l.text) - len(command),
		spaced: len(command) != len(rest),
	}
	f.command = strings.TrimRight(command, blanks)
	return f, true
}

func nameByte(b byte) bool {
	return b == '-' || b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// firstWord is the text up to the first blank, or to a colon when that comes
// first, and what follows the blank.
func (l line) firstWord() (word, rest string) {
	text := strings.TrimLeft(l.text, blanks)
	end := strings.IndexAny(text, blanks+":")
	if end < 0 {
		return strings.TrimRight(text, blanks), ""
	}
	return text[:end], text[end:]
}

// conflict recognises the marks that git leaves in a file after a merge.
func (l line) conflict() bool {
	for _, mark := range []string{"<<<<<<<", "=======", ">>>>>>>", "|||||||"} {
		if l.text == mark || strings.HasPrefix(l.text, mark+" ") {
			return true
		}
	}
	return false
}

// template recognises a line that only a template engine understands.
func (l line) template() bool {
	text := strings.TrimLeft(l.text, blanks)
	return strings.HasPrefix(text, "{%") || strings.HasPrefix(text, "{{") || strings.HasPrefix(text, "<%")
}

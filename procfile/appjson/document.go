package appjson

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// document is the text of a file with an index of its lines.
type document struct {
	file   string
	src    string
	starts []int // offsets at which lines start
}

func newDocument(file, src string) *document {
	d := &document{file: file, src: src, starts: []int{0}}
	for i := range len(src) {
		if src[i] == '\n' {
			d.starts = append(d.starts, i+1)
		}
	}
	return d
}

// position turns an offset into line and column, both from 1, the column in
// runes.
func (d *document) position(offset int) (line, column int) {
	line = sort.SearchInts(d.starts, offset+1)
	from := d.starts[line-1]
	return line, utf8.RuneCountInString(d.src[from:min(offset, len(d.src))]) + 1
}

// line is the text of a line without its end.
func (d *document) line(number int) string {
	from, to := d.starts[number-1], len(d.src)
	if number < len(d.starts) {
		to = d.starts[number] - 1
	}
	return strings.TrimSuffix(d.src[from:to], "\r")
}

// mask hides the strings that stand behind a colon, rune by rune so that carets
// keep their place.
func mask(line string) string {
	var b strings.Builder
	inside, secret, after := false, false, false
	escaped := false
	for _, r := range line {
		switch {
		case inside && escaped:
			escaped = false
		case inside && r == '\\':
			escaped = true
		case r == '"':
			inside = !inside
			secret, after = inside && after, false
			b.WriteRune(r)
			continue
		case !inside && r == ':':
			after = true
		case !inside && r != ' ' && r != '\t':
			after = false
		}
		if inside && secret {
			r = '•'
		}
		b.WriteRune(r)
	}
	return b.String()
}

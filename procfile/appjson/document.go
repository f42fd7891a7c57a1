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
	runes  []int // how many runes stand before each stretch
}

// stretch is how many bytes are counted for a column at most: a whole file may
// be one line.
const stretch = 1 << 10

func newDocument(file, src string) *document {
	d := &document{file: file, src: src, starts: []int{0}}
	for i := range len(src) {
		if src[i] == '\n' {
			d.starts = append(d.starts, i+1)
		}
	}
	for at := 0; at < len(src); at += stretch {
		d.runes = append(d.runes, d.before(at))
	}
	return d
}

// position turns an offset into line and column, both from 1, the column in
// runes.
func (d *document) position(offset int) (line, column int) {
	line = sort.SearchInts(d.starts, offset+1)
	return line, d.before(offset) - d.before(d.starts[line-1]) + 1
}

// before counts the runes before an offset: bytes that start one.
func (d *document) before(offset int) int {
	offset = min(offset, len(d.src))
	at, count := 0, 0
	if known := min(offset/stretch, len(d.runes)-1); known >= 0 {
		at, count = known*stretch, d.runes[known]
	}
	for ; at < offset; at++ {
		if utf8.RuneStart(d.src[at]) {
			count++
		}
	}
	return count
}

// maxLine is how long a line may be to be shown below a problem.
const maxLine = 4 << 10

// line is the text of a line without its end; nothing when it is too long to
// show.
func (d *document) line(number int) string {
	from, to := d.starts[number-1], len(d.src)
	if number < len(d.starts) {
		to = d.starts[number] - 1
	}
	if to-from > maxLine {
		return ""
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

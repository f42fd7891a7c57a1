package appjson

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// maxDepth bounds the nesting of a file; Heroku's schema needs six levels.
const maxDepth = 64

// jsonReader reads JSON and keeps the place of every value. What editors and
// people slip into JSON files (comments, trailing commas, NaN) is reported and
// skipped, so that the rest of the file is still checked.
type jsonReader struct {
	*document
	pos      int
	problems problem.List
	comments bool // one has been reported
	commas   bool
	odd      bool
	failed   bool // nothing behind pos can be trusted
}

// readJSON returns nil when the text is beyond reading.
func readJSON(d *document) (*node, problem.List) {
	r := &jsonReader{document: d}
	r.skip()
	if r.pos == len(r.src) {
		r.fail(0, 0, "the file is empty", "")
		return nil, r.problems
	}
	root := r.value(0)
	if r.failed {
		return nil, r.problems
	}
	r.skip()
	if r.pos < len(r.src) {
		r.fail(r.pos, r.pos+1, "text follows the end of the JSON value", "expected the end of the file")
	}
	return root, r.problems
}

// fail reports a fault that ends the reading.
func (r *jsonReader) fail(start, end int, cause, caret string) {
	if r.failed {
		return
	}
	r.failed = true
	_ = r.fault(start, end, cause, caret) // it is in the list now
}

func (r *jsonReader) fault(start, end int, cause, caret string) *problem.Problem {
	p := problem.Newf(codeSyntax, "%s is not valid JSON", r.file).
		At(r.shown(start, end)).Caret(caret)
	if cause != "" {
		p.Cause("%s", cause)
	}
	r.problems = append(r.problems, p)
	return p
}

// skip passes blanks and, with a report, comments.
func (r *jsonReader) skip() {
	for r.pos < len(r.src) {
		rest := r.src[r.pos:]
		switch {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			r.pos++
		case strings.HasPrefix(rest, "//"), rest[0] == '#':
			r.comment(strings.IndexByte(rest, '\n'), 0)
		case strings.HasPrefix(rest, "/*"):
			r.comment(strings.Index(rest, "*/"), 2)
		default:
			return
		}
	}
}

// comment passes a comment that ends at the given distance, or at the end of the
// file.
func (r *jsonReader) comment(length, mark int) {
	start := r.pos
	if length < 0 {
		length, mark = len(r.src)-r.pos, 0
	}
	r.pos += length + mark
	if r.comments {
		return
	}
	r.comments = true
	line := strings.IndexByte(r.src[start:r.pos]+"\n", '\n')
	r.fault(start, start+line, "", "JSON has no comments").
		Fix("delete the comment, or move it into a \"description\"")
}

func (r *jsonReader) value(depth int) *node {
	if depth > maxDepth {
		r.fail(r.pos, r.pos+1, fmt.Sprintf("nested deeper than %d levels", maxDepth), "")
		return &node{}
	}
	r.skip()
	if r.pos == len(r.src) {
		r.fail(r.pos, r.pos, "the file ends too early", "expected a value")
		return &node{}
	}
	switch r.src[r.pos] {
	case '{':
		return r.object(depth)
	case '[':
		return r.list(depth)
	case '"':
		start := r.pos
		return &node{shape: text, text: r.str(), start: start, end: r.pos}
	case '\'':
		r.fail(r.pos, r.pos+1, "", "JSON strings stand in double quotes")
		return &node{}
	default:
		return r.word()
	}
}

func (r *jsonReader) object(depth int) *node {
	n := &node{shape: object, start: r.pos}
	r.pos++
	comma := -1
	for !r.failed {
		r.skip()
		if r.at('}') {
			r.trailingComma(comma, "}")
			r.pos++
			break
		}
		if len(n.members) > 0 && comma < 0 {
			r.expected(`"," or "}"`)
			break
		}
		m, ok := r.member(depth)
		if !ok {
			break
		}
		n.members = append(n.members, m)
		comma = r.comma()
	}
	n.end = r.pos
	return n
}

func (r *jsonReader) member(depth int) (member, bool) {
	if !r.at('"') {
		if r.at('\'') {
			r.fail(r.pos, r.pos+1, "", "JSON keys stand in double quotes")
		} else {
			r.expected("a key in double quotes")
		}
		return member{}, false
	}
	m := member{start: r.pos}
	m.key = r.str()
	m.end = r.pos
	r.skip()
	if !r.at(':') {
		r.expected(`":" after the key`)
		return m, false
	}
	r.pos++
	m.value = r.value(depth + 1)
	return m, !r.failed
}

func (r *jsonReader) list(depth int) *node {
	n := &node{shape: list, start: r.pos}
	r.pos++
	comma := -1
	for !r.failed {
		r.skip()
		if r.at(']') {
			r.trailingComma(comma, "]")
			r.pos++
			break
		}
		if len(n.items) > 0 && comma < 0 {
			r.expected(`"," or "]"`)
			break
		}
		n.items = append(n.items, r.value(depth+1))
		if !r.failed {
			comma = r.comma()
		}
	}
	n.end = r.pos
	return n
}

func (r *jsonReader) at(b byte) bool { return r.pos < len(r.src) && r.src[r.pos] == b }

// comma passes a comma and returns its offset, or -1.
func (r *jsonReader) comma() int {
	r.skip()
	if !r.at(',') {
		return -1
	}
	r.pos++
	return r.pos - 1
}

func (r *jsonReader) trailingComma(comma int, closer string) {
	if comma < 0 || r.commas {
		return
	}
	r.commas = true
	r.fault(comma, comma+1, "", fmt.Sprintf("trailing comma: nothing may stand between the last value and %q", closer)).
		Fix("delete the comma")
}

// expected reports what should stand at the current place.
func (r *jsonReader) expected(what string) {
	if r.pos >= len(r.src) {
		r.fail(len(r.src), len(r.src), "the file ends too early", "expected "+what)
		return
	}
	_, width := utf8.DecodeRuneInString(r.src[r.pos:])
	r.fail(r.pos, r.pos+width, "", "expected "+what)
}

// word reads a number, true, false, null, or what JavaScript would take.
func (r *jsonReader) word() *node {
	start := r.pos
	for r.pos < len(r.src) && strings.IndexByte(" \t\r\n,:{}[]\"'/#", r.src[r.pos]) < 0 {
		r.pos++
	}
	n := &node{text: r.src[start:r.pos], start: start, end: r.pos}
	switch n.text {
	case "true", "false":
		n.shape = boolean
	case "null":
	case "NaN", "Infinity", "-Infinity", "undefined":
		n.shape = number
		if !r.odd {
			r.odd = true
			r.problems = append(r.problems, problem.Newf(codeOdd, "%s is no JSON value", n.text).Warn().
				At(r.shown(start, r.pos)).Note("note", "read as the text %q", n.text))
		}
	default:
		n.shape = number
		if !isNumber(n.text) {
			r.pos = start
			r.expected("a value")
		}
	}
	return n
}

// isNumber applies JSON's rule, which is stricter than strconv's.
func isNumber(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || digits[0] < '0' || digits[0] > '9' || len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' {
		return false
	}
	if strings.ContainsAny(s, "xXpP_nN") || strings.HasSuffix(s, ".") || strings.Contains(s, ".e") || strings.Contains(s, ".E") {
		return false
	}
	_, err := strconv.ParseFloat(s, 64)
	return err == nil || strings.Contains(err.Error(), strconv.ErrRange.Error())
}

// str reads a string and returns what it stands for.
func (r *jsonReader) str() string {
	start := r.pos
	var b strings.Builder
	for r.pos++; r.pos < len(r.src); {
		c := r.src[r.pos]
		switch {
		case c == '"':
			r.pos++
			return b.String()
		case c == '\n':
			r.fail(start, start+1, "", "this string is not closed on its line")
			return ""
		case c < ' ':
			r.fail(r.pos, r.pos+1, "", `a control character must be written as an escape such as \t`)
			return ""
		case c == '\\':
			if !r.escape(&b) {
				return ""
			}
		default:
			b.WriteByte(c)
			r.pos++
		}
	}
	r.fail(start, start+1, "", "this string is never closed")
	return ""
}

// escape reads a backslash and what belongs to it.
func (r *jsonReader) escape(b *strings.Builder) bool {
	start := r.pos
	r.pos += 2
	if r.pos > len(r.src) {
		r.fail(start, start+1, "the file ends too early", "")
		return false
	}
	switch c := r.src[start+1]; c {
	case '"', '\\', '/':
		b.WriteByte(c)
	case 'b', 'f', 'n', 'r', 't':
		b.WriteByte("\b\f\n\r\t"[strings.IndexByte("bfnrt", c)])
	case 'u':
		first, ok := r.hex()
		if !ok {
			r.fail(start, start+2, "", `expected four hexadecimal digits after \u`)
			return false
		}
		if utf16.IsSurrogate(first) && strings.HasPrefix(r.src[r.pos:], `\u`) {
			mark := r.pos
			r.pos += 2
			if second, ok := r.hex(); ok && utf16.DecodeRune(first, second) != utf8.RuneError {
				first = utf16.DecodeRune(first, second)
			} else {
				r.pos = mark
			}
		}
		b.WriteRune(first)
	default:
		r.fail(start, start+2, "", "JSON knows no such escape")
		return false
	}
	return true
}

func (r *jsonReader) hex() (rune, bool) {
	if r.pos+4 > len(r.src) {
		return 0, false
	}
	n, err := strconv.ParseUint(r.src[r.pos:r.pos+4], 16, 32)
	if err != nil {
		return 0, false
	}
	r.pos += 4
	return rune(n), true
}

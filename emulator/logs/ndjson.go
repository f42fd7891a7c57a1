package logs

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"
)

// NewJSON is one JSON object a line: ts, kind, seq, source, dyno, stream, text,
// and continued when the line goes on in the next object. Invalid UTF-8 becomes
// U+FFFD. Lost lines are an object of kind "gap" with the field skipped.
func NewJSON() Formatter { return &jsonFormat{} }

type jsonFormat struct {
	clock   clock
	process string
	quoted  []byte
}

func (f *jsonFormat) Format(dst []byte, line *Line) []byte {
	dst = f.begin(dst, line.Time, "log")
	dst = append(dst, `,"seq":`...)
	dst = strconv.AppendUint(dst, line.Seq, 10)
	dst = append(dst, `,"source":"`...)
	dst = append(dst, line.Source.String()...)
	dst = append(dst, `","dyno":`...)
	if line.Process != f.process || f.quoted == nil {
		f.process = line.Process
		f.quoted = appendJSON(f.quoted[:0], []byte(line.Process))
	}
	dst = append(dst, f.quoted...)
	dst = append(dst, `,"stream":"`...)
	dst = append(dst, line.Stream.String()...)
	dst = append(dst, `","text":`...)
	dst = appendJSON(dst, line.Text)
	if line.Continued {
		dst = append(dst, `,"continued":true`...)
	}
	return append(dst, "}\n"...)
}

func (f *jsonFormat) Gap(dst []byte, n uint64, at time.Time) []byte {
	dst = f.begin(dst, at, "gap")
	dst = append(dst, `,"skipped":`...)
	dst = strconv.AppendUint(dst, n, 10)
	return append(dst, "}\n"...)
}

func (f *jsonFormat) begin(dst []byte, at time.Time, kind string) []byte {
	if key := at.UnixNano(); key != f.clock.key || f.clock.text == nil {
		f.clock.key = key
		f.clock.text = at.UTC().AppendFormat(append(f.clock.text[:0], `{"ts":"`...), "2006-01-02T15:04:05.000000Z")
	}
	dst = append(dst, f.clock.text...)
	dst = append(dst, `","kind":"`...)
	dst = append(dst, kind...)
	return append(dst, '"')
}

// appendJSON appends text as a JSON string.
func appendJSON(dst, text []byte) []byte {
	dst = append(dst, '"')
	if plainText(text) && bytes.IndexByte(text, '"') < 0 && bytes.IndexByte(text, '\\') < 0 {
		dst = append(dst, text...)
		return append(dst, '"')
	}
	for len(text) > 0 {
		b := text[0]
		n := 1
		switch {
		case b == '"' || b == '\\':
			dst = append(dst, '\\', b)
		case b >= ' ' && b < utf8.RuneSelf:
			for n < len(text) && text[n] >= ' ' && text[n] < utf8.RuneSelf && text[n] != '"' && text[n] != '\\' {
				n++
			}
			dst = append(dst, text[:n]...)
		case b < ' ':
			dst = fmt.Appendf(dst, `\u%04x`, b)
		default:
			var r rune
			r, n = utf8.DecodeRune(text)
			dst = utf8.AppendRune(dst, r)
		}
		text = text[n:]
	}
	return append(dst, '"')
}

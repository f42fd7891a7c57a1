package logs

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Paint colours a piece of text that belongs to a process. A nil Paint means no colour.
type Paint func(process, text string) string

// Timestamps says how a text formatter writes the time.
type Timestamps uint8

// The timestamps. The zero value is Short.
const (
	Short        Timestamps = iota // 14:02:11
	ISO                            // 2026-11-29T14:02:11.123+01:00
	NoTimestamps                   // nothing
)

// ParseTimestamps reads short, iso or none.
func ParseTimestamps(word string) (Timestamps, bool) {
	switch word {
	case "short", "":
		return Short, true
	case "iso":
		return ISO, true
	case "none":
		return NoTimestamps, true
	default:
		return Short, false
	}
}

// TextOptions describe NewText. The zero value is for a file: no colours.
type TextOptions struct {
	Timestamps Timestamps
	NoPrefix   bool           // leave the process name out
	Raw        bool           // bytes as they came, without time and prefix; nothing is made safe
	Width      int            // of the names known at the start; it grows with longer ones; 0 means 8
	Paint      Paint          // nil means no colour, and colours of the app are removed
	Location   *time.Location // nil means time.Local
}

const (
	leastWidth = 8
	mostWidth  = 24 // longer names stick out rather than push everything to the right
)

// NewText is the format for people: 14:02:11 web.1    | Puma starting...
//
// The column of names grows with the longest name seen, up to 24, and never
// shrinks. Text is safe for a terminal unless Raw is set.
func NewText(o TextOptions) Formatter {
	if o.Raw {
		return rawFormat{}
	}
	if o.Location == nil {
		o.Location = time.Local
	}
	mode := dropColors
	if o.Paint != nil {
		mode = keepColors
	}
	return &textFormat{options: o, mode: mode, width: min(max(o.Width, leastWidth), mostWidth)}
}

type textFormat struct {
	options TextOptions
	mode    ansi
	width   int
	process string // of prefix
	prefix  []byte // "web.1    | ", painted; empty with NoPrefix
	clock   clock
}

// clock lays out a time once for all lines that share it.
type clock struct {
	key  int64
	text []byte
}

func (f *textFormat) Format(dst []byte, line *Line) []byte {
	name := line.Process
	if name == "" {
		name = line.Source.String()
	}
	dst = f.begin(dst, name, line.Time)
	dst = appendSafe(dst, line.Text, f.mode)
	if len(line.Text) == 0 {
		dst = bytes.TrimRight(dst, " ")
	}
	return append(dst, '\n')
}

func (f *textFormat) Gap(dst []byte, n uint64, at time.Time) []byte {
	dst = f.begin(dst, "inshore", at)
	return append(dst, gapText(n)...)
}

// gapText is the marker that people see in place of lost lines.
func gapText(n uint64) string {
	return fmt.Sprintf("... %d %s not shown here, output was too slow; inshore logs has what is stored\n", n, plural(n, "line"))
}

func plural(n uint64, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

// begin appends time and name.
func (f *textFormat) begin(dst []byte, name string, at time.Time) []byte {
	dst = append(dst, f.stamp(at)...)
	if f.options.NoPrefix {
		return dst
	}
	if name != f.process || f.prefix == nil {
		f.setPrefix(name)
	}
	return append(dst, f.prefix...)
}

func (f *textFormat) setPrefix(name string) {
	length := utf8.RuneCountInString(name)
	if length > f.width && length <= mostWidth {
		f.width = length
	}
	text := name + strings.Repeat(" ", max(0, f.width-length)) + " |"
	if f.options.Paint != nil {
		text = f.options.Paint(name, text)
	}
	f.process = name
	f.prefix = append(append(f.prefix[:0], text...), ' ')
}

func (f *textFormat) stamp(at time.Time) []byte {
	switch f.options.Timestamps {
	case Short:
		if key := at.Unix(); key != f.clock.key || f.clock.text == nil {
			f.clock.key = key
			f.clock.text = at.In(f.options.Location).AppendFormat(f.clock.text[:0], "15:04:05 ")
		}
	case ISO:
		if key := at.UnixMilli(); key != f.clock.key || f.clock.text == nil {
			f.clock.key = key
			f.clock.text = at.In(f.options.Location).AppendFormat(f.clock.text[:0], "2006-01-02T15:04:05.000Z07:00 ")
		}
	default:
		return nil
	}
	return f.clock.text
}

// rawFormat gives the bytes back as they came; pieces of a line are joined.
type rawFormat struct{}

func (rawFormat) Format(dst []byte, line *Line) []byte {
	dst = append(dst, line.Text...)
	if line.Continued {
		return dst
	}
	return append(dst, '\n')
}

func (rawFormat) Gap(dst []byte, n uint64, _ time.Time) []byte {
	return append(dst, gapText(n)...)
}

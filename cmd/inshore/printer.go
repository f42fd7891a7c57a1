package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/fatih/color"
	"golang.org/x/term"

	"github.com/inshore-dev/inshore/emulator/logs"
)

// defaultWidth is used when a stream does not tell how wide it is.
const defaultWidth = 80

// printer writes for people or programs to one stream. Whether it is a
// terminal, its colours and its width belong to the stream, not to the process.
type printer struct {
	w      io.Writer
	tty    bool
	colour bool
	glyphs bool
	width  int
	style  style
}

func newPrinter(w io.Writer) *printer {
	p := &printer{w: w, tty: isTerminal(w), width: defaultWidth, style: newStyle(false)}
	if f, ok := w.(*os.File); ok && p.tty {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			p.width = width
		}
	}
	return p
}

// settle decides colours and signs.
func (p *printer) settle(mode string, getenv func(string) string) {
	p.colour = colourOn(mode, getenv, p.tty)
	p.glyphs = glyphsOn(getenv, p.tty)
	p.style = newStyle(p.colour)
}

func (p *printer) paint(role, text string) string { return p.style.paint(role, text) }

// line prints one line. A write error cannot be told to anybody here.
func (p *printer) line(format string, args ...any) {
	text := format
	if len(args) > 0 {
		text = fmt.Sprintf(format, args...)
	}
	_, _ = io.WriteString(p.w, text+"\n")
}

// json prints a document of the given kind (`inshore help formatting`).
func (p *printer) json(kind string, data any) error {
	return p.encode(document{Schema: 1, Kind: kind, Data: data})
}

// document is what every --json prints, but for the exceptions that
// `inshore help formatting` names.
type document struct {
	Schema int    `json:"schema"`
	Kind   string `json:"kind"`
	Data   any    `json:"data"`
}

// encode prints any value as indented JSON.
func (p *printer) encode(value any) error {
	encoder := json.NewEncoder(p.w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// mark is the sign in front of a line: a glyph where the terminal shows it, a
// word everywhere else.
func (p *printer) mark(role string) string {
	signs := map[string][2]string{
		"ok": {"✓", "[ok]"}, "error": {"✗", "[fail]"}, "warning": {"!", "[warn]"}, "note": {"›", ">"},
	}
	sign := signs[role][1]
	if p.glyphs {
		sign = signs[role][0]
	}
	return p.paint(role, sign)
}

// table prints rows in columns. Cells may be coloured; the last column is cut
// when the row would not fit a terminal.
func (p *printer) table(indent string, rows [][]string) {
	widths := columnWidths(rows)
	for _, row := range rows {
		var b strings.Builder
		b.WriteString(indent)
		for i, cell := range row {
			if i == len(row)-1 {
				b.WriteString(p.fit(cell, p.width-visibleWidth(b.String())))
				break
			}
			b.WriteString(cell + strings.Repeat(" ", widths[i]-visibleWidth(cell)+2))
		}
		p.line("%s", strings.TrimRight(b.String(), " "))
	}
}

func columnWidths(rows [][]string) []int {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], visibleWidth(cell))
		}
	}
	return widths
}

// fit cuts plain text to a width on terminals; a pipe gets everything, and
// coloured text is left alone.
func (p *printer) fit(text string, width int) string {
	if !p.tty || width >= utf8.RuneCountInString(text) || strings.Contains(text, "\x1b") {
		return text
	}
	if width < 2 {
		return ""
	}
	return string([]rune(text)[:width-1]) + "…"
}

// visibleWidth counts what a terminal shows of a text: runes outside escape
// sequences.
func visibleWidth(text string) int {
	n, inEscape := 0, false
	for _, r := range text {
		switch {
		case inEscape:
			inEscape = r != 'm'
		case r == '\x1b':
			inEscape = true
		default:
			n++
		}
	}
	return n
}

// logPaint gives the log formatter the colours of process names; nil when the
// stream has none.
func (p *printer) logPaint() logs.Paint {
	if !p.colour {
		return nil
	}
	colours := make([]*color.Color, len(processColours))
	for i, attribute := range processColours {
		colours[i] = color.New(attribute)
		colours[i].EnableColor()
	}
	return func(process, text string) string {
		return colours[logs.ColorIndex(process)%len(colours)].Sprint(text)
	}
}

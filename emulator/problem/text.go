package problem

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Paint colours a piece of text; role is one of "error", "warning", "note",
// "code", "place", "gutter", "caret" and "label". A nil Paint leaves text plain.
type Paint func(role, text string) string

// Text lays the problem out for a person, ending with a line end:
//
//	error[P002]: Procfile line has no colon
//	  --> Procfile:3:1
//	   |
//	 3 | worker bundle exec sidekiq
//	   | ^^^^^^ expected ":" after the process name
//	   = fix  worker: bundle exec sidekiq
func (p *Problem) Text(paint Paint) string {
	if paint == nil {
		paint = func(_, text string) string { return text }
	}
	var b strings.Builder
	word := p.Severity.String()
	fmt.Fprintf(&b, "%s: %s\n", paint(word, word+"["+p.Code+"]"), p.Message)
	gutter := 1
	if p.Place.Source != "" {
		gutter = len(fmt.Sprint(p.Place.Line))
	}
	pad := strings.Repeat(" ", gutter)
	if p.Place.File != "" {
		fmt.Fprintf(&b, "%s%s %s\n", pad, paint("gutter", " -->"), paint("place", p.Place.String()))
	}
	if p.Place.Source != "" {
		p.writeSource(&b, pad, paint)
	}
	width := 0
	for _, n := range p.Notes {
		width = max(width, min(len(n.Label), 8))
	}
	for _, n := range p.Notes {
		label := n.Label + strings.Repeat(" ", max(0, width-len(n.Label)))
		fmt.Fprintf(&b, "%s %s %s\n", pad, paint("gutter", " ="), strings.TrimRight(paint("label", label)+"  "+n.Text, " "))
		for _, line := range n.Lines {
			quoted := strings.TrimRight(" "+visible(line), " ")
			fmt.Fprintf(&b, "%s %s%s\n", pad, paint("gutter", "   |"), quoted)
		}
	}
	return b.String()
}

// maxSource bounds how much of a long line is shown, in runes.
const maxSource = 160

func (p *Problem) writeSource(b *strings.Builder, pad string, paint Paint) {
	source := strings.ReplaceAll(p.Place.Source, "\t", " ")
	column, end := p.Place.Column, p.Place.EndColumn
	source = visible(source)
	if utf8.RuneCountInString(source) > maxSource {
		source, column, end = window(source, column, end)
	}
	fmt.Fprintf(b, "%s %s\n", pad, paint("gutter", " |"))
	fmt.Fprintf(b, " %s %s %s\n", paint("gutter", fmt.Sprint(p.Place.Line)), paint("gutter", "|"), source)
	if column == 0 {
		return
	}
	carets := strings.Repeat("^", max(1, end-column))
	line := strings.Repeat(" ", column-1) + carets
	if p.Place.Caret != "" {
		line += " " + p.Place.Caret
	}
	fmt.Fprintf(b, "%s %s %s\n", pad, paint("gutter", " |"), paint("caret", line))
}

// visible replaces control characters, so that a hostile file cannot drive the
// terminal through an error message.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) {
			return '\uFFFD'
		}
		return r
	}, s)
}

// window cuts a long line down to the part around the carets.
func window(source string, column, end int) (cut string, newColumn, newEnd int) {
	runes := []rune(source)
	start := max(0, column-1-maxSource/2)
	stop := min(len(runes), start+maxSource)
	prefix, suffix := "", ""
	if start > 0 {
		prefix = "…"
	}
	if stop < len(runes) {
		suffix = "…"
	}
	cut = prefix + string(runes[start:stop]) + suffix
	if column == 0 {
		return cut, 0, 0
	}
	shift := start - len([]rune(prefix))
	newColumn = column - shift
	newEnd = min(end-shift, stop-shift+1)
	return cut, newColumn, newEnd
}

// Package problem is the one shape in which inshore says that something is
// wrong: a code, a sentence, a place in one of the user's files, the causes and
// the fixes.
//
// Every package may return a *Problem as an error; only cmd prints one. A
// Problem never holds a secret: whoever builds one leaves the source line of a
// .env value out (Place.Source stays empty). The zero Problem is not useful;
// start with New or Newf and add what is known.
//
//	return problem.New("P002", "Procfile line has no colon").
//		At(problem.Place{File: "Procfile", Line: 3, Column: 1, Source: line}).
//		Caret(`expected ":" after the process name`).
//		Fix("worker: bundle exec sidekiq")
package problem

import (
	"errors"
	"fmt"
	"strings"
)

// Severity says how bad a problem is. The zero value is Error.
type Severity int

// The severities, worst first.
const (
	Error Severity = iota
	Warning
	Info
)

// String is the word shown to people and written to JSON.
func (s Severity) String() string {
	switch s {
	case Warning:
		return "warning"
	case Info:
		return "note"
	default:
		return "error"
	}
}

// Place is a position in a file. The zero Place means that there is none.
type Place struct {
	File      string // as the user would name it, relative to the app's directory
	Line      int    // from 1; 0 means the whole file
	Column    int    // in runes from 1; 0 means the whole line
	EndColumn int    // exclusive; 0 means one rune
	Source    string // the text of the line without its line end; empty when unknown or secret
	Caret     string // what stands behind the carets; may be empty
}

// String is file:line:column with the parts that are known.
func (p Place) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	default:
		return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	}
}

// Note is one labelled line below a problem: "fix", "cause", "note", "by" …
type Note struct {
	Label string
	Text  string
	Lines []string // quoted material such as the last lines of a log; may be empty
}

// Problem is something wrong with the user's files, machine or app.
type Problem struct {
	Code     string // family letter and three digits, for example P002
	Severity Severity
	Message  string // one sentence, lower case, no full stop, no secret
	Place    Place
	Notes    []Note
	Err      error // what caused it, for errors.Is and errors.As; may be nil
}

// New starts a problem of severity Error.
func New(code, message string) *Problem {
	return &Problem{Code: code, Message: message}
}

// Newf is New with a format.
func Newf(code, format string, args ...any) *Problem {
	return New(code, fmt.Sprintf(format, args...))
}

// Warn lowers the severity to Warning.
func (p *Problem) Warn() *Problem {
	p.Severity = Warning
	return p
}

// Hint lowers the severity to Info.
func (p *Problem) Hint() *Problem {
	p.Severity = Info
	return p
}

// At says where.
func (p *Problem) At(place Place) *Problem {
	p.Place = place
	return p
}

// Caret says what stands behind the carets under the source line.
func (p *Problem) Caret(text string) *Problem {
	p.Place.Caret = text
	return p
}

// Cause adds a line that says why.
func (p *Problem) Cause(format string, args ...any) *Problem {
	return p.Note("cause", format, args...)
}

// Fix adds a line with something to do, preferably a command to copy.
func (p *Problem) Fix(format string, args ...any) *Problem {
	return p.Note("fix", format, args...)
}

// Note adds a line under a label of the caller's.
func (p *Problem) Note(label, format string, args ...any) *Problem {
	text := format
	if len(args) > 0 {
		text = fmt.Sprintf(format, args...)
	}
	p.Notes = append(p.Notes, Note{Label: label, Text: text})
	return p
}

// Quote adds a labelled line followed by quoted lines.
func (p *Problem) Quote(label, text string, lines []string) *Problem {
	p.Notes = append(p.Notes, Note{Label: label, Text: text, Lines: lines})
	return p
}

// Wrap keeps the error that caused the problem.
func (p *Problem) Wrap(err error) *Problem {
	p.Err = err
	return p
}

// Error is place, code and message on one line.
func (p *Problem) Error() string {
	text := fmt.Sprintf("%s[%s]: %s", p.Severity, p.Code, p.Message)
	if p.Place.File != "" {
		text = p.Place.String() + ": " + text
	}
	return text
}

// Unwrap gives the cause to errors.Is and errors.As.
func (p *Problem) Unwrap() error { return p.Err }

// List is several problems, in the order in which a reader meets them. A nil
// List is no problem at all.
type List []*Problem

// Err is the list as an error when it holds at least one problem of severity
// Error, and nil otherwise: warnings do not stop anybody.
func (l List) Err() error {
	if !l.Failed() {
		return nil
	}
	return l
}

// Failed tells whether a problem of severity Error is in the list.
func (l List) Failed() bool {
	for _, p := range l {
		if p.Severity == Error {
			return true
		}
	}
	return false
}

// Error is one line a problem.
func (l List) Error() string {
	lines := make([]string, 0, len(l))
	for _, p := range l {
		lines = append(lines, p.Error())
	}
	return strings.Join(lines, "\n")
}

// Of finds the problems inside an error: a List, a *Problem, or either of them
// wrapped. It returns nil for any other error.
func Of(err error) List {
	if list, ok := errors.AsType[List](err); ok {
		return list
	}
	if one, ok := errors.AsType[*Problem](err); ok {
		return List{one}
	}
	return nil
}

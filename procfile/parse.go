package procfile

import (
	"bytes"
	"strings"

	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/procfile/source"
)

var byteOrderMark = []byte("\ufeff")

// Parse reads the text of a Procfile; name is what problems call the file. The
// Procfile is never nil and holds whatever could be read, also when the list
// has errors; callers that start something stop at problem.List.Failed.
//
// A line that is no entry is a warning as long as other lines declare
// something, because Heroku builds such an app; it is an error when nothing
// else is left, and in strict mode.
func Parse(name string, src []byte, opts Options) (*Procfile, problem.List) {
	p := &parser{
		file:  &Procfile{Name: name},
		opts:  opts,
		index: make(map[string]int),
		crlf:  bytes.Contains(src, []byte("\r\n")),
	}
	if refused := source.CheckText(name, src, codeEncoding); refused != nil {
		return p.file, problem.List{refused}
	}
	if bytes.HasPrefix(src, byteOrderMark) {
		src = src[len(byteOrderMark):]
		p.reportMark()
	}
	for _, l := range splitLines(src) {
		p.line(l)
	}
	p.finish()
	return p.file, p.problems.List()
}

// parser collects entries and problems in file order.
type parser struct {
	file     *Procfile
	opts     Options
	index    map[string]int // of a type in file.Entries
	crlf     bool           // the file has CRLF line ends
	problems source.Problems

	open     *problem.Problem // of a command that goes on in the next line, until an entry follows
	conflict *problem.Problem // one for all the marks
	marks    int
	rejected []*problem.Problem // warnings that become errors when no entry is left
}

func (p *parser) line(l line) {
	switch {
	case l.blank():
		p.checkBlank(l)
	case l.comment():
		p.checkComment(l)
	case l.conflict():
		p.reportConflict(l)
	case p.continues(l):
		// Said once, by the problem about the command above.
	case p.opts.Strict:
		p.strict(l)
	default:
		p.lenient(l)
	}
}

// continues tells whether the line belongs to the command above it, which ended
// in a backslash or inside a quote. Such a line is never run as something of its
// own.
func (p *parser) continues(l line) bool {
	if p.open == nil {
		return false
	}
	f, ok := l.entry()
	return !ok || l.indent() > 0 || f.command == ""
}

func (p *parser) lenient(l line) {
	f, ok := l.entry()
	if !ok {
		p.reject(l)
		return
	}
	if f.command == "" {
		p.reportEmpty(l, f)
		return
	}
	p.checkForm(l, f)
	p.checkName(l, f)
	p.add(l, f, f.name)
}

// add stores an entry. A repeated name keeps its place in the order and takes
// the later command, as Heroku does.
func (p *parser) add(l line, f fields, processType string) {
	p.open = nil
	e := Entry{
		Type:          processType,
		Command:       f.command,
		Line:          l.number,
		Column:        l.indent() + 1,
		CommandColumn: l.column(f.at),
		Source:        l.text,
	}
	if i, ok := p.index[processType]; ok {
		p.reportDuplicate(l, f, p.file.Entries[i])
		p.file.Entries[i] = e
	} else {
		p.index[processType] = len(p.file.Entries)
		p.file.Entries = append(p.file.Entries, e)
	}
	p.checkCommand(l, f)
}

func (p *parser) finish() {
	if len(p.file.Entries) > 0 {
		return
	}
	for _, r := range p.rejected {
		r.Severity = problem.Error
	}
	p.reportNothing()
}

func (p *parser) report(found *problem.Problem) { p.problems.Add(found) }

// place marks the bytes from start to end of a line.
func (p *parser) place(l line, start, end int) problem.Place {
	return problem.Place{
		File: p.file.Name, Line: l.number,
		Column: l.column(start), EndColumn: l.column(end),
		Source: l.text,
	}
}

// hasProcessName tells whether a word is a name that people give to process
// types, so that "worker bundle exec sidekiq" reads as a lost colon and "node
// index.js" as a lost name.
func hasProcessName(word string) bool {
	switch strings.ToLower(word) {
	case "web", "worker", "workers", "release", "clock", "beat", "celery", "scheduler", "cron", "console",
		"rake", "api", "backend", "frontend", "client", "server", "app", "css", "js", "vite", "assets",
		"sidekiq", "resque", "jobs", "queue", "bot", "db", "redis", "urgentworker", "consumer", "log", "webpack":
		return true
	}
	return strings.HasPrefix(word, "worker") || strings.HasPrefix(word, "web")
}

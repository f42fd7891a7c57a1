package procfile

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// The codes of everything that can be said about a Procfile.
const (
	codeMissing      = "P001"
	codeNoColon      = "P002"
	codeName         = "P003"
	codeDuplicate    = "P004"
	codeNothing      = "P005"
	codeEmpty        = "P006"
	codeEncoding     = "P007"
	codeUnreadable   = "P009"
	codeQuote        = "P010"
	codeContinuation = "P011"
	codeNoBlank      = "P012"
	codeIndent       = "P013"
	codeMark         = "P014"
	codeSpelling     = "P015"
	codeConflict     = "P016"
	codeTemplate     = "P017"
	codeLength       = "P018"
	codeBlankColon   = "P019"
	codeWindows      = "P021"
	codeHyphen       = "P022"
	codeBlankLine    = "P023"
)

// maxMarks is how many conflict marks a problem lists.
const maxMarks = 10

// maxName is the length of a key that the Fir generation takes.
const maxName = 63

func (p *parser) reportMark() {
	p.report(withReaders(problem.Newf(codeMark, "%s starts with a byte-order mark", p.file.Name).Warn().
		At(problem.Place{File: p.file.Name, Line: 1}).
		Note("note", "it is ignored here; others take it for a part of the first name").
		Fix("save it as UTF-8 without BOM"),
		Cedar, Fir, HerokuLocal, Foreman, Honcho, Hivemind, Overmind))
}

// checkBlank reports, once, a line that looks empty and is not: heroku local
// skips only lines without any character, and CR is one.
func (p *parser) checkBlank(l line) {
	if l.text == "" && !p.crlf || p.problems.Has(codeBlankLine) {
		return
	}
	p.report(withReaders(problem.New(codeBlankLine, "blank line holds an invisible character").Hint().
		At(problem.Place{File: p.file.Name, Line: l.number}).
		Note("note", "heroku local then falls back to npm start"), HerokuLocal))
}

func (p *parser) checkComment(l line) {
	if l.indent() == 0 || p.problems.Has(codeIndent) {
		return
	}
	p.report(withReaders(problem.New(codeIndent, "comment is indented").Hint().
		At(p.place(l, 0, l.indent())).
		Note("note", "heroku local knows comments only in the first column"), HerokuLocal))
}

func (p *parser) reportConflict(l line) {
	p.marks++
	if p.conflict != nil {
		if p.marks <= maxMarks {
			p.conflict.Notes[0].Text += ", " + strconv.Itoa(l.number)
		}
		return
	}
	p.conflict = withReaders(problem.New(codeConflict, "unresolved merge conflict").
		At(p.place(l, 0, len(l.text))).
		Note("note", "conflict marks on lines %d", l.number).
		Fix("choose one side of each conflict and delete the marks"), Fir, HerokuLocal)
	p.report(p.conflict)
}

// reject reports a line that is no entry.
func (p *parser) reject(l line) {
	found := p.diagnose(l)
	if p.opts.Strict {
		found.Severity = problem.Error
	}
	if found.Severity != problem.Error {
		p.rejected = append(p.rejected, found)
	}
	p.report(found)
}

func (p *parser) diagnose(l line) *problem.Problem {
	start := l.indent()
	word, rest := l.firstWord()
	end := start + len(word)
	switch {
	case l.template():
		return withReaders(problem.New(codeTemplate, "template instruction is not rendered").Warn().
			At(p.place(l, start, len(l.text))).
			Note("note", "the line is ignored"), Cedar, Fir, HerokuLocal)
	case strings.HasPrefix(rest, ":"):
		return p.badName(l, word)
	case strings.HasPrefix(strings.TrimLeft(rest, blanks), ":"):
		return withReaders(problem.New(codeBlankColon, "blank before the colon").Warn().
			At(p.place(l, end, end+strings.IndexByte(rest, ':'))).Caret("remove it").
			Note("note", "the line is ignored").
			Fix("%s:%s", word, strings.TrimLeft(rest, blanks)[1:]), Cedar, Fir, HerokuLocal)
	}
	found := problem.New(codeNoColon, "Procfile line has no colon").Warn().
		At(p.place(l, start, end)).Caret(`expected ":" after the process name`)
	line := strings.TrimSpace(l.text)
	switch rest = strings.TrimSpace(rest); {
	case hasProcessName(word) && rest != "":
		found.Fix("%s: %s", word, rest)
	case strings.ContainsAny(line, "{}<>&;"):
	default:
		found.Fix("web: %s", line)
	}
	return withReaders(found, Cedar, Fir, HerokuLocal)
}

// badName reports "word: …" whose word is no process name.
func (p *parser) badName(l line, word string) *problem.Problem {
	start := l.indent()
	if word == "" {
		return withReaders(problem.New(codeName, "process has no name").
			At(p.place(l, start, start+1)).Caret("expected a name before the colon"), Fir, HerokuLocal)
	}
	found := problem.New(codeName, "process name has a character that Heroku does not accept").
		At(p.place(l, start, start+len(word))).Caret("allowed: letters, digits, - and _")
	if name := spell(word); name != "" {
		found.Fix("%s%s", name, l.text[start+len(word):])
	}
	return withReaders(found, Fir, HerokuLocal)
}

// spell is the nearest acceptable name, or nothing.
func spell(word string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r < 0x80 && nameByte(byte(r)):
			return r
		case r < 0x80:
			return '-'
		default:
			return -1
		}
	}, word)
	return strings.Trim(name, "-")
}

func (p *parser) reportEmpty(l line, f fields) {
	p.open = nil
	start := l.indent()
	p.report(withReaders(problem.Newf(codeEmpty, "process %q has no command", f.name).
		At(p.place(l, start, start+len(f.name)+1)).Caret("expected a command after the colon"),
		Cedar, Fir, HerokuLocal))
}

// checkForm reports spellings that only some readers take.
func (p *parser) checkForm(l line, f fields) {
	start := l.indent()
	if !f.spaced {
		p.report(withReaders(problem.New(codeNoBlank, "no blank after the colon").Warn().
			At(p.place(l, f.at-1, f.at)).Caret("put a blank here").
			Note("note", "Heroku's slug compiler ignores such a line, so the process would be missing there").
			Fix("%s: %s", f.name, f.command),
			Cedar, Hivemind, Overmind))
	}
	if start > 0 {
		p.report(withReaders(problem.New(codeIndent, "blanks before the process name").Warn().
			At(p.place(l, 0, start)).Caret("remove them").
			Note("note", "Heroku takes the line; foreman and its relatives ignore it"),
			HerokuLocal, Foreman, Honcho, Hivemind, Overmind))
	}
}

func (p *parser) checkName(l line, f fields) {
	start := l.indent()
	place := p.place(l, start, start+len(f.name))
	switch {
	case f.name[0] == '-' || f.name[0] == '_' || strings.HasSuffix(f.name, "-") || strings.HasSuffix(f.name, "_"):
		p.report(withReaders(problem.Newf(codeName, "process name %q does not begin and end with a letter or digit", f.name).
			At(place).Fix("%s: %s", strings.Trim(f.name, "-_"), f.command), Fir, HerokuLocal))
	case len(f.name) > maxName:
		p.report(withReaders(problem.Newf(codeLength, "process name has %d characters, at most %d are allowed", len(f.name), maxName).
			At(place), Fir))
	case firName(f.name) != f.name:
		p.report(withReaders(problem.Newf(codeSpelling, "process name %q is not spelled in a-z, 0-9 and -", f.name).Warn().
			At(place).
			Note("note", "Heroku's Fir generation renames it %q", firName(f.name)), Fir))
	case strings.Contains(f.name, "-"):
		p.report(withReaders(problem.Newf(codeHyphen, "heroku local does not list process names with a hyphen such as %q", f.name).Hint().
			At(place), HerokuLocal))
	}
}

func (p *parser) reportDuplicate(l line, f fields, earlier Entry) {
	start := l.indent()
	p.report(withReaders(problem.Newf(codeDuplicate, "process %q is defined twice", earlier.Type).Warn().
		At(p.place(l, start, start+len(f.name))).
		Caret(fmt.Sprintf("first defined at %s:%d", p.file.Name, earlier.Line)).
		Note("note", "Heroku keeps only the last of them; remove the other"),
		Foreman, Honcho, Hivemind, Overmind))
}

// checkCommand reports commands that a shell cannot run as they stand.
func (p *parser) checkCommand(l line, f fields) {
	if at, quote := openQuote(f.command); quote != 0 {
		found := problem.Newf(codeQuote, "command of %q has an unterminated quote", f.name).
			At(p.place(l, f.at+at, f.at+at+1)).
			Caret(fmt.Sprintf("%c opened here, never closed on this line", quote)).
			Note("note", "a Procfile command is one line").
			Fix("put the commands into a script, for example bin/%s, and start that", f.name)
		p.report(withReaders(found, Cedar, Fir, HerokuLocal))
		p.open = found
		return
	}
	if strings.HasSuffix(f.command, `\`) && !strings.HasSuffix(f.command, `\\`) {
		at := f.at + len(f.command) - 1
		found := problem.Newf(codeContinuation, "command of %q ends in a backslash", f.name).Warn().
			At(p.place(l, at, at+1)).
			Caret("a Procfile has no line continuation").
			Note("note", "whatever the next lines hold is not part of the command").
			Fix("write the command on one line, or put it into a script such as bin/%s", f.name)
		if p.opts.Strict {
			found.Severity = problem.Error
		}
		p.report(withReaders(found, Cedar, Fir, HerokuLocal))
		p.open = found
		return
	}
	if name, at := windowsVariable(f.command); name != "" {
		p.report(problem.Newf(codeWindows, "%s is how Windows writes a variable", name).Hint().
			At(p.place(l, f.at+at, f.at+at+len(name))).
			Note("note", "a Heroku dyno passes it on as it stands").
			Fix("$%s", strings.Trim(name, "%")))
	}
}

// windowsVariable finds %NAME%.
func windowsVariable(command string) (name string, at int) {
	for at = 0; at < len(command); at++ {
		if command[at] != '%' {
			continue
		}
		end := at + 1
		for end < len(command) && (command[end] == '_' || command[end] >= 'A' && command[end] <= 'Z') {
			end++
		}
		if end > at+2 && end < len(command) && command[end] == '%' {
			return command[at : end+1], at
		}
	}
	return "", 0
}

func (p *parser) reportNothing() {
	line := 1
	if found := p.problems.List(); len(found) > 0 {
		line = max(line, found[0].Place.Line)
	}
	p.report(withReaders(problem.Newf(codeNothing, "%s declares no process", p.file.Name).
		At(problem.Place{File: p.file.Name, Line: line}).
		Note("note", "a process is a line such as: web: npm start"), Cedar, Fir, HerokuLocal))
}

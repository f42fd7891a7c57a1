package envfile

import (
	"strings"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// The codes of everything that can be said about an env file.
const (
	codeUnterminated = "E001"
	codeTrailing     = "E002"
	codeBareName     = "E004"
	codeNoise        = "E005"
	codeEmptyName    = "E006"
	codeEncoding     = "E007"
	codeMissing      = "E008"
	codeUnreadable   = "E009"
	codeName         = "E011"
	codeColon        = "E012"
	codeMark         = "E013"
	codeHash         = "E014"
	codeUnknown      = "E015"
	codeConflict     = "E016"
	codeObject       = "E017"
	codeBlock        = "E018"
	codeUnset        = "E019"
	codeNUL          = "E020"
	codeTooLong      = "E021"
	codeReference    = "E022"
	codeLines        = "E023"
	codeDuplicate    = "E024"
	codeNotWritten   = "E025"
)

// hidden is the note below every problem that stands at a value.
const hidden = "value hidden"

func withReaders(p *problem.Problem, readers ...string) *problem.Problem {
	return p.Note("readers", "%s", strings.Join(readers, ", "))
}

// place is the position of an offset. It never carries the source line.
func (r *reader) place(st statement, offset int) problem.Place {
	line := st.line + strings.Count(r.text[st.start:offset], "\n")
	return problem.Place{File: r.name, Line: line, Column: column(r.text, offset)}
}

func (r *reader) report(p *problem.Problem) { r.problems.Add(p) }

func (r *reader) reportMark() {
	r.report(withReaders(problem.Newf(codeMark, "%s starts with a byte-order mark", r.name).Warn().
		At(problem.Place{File: r.name, Line: 1}).
		Fix("save it as UTF-8 without BOM"), "foreman", "godotenv", "python-dotenv"))
}

func (r *reader) reportFault(st statement) {
	switch st.kind {
	case unterminated:
		r.report(problem.Newf(codeUnterminated, "%s has an unterminated quote in the value of %s", r.name, st.name).
			At(r.place(st, st.fault)).Caret("opened here, never closed").
			Note("note", hidden))
	case trailing:
		r.report(problem.Newf(codeTrailing, "text follows the closing quote of %s", st.name).
			At(r.place(st, st.fault)).Caret("expected the end of the line or a comment").
			Note("note", hidden).
			Fix("put one pair of quotes around the whole value"))
	case pem:
		r.report(problem.Newf(codeBlock, "the value of %s spans several lines without quotes", st.name).
			At(r.place(st, st.fault)).
			Note("note", hidden).
			Fix("put the whole block, from BEGIN to END, into double quotes"))
	case emptyName:
		r.report(problem.New(codeEmptyName, "there is no name before the equals sign").
			At(r.place(st, st.fault)))
	case conflict:
		if !r.conflict {
			r.conflict = true
			r.report(problem.Newf(codeConflict, "%s holds an unresolved merge conflict", r.name).
				At(r.place(st, st.fault)).
				Fix("choose one side of each conflict and delete the marks"))
		}
	case bareName:
		r.report(withReaders(problem.New(codeBareName, "line has a name but no value").Warn().
			At(r.place(st, st.fault)).
			Note("note", "the line is ignored; write NAME= for an empty value"), "godotenv", "heroku-local", "compose"))
	default:
		r.report(withReaders(problem.New(codeNoise, "line is not NAME=value").Warn().
			At(r.place(st, st.fault)).
			Note("note", "the line is ignored and hidden here"), "godotenv", "compose", "heroku-local"))
	}
}

func (r *reader) reportNUL(st statement, at int) {
	r.report(problem.New(codeNUL, "line holds a NUL byte").At(r.place(st, at)).
		Note("note", "no environment variable can hold one; the line is ignored"))
}

func (r *reader) reportTooLong(st statement) {
	r.report(problem.Newf(codeTooLong, "the value of %s grows beyond %d KiB", st.name, maxValue>>10).
		At(r.place(st, st.value)).Note("note", hidden))
}

// reportReferences points at references without naming them: what looks like
// one may be a part of a secret.
func (r *reader) reportReferences(st statement, e *expander) {
	start := st.value
	if st.quote != 0 {
		start++
	}
	if at := e.unknown; at >= 0 {
		r.report(withReaders(problem.Newf(codeUnknown, "a $ in the value of %s starts the name of no variable above it", st.name).Warn().
			At(r.place(st, min(start+at, st.end))).
			Note("note", "it stays as written; single quotes make that plain to every reader"),
			"compose", "ruby-dotenv"))
	}
	if at := e.unset; at >= 0 {
		r.report(withReaders(problem.Newf(codeUnset, "a ${…} in the value of %s is not set", st.name).Warn().
			At(r.place(st, min(start+at, st.end))).
			Note("note", "it becomes empty; ${NAME:-text} gives a default"),
			"heroku-local", "foreman"))
	}
	if e.used {
		r.report(withReaders(problem.Newf(codeReference, "the value of %s refers to another variable", st.name).Hint().
			At(r.place(st, st.value)).
			Note("note", "some readers pass the reference on as it stands"),
			"heroku-local", "foreman", "dotenv"))
	}
}

func (r *reader) checkName(st statement) {
	at := r.place(st, st.start)
	if st.colon {
		r.report(withReaders(problem.Newf(codeColon, "%s is followed by a colon", st.name).Warn().At(at).
			Note("note", "read like an equals sign; most readers ignore such a line").
			Fix("%s=…", st.name), "heroku-local", "foreman", "python-dotenv"))
	}
	if strings.ContainsAny(st.name, "-.") || st.name[0] >= '0' && st.name[0] <= '9' {
		r.report(withReaders(problem.Newf(codeName, "no shell can use the name %s", st.name).Warn().At(at).
			Note("note", "Heroku takes letters, digits and _ in config vars"), "foreman", "godotenv"))
	}
	if earlier, ok := r.vars.Get(st.name); ok {
		r.report(problem.Newf(codeDuplicate, "%s is set twice", st.name).Hint().At(at).
			Note("note", "first on line %d; the last one counts", earlier.Line))
	}
}

func (r *reader) checkValue(st statement, written string) {
	if st.quote == 0 && strings.Contains(written, "#") {
		r.report(withReaders(problem.Newf(codeHash, `the value of %s holds a "#"`, st.name).Warn().
			At(r.place(st, st.value+strings.IndexByte(written, '#'))).
			Note("note", "kept, since no blank stands before it; heroku local cuts the value here").
			Fix("put single quotes around the value"), "heroku-local", "dotenv", "ruby-dotenv"))
	}
	if st.quote != 0 && strings.Contains(written, "\n") {
		r.report(withReaders(problem.Newf(codeLines, "the value of %s spans several lines", st.name).Hint().
			At(r.place(st, st.value)), "heroku-local", "foreman", "ruby-dotenv"))
	}
}

package envfile

import (
	"strings"

	"github.com/joho/godotenv"

	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/procfile/source"
)

// Options says how to read. The zero value expands from the file alone.
type Options struct {
	// Lookup finds names that no file sets, normally os.LookupEnv; nil finds
	// nothing.
	Lookup func(name string) (string, bool)
	// Earlier holds variables of files read before; they may be referred to
	// but are not part of the result.
	Earlier Vars
}

// Parse reads the text of an env file; name is what problems and Var.File call
// it. A bad line is a problem and never hides the lines after it.
func Parse(name string, src []byte) (Vars, problem.List) {
	return ParseWith(name, src, Options{})
}

// ParseWith is Parse with options.
func ParseWith(name string, src []byte, opts Options) (Vars, problem.List) {
	if refused := source.CheckEncoding(name, src, codeEncoding); refused != nil {
		return Vars{}, problem.List{refused}
	}
	r := &reader{name: name, text: string(src), opts: opts}
	body := strings.TrimPrefix(r.text, byteOrderMark)
	if body != r.text {
		r.reportMark()
	}
	if strings.HasPrefix(strings.TrimLeft(body, spaces+"\n"), "{") && r.object(body) {
		return r.vars, r.problems.List()
	}
	for _, st := range split(r.text) {
		r.statement(st)
	}
	return r.vars, r.problems.List()
}

// reader turns statements into variables and problems.
type reader struct {
	name     string
	text     string
	opts     Options
	vars     Vars
	problems source.Problems
	conflict bool
}

func (r *reader) statement(st statement) {
	if st.kind == bareName && st.exported {
		if _, ok := r.vars.Get(st.name); ok {
			return // "export NAME" of a variable above is a habit of shells
		}
	}
	if st.kind != assignment {
		r.reportFault(st)
		return
	}
	written := strings.ReplaceAll(r.text[st.value:st.end], "\r\n", "\n")
	if at := strings.IndexByte(r.text[st.start:st.end], 0); at >= 0 {
		r.reportNUL(st, st.start+at)
		return
	}
	value, ok := r.value(st, written)
	if !ok {
		return
	}
	r.checkName(st)
	r.checkValue(st, written)
	r.vars.Set(Var{Name: st.name, Value: value, File: r.name, Line: st.line})
}

// value decodes a value as written. Plain ones are read by godotenv; the others
// hold something that it would refuse or damage: "$", a backslash, or bytes
// beyond ASCII.
func (r *reader) value(st statement, written string) (string, bool) {
	if isPlain(written) {
		if m, err := godotenv.Unmarshal("V=" + written); err == nil {
			return m["V"], true
		}
		// The error is dropped on purpose: it quotes the value.
	}
	if st.quote != 0 {
		written = written[1 : len(written)-1]
	}
	if st.quote == '\'' {
		return written, true
	}
	e := &expander{lookup: r.lookup, unknown: -1, unset: -1}
	value := e.expand(written, st.quote == '"', 0)
	if e.tooLong {
		r.reportTooLong(st)
		return "", false
	}
	r.reportReferences(st, e)
	return value, true
}

// isPlain tells whether godotenv and this package mean the same by a value.
func isPlain(written string) bool {
	for i := range len(written) {
		b := written[i]
		if b == '$' || b == '\\' || b > '~' || b < ' ' && b != '\t' && b != '\n' {
			return false
		}
	}
	return written != "" && written[0] != '#'
}

// lookup finds a variable above in the file, in a file before, and in the
// environment, in this order.
func (r *reader) lookup(name string) (string, bool) {
	if value, ok := r.vars.Value(name); ok {
		return value, true
	}
	if value, ok := r.opts.Earlier.Value(name); ok {
		return value, true
	}
	if r.opts.Lookup == nil {
		return "", false
	}
	value, ok := r.opts.Lookup(name)
	if !ok {
		return "", false
	}
	return value, true
}

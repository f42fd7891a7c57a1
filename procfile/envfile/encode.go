package envfile

import (
	"bytes"
	"io"
	"strings"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// Encode writes one line per variable, in order, quoted so that this package
// reads the same bytes back, and so do godotenv, compose, foreman and heroku
// local for every value that they can hold at all: only a line end, and a "'"
// together with "$" or "#", is beyond heroku local. Variables whose name
// is not Valid or whose value holds a NUL byte are left out; Write says so.
func Encode(vars Vars) []byte {
	var b bytes.Buffer
	for _, v := range vars.list {
		if writable(v) {
			b.WriteString(v.Name + "=" + quote(v.Value) + "\n")
		}
	}
	return b.Bytes()
}

// Write is Encode to a writer. It writes nothing and returns problem E025 when
// a variable cannot be written.
func Write(w io.Writer, vars Vars) error {
	for _, v := range vars.list {
		if !writable(v) {
			return notWritable(v.Name)
		}
	}
	_, err := w.Write(Encode(vars))
	return err
}

func writable(v Var) bool {
	return Valid(v.Name) && !strings.Contains(v.Value, "\x00")
}

func notWritable(name string) *problem.Problem {
	if Valid(name) {
		return problem.Newf(codeNotWritten, "the value of %s holds a NUL byte", name)
	}
	return problem.Newf(codeNotWritten, "%q is no name for a variable in an env file", name).
		Note("note", "letters, digits and _ are")
}

// quote chooses the spelling that most readers agree on.
func quote(value string) string {
	switch {
	case value == "":
		// heroku local drops lines of two bytes such as A=.
		return `""`
	case bare(value):
		return value
	case strings.ContainsAny(value, "\n\r"):
		return doubleQuote(value)
	case !strings.Contains(value, "'") && !strings.HasSuffix(value, `\`):
		return "'" + value + "'"
	case !strings.ContainsAny(value, "\"\\$`"):
		return `"` + value + `"`
	case unquotable(value):
		return value
	default:
		return doubleQuote(value)
	}
}

// bare tells whether a value needs no quotes anywhere, a POSIX shell included.
func bare(value string) bool {
	for i := range len(value) {
		b := value[i]
		if !nameByte(b) && strings.IndexByte("/:@%+,=", b) < 0 {
			return false
		}
	}
	return true
}

// unquotable tells whether a value with quotes or backslashes inside reads the
// same without quotes around it.
func unquotable(value string) bool {
	return strings.Trim(value, spaces) == value &&
		strings.IndexByte("'\"`", value[0]) < 0 &&
		!strings.ContainsAny(value, "$#")
}

func doubleQuote(value string) string {
	return `"` + strings.NewReplacer(
		`\`, `\\`, `"`, `\"`, `$`, `\$`, "`", "\\`", "\n", `\n`, "\r", `\r`,
	).Replace(value) + `"`
}

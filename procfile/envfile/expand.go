package envfile

import "strings"

// maxNesting bounds ${A:-${B:-…}}.
const maxNesting = 32

// maxValue bounds what expansion can build, so that a few lines that double
// each other cannot fill the memory. It is far above the 64 KiB that Heroku
// allows for all config vars together (Dev Center "Configuration and Config
// Vars").
const maxValue = 1 << 20

// expander replaces references in a value as written.
type expander struct {
	lookup  func(name string) (string, bool)
	unknown int  // offset of the first bare name that stays as written, or -1
	unset   int  // offset of the first name in braces that became empty, or -1
	at      int  // offset of the reference in the outermost text
	used    bool // a reference was replaced
	tooLong bool
}

// expand works on the text of an unquoted value, or of one in double quotes
// when escapes is set.
func (e *expander) expand(text string, escapes bool, depth int) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		if b.Len() > maxValue {
			e.tooLong = true
			return ""
		}
		switch {
		case text[i] == '\\' && i+1 < len(text):
			written, width := escape(text[i+1], escapes)
			b.WriteString(written)
			i += width
		case text[i] == '$':
			if depth == 0 {
				e.at = i
			}
			written, width := e.dollar(text[i:], depth)
			b.WriteString(written)
			i += width
		default:
			b.WriteByte(text[i])
			i++
		}
	}
	return b.String()
}

// escape is what a backslash and the byte behind it stand for, and how many
// bytes of the text that takes.
func escape(next byte, escapes bool) (written string, width int) {
	if next == '$' {
		return "$", 2
	}
	if !escapes {
		return `\`, 1
	}
	switch next {
	case 'n':
		return "\n", 2
	case 'r':
		return "\r", 2
	case 't':
		return "\t", 2
	case '"', '\\', '`':
		return string(next), 2
	default:
		return `\`, 1
	}
}

// dollar reads a reference at the start of text and returns what stands for it
// and its length.
func (e *expander) dollar(text string, depth int) (written string, width int) {
	if strings.HasPrefix(text, "$$") {
		return "$$", 2
	}
	if strings.HasPrefix(text, "${") {
		return e.braces(text, depth)
	}
	name := leadingName(text[1:])
	if name == "" {
		return "$", 1
	}
	value, ok := e.lookup(name)
	if !ok {
		e.unknown = first(e.unknown, e.at)
		return text[:1+len(name)], 1 + len(name)
	}
	e.used = true
	return value, 1 + len(name)
}

func (e *expander) braces(text string, depth int) (written string, width int) {
	end := closingBrace(text)
	name := leadingName(text[2:])
	if end < 0 || name == "" || depth >= maxNesting {
		return "${", 2
	}
	width = end + 1
	rest := text[2+len(name) : end]
	value, ok := e.lookup(name)
	switch {
	case rest == "":
		if !ok {
			e.unset = first(e.unset, e.at)
		}
	case strings.HasPrefix(rest, ":-"):
		if value == "" {
			value = e.expand(rest[2:], false, depth+1)
		}
	case rest[0] == '-':
		if !ok {
			value = e.expand(rest[1:], false, depth+1)
		}
	default:
		return text[:width], width
	}
	e.used = true
	return value, width
}

// first keeps an offset that is already known.
func first(known, found int) int {
	if known >= 0 {
		return known
	}
	return found
}

// maxBraces bounds the text between braces, and with it the looking ahead.
const maxBraces = 4 << 10

// closingBrace finds the "}" that belongs to the "${" at the start of text.
func closingBrace(text string) int {
	text = text[:min(len(text), maxBraces)]
	depth := 0
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], "${"):
			depth++
			i++
		case text[i] == '}':
			depth--
			if depth == 0 {
				return i
			}
		}
	}
	return -1
}

// leadingName is the shell name that text starts with.
func leadingName(text string) string {
	end := 0
	for end < len(text) {
		b := text[end]
		digit := b >= '0' && b <= '9'
		if b != '_' && (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && (!digit || end == 0) {
			break
		}
		end++
	}
	return text[:end]
}

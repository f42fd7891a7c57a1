package envfile

import (
	"strings"
)

// Edit returns the text with name set to value. The assignment that counts (the
// last) gets the new value and keeps its indent, "export" and comment; a new
// name becomes a line at the end. Everything else stays byte for byte, line
// ends included. It does no I/O and returns src when the name is not Valid or
// the value holds a NUL byte.
func Edit(src []byte, name, value string) []byte {
	if !writable(Var{Name: name, Value: value}) {
		return src
	}
	text := string(src)
	st, ok := last(text, name)
	if !ok {
		eol := "\n"
		if strings.Contains(text, "\r\n") {
			eol = "\r\n"
		}
		if text != "" && text != byteOrderMark && !strings.HasSuffix(text, "\n") {
			text += eol
		}
		return []byte(text + name + "=" + quote(value) + eol)
	}
	head, end := text[st.start:st.value], st.end
	if st.colon {
		head = name + "="
	}
	if st.kind != assignment {
		end = lineEnd(text, st)
	}
	written := quote(value)
	if strings.HasPrefix(text[end:], "#") {
		written += " " // what stood right behind the quote stays a comment
	}
	return []byte(text[:st.start] + head + written + text[end:])
}

// Remove returns the text without any assignment of name; the lines go, comments
// behind them included.
func Remove(src []byte, name string) []byte {
	text := string(src)
	for {
		st, ok := last(text, name)
		if !ok {
			return []byte(text)
		}
		from := strings.LastIndexByte(text[:st.start], '\n') + 1
		if from == 0 && strings.HasPrefix(text, byteOrderMark) {
			from = len(byteOrderMark)
		}
		text = text[:from] + text[min(lineEnd(text, st)+1, len(text)):]
	}
}

// last finds the last statement that sets name, well formed or not.
func last(text, name string) (statement, bool) {
	found, ok := statement{}, false
	for _, st := range split(text) {
		if st.name == name && st.kind.assigns() {
			found, ok = st, true
		}
	}
	return found, ok
}

// lineEnd is the offset of the line end behind a statement, CR included.
func lineEnd(text string, st statement) int {
	from := max(st.end, st.start)
	i := strings.IndexByte(text[from:], '\n')
	if i < 0 {
		return len(text)
	}
	return from + i
}

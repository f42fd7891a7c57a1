package logs

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// ansi says what becomes of colours in a text.
type ansi uint8

const (
	dropColors ansi = iota
	keepColors
)

const (
	escape     = 0x1b
	resetColor = "\x1b[0m"
)

// plainText tells whether a text can go to a terminal as it is: printable ASCII
// only. Almost every line is, so this looks at eight bytes at a time.
func plainText(text []byte) bool {
	const (
		ones  = 0x0101010101010101
		highs = 0x8080808080808080
	)
	for len(text) >= 8 {
		x := wire.Uint64(text)
		del := x ^ (ones * 0x7f)
		if (x|(x-ones*0x20)|(del-ones))&highs != 0 {
			return false // a byte below blank, DEL or above ASCII (or a neighbour of one)
		}
		text = text[8:]
	}
	for _, b := range text {
		if b < ' ' || b >= 0x7f {
			return false
		}
	}
	return true
}

// appendSafe appends a text so that it cannot drive the terminal: colours are
// kept and ended, or dropped; other control bytes are written as \x1b; invalid
// UTF-8 becomes U+FFFD. Of a progress bar only what its last carriage return
// left is shown.
func appendSafe(dst, text []byte, mode ansi) []byte {
	if plainText(text) {
		return append(dst, text...)
	}
	text = lastDrawn(text)
	colored := false
	for len(text) > 0 {
		b := text[0]
		switch {
		case b >= ' ' && b < 0x7f || b == '\t':
			dst = append(dst, b)
			text = text[1:]
		case b == escape:
			n, color, quiet := sequence(text)
			switch {
			case color && mode == keepColors:
				colored = true
				dst = append(dst, text[:n]...)
			case color || quiet:
			default:
				n = 1
				dst = append(dst, `\x1b`...)
			}
			text = text[n:]
		case b < utf8.RuneSelf:
			dst = fmt.Appendf(dst, `\x%02x`, b)
			text = text[1:]
		default:
			r, n := utf8.DecodeRune(text)
			dst = appendRune(dst, r)
			text = text[n:]
		}
	}
	if colored {
		dst = append(dst, resetColor...)
	}
	return dst
}

// appendRune appends a character beyond ASCII; C1 controls and those that turn
// the direction of the text are written as numbers.
func appendRune(dst []byte, r rune) []byte {
	if r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
		return fmt.Appendf(dst, `\u%04x`, r)
	}
	return utf8.AppendRune(dst, r)
}

// lastDrawn gives the part of a line behind the last carriage return that is
// followed by something.
func lastDrawn(text []byte) []byte {
	text = bytes.TrimRight(text, "\r")
	return text[bytes.LastIndexByte(text, '\r')+1:]
}

// sequence measures the escape sequence at the start of text: a colour, or one
// that means nothing in a log (erase to the end of the line, show or hide the
// cursor, choose the ASCII set).
func sequence(text []byte) (n int, color, quiet bool) {
	const longest = 64
	if bytes.HasPrefix(text, []byte("\x1b(B")) {
		return 3, false, true
	}
	if len(text) < 3 || text[1] != '[' {
		return 1, false, false
	}
	for i := 2; i < min(len(text), longest); i++ {
		b := text[i]
		if b >= '0' && b <= '9' || b == ';' || b == ':' || b == '?' && i == 2 {
			continue
		}
		parameters := string(text[2:i])
		switch {
		case b == 'm' && text[2] != '?':
			return i + 1, true, false
		case b == 'K', (b == 'h' || b == 'l') && parameters == "?25":
			return i + 1, false, true
		}
		break
	}
	return 1, false, false
}

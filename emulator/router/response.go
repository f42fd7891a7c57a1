package router

import (
	"bytes"
)

// response is a parsed response head of a dyno. Its slices point into the
// buffer of the back-end connection.
type response struct {
	status int
	line   []byte // "200 OK": status and reason as sent
	minor  int
	fields []field

	length    int64 // -1 means that none was announced
	chunked   bool
	keepAlive bool
	upgrade   bool // has an Upgrade field
	server    bool // has a Server field
	nominated [][]byte
}

// breach is why a dyno's response is not passed on.
type breach struct {
	code   Code   // H17 or H25
	reason string // H25 only: the text after "HTTP restriction: "
}

func (b *breach) Error() string { return b.reason }

func restriction(reason string) *breach { return &breach{H25, reason} }

var malformed = &breach{code: H17}

func (p *response) reset() {
	*p = response{fields: p.fields[:0], nominated: p.nominated[:0], length: -1}
}

// informational tells whether the response is a 1xx one before the real one.
func (p *response) informational() bool { return p.status < 200 && p.status != 101 }

// bodiless tells whether no body follows for the given request.
func (p *response) bodiless(head bool) bool {
	return head || p.status < 200 || p.status == 204 || p.status == 304
}

// parse reads a complete head strictly: Heroku answers H17 for a status line
// without reason phrase or a malformed header and H25 for a broken limit
// ("Heroku Error Codes", Dev Center).
func (p *response) parse(head []byte, l *Limits) *breach {
	p.reset()
	line, rest := nextLine(head)
	if len(line) > l.StatusLine {
		return restriction("oversized status line")
	}
	if b := p.parseLine(line); b != nil {
		return b
	}
	for len(rest) > 2 {
		line, rest = nextLine(rest)
		if line[0] == ' ' || line[0] == '\t' { // RFC 9112 section 5.2: a folded line becomes one
			if !p.fold(line) {
				return malformed
			}
			continue
		}
		if len(line) > l.ResponseHeader {
			return restriction("oversized header")
		}
		f, ok := splitField(line)
		if !ok {
			return malformed
		}
		if f.kind == kindSetCookie && len(f.value) > l.ResponseCookie {
			return restriction("oversized cookie")
		}
		p.fields = append(p.fields, f)
	}
	return p.interpret()
}

// parseLine reads "version SP status SP reason".
func (p *response) parseLine(line []byte) *breach {
	if len(line) < len("HTTP/1.1 200 ") || !bytes.HasPrefix(line, []byte("HTTP/1.")) || line[8] != ' ' || line[12] != ' ' {
		return malformed
	}
	if p.minor = int(line[7] - '0'); p.minor != 0 && p.minor != 1 {
		return malformed
	}
	p.line = line[9:]
	status, ok := parseLength(line[9:12])
	if p.status = int(status); !ok || status < 100 || !all(line[13:], &valueByte) {
		return malformed
	}
	return nil
}

// fold joins a continuation line to the field before it, in a copy.
func (p *response) fold(line []byte) bool {
	more := trim(line)
	if len(p.fields) == 0 || !all(more, &valueByte) {
		return false
	}
	last := &p.fields[len(p.fields)-1]
	last.value = bytes.Join([][]byte{last.value, more}, []byte(" "))
	return true
}

func (p *response) interpret() *breach {
	var closes, keeps bool
	for i := range p.fields {
		f := &p.fields[i]
		switch f.kind {
		case kindContentLength:
			n, ok := parseLength(f.value)
			if !ok || p.length >= 0 && p.length != n {
				return restriction("invalid content length")
			}
			p.length = n
		case kindTransferEncoding:
			if p.chunked || !equalFold(f.value, "chunked") {
				return malformed
			}
			p.chunked = true
		case kindServer:
			p.server = true
		case kindUpgrade:
			p.upgrade = true
		case kindConnection:
			eachElement(f.value, func(e []byte) {
				switch {
				case equalFold(e, "close"):
					closes = true
				case equalFold(e, "keep-alive"):
					keeps = true
				case !equalFold(e, "upgrade"):
					p.nominated = append(p.nominated, e)
				}
			})
		default:
		}
	}
	if p.chunked {
		p.length = -1
	}
	p.keepAlive = !closes && (p.minor == 1 || keeps)
	return nil
}

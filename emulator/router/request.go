package router

import (
	"bytes"
	"strings"
)

// request is a parsed and accepted request head. Its slices point into the
// buffer of the client connection and are valid until the next read from it.
type request struct {
	method []byte
	target []byte // origin form without fragment
	host   []byte
	minor  int // of the HTTP version, 0 or 1
	fields []field

	length     int64 // of the body; -1 means that none was announced
	chunked    bool
	bothFrames bool // Content-Length and chunked: served by chunks, then closed
	keepAlive  bool
	upgrade    bool     // asks for a protocol other than h2c
	expect     bool     // waits for 100 Continue
	unmet      *refusal // an expectation that cannot be met
	wantsHTML  bool     // names text/html among what it accepts
	nominated  [][]byte
	requestID  []byte // as sent by the client, valid or not
}

// refusal is an answer given before the app is known.
type refusal struct {
	status int
	reason string // for the developer, lower case, no full stop
}

func (f refusal) Error() string { return f.reason }

func bad(reason string) *refusal { return &refusal{400, reason} }

// reset empties the request and keeps its memory.
func (q *request) reset() {
	*q = request{fields: q.fields[:0], nominated: q.nominated[:0], length: -1}
	if cap(q.fields) > keptFields {
		q.fields = nil
	}
}

// keptFields is how many fields a connection keeps room for between requests.
const keptFields = 64

// hasBody tells whether body bytes follow the head.
func (q *request) hasBody() bool { return q.chunked || q.length > 0 }

// parse reads a complete head. The rules are those of "HTTP Routing" (Dev
// Center) and RFC 9112, in the stricter reading where they leave a choice.
func (q *request) parse(head []byte, l *Limits) *refusal {
	q.reset()
	line, rest := nextLine(head)
	if f := q.parseLine(line, l); f != nil {
		return f
	}
	for len(rest) > 2 {
		line, rest = nextLine(rest)
		f, ok := splitField(line)
		if !ok {
			return bad("header line is malformed")
		}
		if len(f.name) > l.HeaderName {
			return bad("header name is longer than the limit")
		}
		if len(f.value) > l.HeaderLine {
			return bad("header line is longer than the limit")
		}
		if len(q.fields) == l.HeaderCount {
			return bad("too many headers")
		}
		q.fields = append(q.fields, f)
	}
	return q.interpret()
}

// parseLine reads "method SP target SP version".
func (q *request) parseLine(line []byte, l *Limits) *refusal {
	first := bytes.IndexByte(line, ' ')
	last := bytes.LastIndexByte(line, ' ')
	if first <= 0 || first == last {
		return bad("request line is malformed")
	}
	q.method, q.target = line[:first], line[first+1:last]
	switch string(line[last+1:]) {
	case "HTTP/1.1":
		q.minor = 1
	case "HTTP/1.0":
	default:
		return bad("HTTP version is not 1.0 or 1.1")
	}
	if len(q.method) > l.Method || !all(q.method, &tokenByte) {
		return bad("method is malformed")
	}
	if len(q.target) > l.Target {
		return &refusal{414, "request target is longer than the limit"}
	}
	if len(q.target) == 0 || !all(q.target, &targetByte) {
		return bad("request target is malformed")
	}
	return q.parseTarget()
}

// parseTarget brings the target into origin form. "GET http://host/path" is
// accepted and its host wins over the Host header (RFC 9112 section 3.2.2);
// CONNECT is refused in every form.
func (q *request) parseTarget() *refusal {
	if string(q.method) == "CONNECT" {
		return bad("CONNECT is not supported")
	}
	if at := bytes.IndexByte(q.target, '#'); at >= 0 {
		q.target = q.target[:at]
	}
	if string(q.target) == "*" && string(q.method) == "OPTIONS" {
		return nil
	}
	if at := bytes.Index(q.target, colonMark); at > 0 && q.target[0] != '/' {
		scheme := q.target[:at]
		if !equalFold(scheme, "http") && !equalFold(scheme, "https") {
			return bad("request target has an unknown scheme")
		}
		rest := q.target[at+3:]
		slash := bytes.IndexAny(rest, "/?")
		if slash < 0 {
			slash = len(rest)
		}
		q.host, q.target = rest[:slash], rest[slash:]
		if len(q.target) == 0 {
			q.target = slashPath
		}
		if q.target[0] == '?' {
			q.target = append([]byte("/"), q.target...)
		}
		if len(q.host) == 0 {
			return bad("request target has no host")
		}
	}
	if len(q.target) == 0 || q.target[0] != '/' {
		return bad("request target is not a path")
	}
	return checkEscapes(q.target)
}

var (
	slashPath = []byte("/")
	textHTML  = []byte("text/html")
)

// checkEscapes refuses a broken percent escape in the path. The query is
// passed byte for byte, whatever it holds.
func checkEscapes(target []byte) *refusal {
	path, _, _ := bytes.Cut(target, []byte("?"))
	for {
		at := bytes.IndexByte(path, '%')
		if at < 0 {
			return nil
		}
		if len(path) < at+3 {
			return bad("request target has a broken percent escape")
		}
		_, high := hex(path[at+1])
		_, low := hex(path[at+2])
		if !high || !low {
			return bad("request target has a broken percent escape")
		}
		path = path[at+3:]
	}
}

// steering is what the fields say about the connection.
type steering struct {
	hosts             int
	upgrade           bool // an Upgrade field
	connectionUpgrade bool
	closes, keeps     bool
}

// interpret reads the fields that steer the connection.
func (q *request) interpret() *refusal {
	var s steering
	absolute := q.host
	for i := range q.fields {
		if f := &q.fields[i]; f.kind != kindOther {
			if fault := q.obey(f, &s); fault != nil {
				return fault
			}
		}
	}
	switch {
	case s.hosts == 0:
		return bad("no Host header")
	case s.hosts > 1:
		return bad("more than one Host header")
	case !validHost(q.host):
		return bad("Host header is malformed")
	case s.connectionUpgrade && !s.upgrade:
		return bad("Connection: upgrade without Upgrade")
	}
	if absolute != nil {
		if q.host = absolute; !validHost(absolute) {
			return bad("request target has a malformed host")
		}
	}
	q.upgrade = q.upgrade && s.connectionUpgrade && q.minor == 1
	return q.frame(s.closes, s.keeps)
}

// obey reads one field.
func (q *request) obey(f *field, s *steering) *refusal {
	switch f.kind {
	case kindHost:
		s.hosts++
		q.host = f.value
	case kindContentLength:
		n, ok := parseLength(f.value)
		if !ok || q.length >= 0 && q.length != n {
			return bad("Content-Length is malformed or contradicts another one")
		}
		q.length = n
	case kindTransferEncoding:
		if q.chunked || !equalFold(f.value, "chunked") {
			return bad("Transfer-Encoding is not \"chunked\"")
		}
		q.chunked = true
	case kindConnection:
		q.readConnection(f.value, s)
	case kindUpgrade:
		s.upgrade = true
		q.upgrade = !equalFold(f.value, "h2c") && len(f.value) > 0
	case kindExpect:
		return q.readExpect(f.value)
	case kindRequestID:
		q.requestID = f.value
	case kindAccept:
		q.wantsHTML = q.wantsHTML || bytes.Contains(f.value, textHTML)
	default:
	}
	return nil
}

func (q *request) readConnection(value []byte, s *steering) {
	eachElement(value, func(e []byte) {
		switch {
		case equalFold(e, "close"):
			s.closes = true
		case equalFold(e, "keep-alive"):
			s.keeps = true
		case equalFold(e, "upgrade"):
			s.connectionUpgrade = true
		default:
			q.nominated = append(q.nominated, e)
		}
	})
}

// readExpect follows vegur: 100-continue in any case, nothing at all, and 417
// for any other expectation that parses.
func (q *request) readExpect(value []byte) *refusal {
	switch {
	case len(value) == 0:
	case equalFold(value, "100-continue"):
		q.expect = q.minor == 1
	case bytes.IndexByte(value, ' ') >= 0:
		return bad("Expect header is malformed")
	default:
		q.unmet = &refusal{417, "Expect header asks for something unknown"}
	}
	return nil
}

// frame settles the length of the body and whether the connection stays.
func (q *request) frame(closes, keeps bool) *refusal {
	if q.chunked && q.minor == 0 {
		return bad("Transfer-Encoding in an HTTP/1.0 request")
	}
	if q.chunked && q.length >= 0 { // RFC 9112 section 6.1: chunked wins, and the connection is not to be trusted
		q.bothFrames, q.length = true, -1
	}
	q.keepAlive = !closes && !q.bothFrames && (q.minor == 1 || keeps)
	return nil
}

// validHost accepts a name, an IPv4 address or a bracketed IPv6 address, with
// or without a port.
func validHost(h []byte) bool {
	if len(h) == 0 || len(h) > 260 {
		return false
	}
	name, port := h, []byte(nil)
	if h[0] == '[' {
		end := bytes.IndexByte(h, ']')
		if end < 3 {
			return false
		}
		for _, c := range h[1:end] {
			if _, ok := hex(c); !ok && c != ':' && c != '.' {
				return false
			}
		}
		name, port = nil, h[end+1:]
	} else if colon := bytes.IndexByte(h, ':'); colon >= 0 {
		name, port = h[:colon], h[colon:]
		if len(name) == 0 {
			return false
		}
	}
	for _, c := range name {
		if !alphanumeric(int(c)) && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return validPort(port)
}

// validPort accepts nothing, or a colon and a number up to 65535.
func validPort(port []byte) bool {
	if len(port) == 0 {
		return true
	}
	n, ok := parseLength(port[1:])
	return port[0] == ':' && (ok && n <= 65535 || len(port) == 1)
}

// hostName is a valid host without its port, in lower case.
func hostName(host string) string {
	if strings.HasPrefix(host, "[") {
		return host[:strings.IndexByte(host, ']')+1]
	}
	name, _, _ := strings.Cut(host, ":")
	return strings.ToLower(name)
}

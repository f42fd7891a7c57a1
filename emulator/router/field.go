package router

import "bytes"

// field is one header line; the slices point into the buffer it was read into.
type field struct {
	name, value []byte
	kind        kind
}

// kind marks the header fields that the router has to understand.
type kind uint8

const (
	kindOther kind = iota
	kindHost
	kindVia
	kindServer
	kindConnection
	kindKeepAlive
	kindTE
	kindProxy
	kindProxyConnection
	kindProxyAuthorization
	kindUpgrade
	kindHTTP2Settings
	kindExpect
	kindContentLength
	kindTransferEncoding
	kindAccept
	kindCookie
	kindSetCookie
	kindRequestID
	kindRequestStart
	kindForwarded
	kindForwardedFor
	kindForwardedHost
	kindForwardedPort
	kindForwardedProto
	kindConnectTime
	kindTotalRouteTime
)

// kindOf recognises a header name in any case. The switch on the length keeps
// ordinary fields at one comparison.
func kindOf(name []byte) kind {
	switch len(name) {
	case 2:
		return match(name, "te", kindTE)
	case 3:
		return match(name, "via", kindVia)
	case 4:
		return match(name, "host", kindHost)
	case 5:
		return match(name, "proxy", kindProxy)
	case 6:
		return match(name, "expect", kindExpect) + match(name, "cookie", kindCookie) + match(name, "accept", kindAccept) + match(name, "server", kindServer)
	case 7:
		return match(name, "upgrade", kindUpgrade)
	case 9:
		return match(name, "forwarded", kindForwarded)
	case 10:
		return match(name, "connection", kindConnection) + match(name, "keep-alive", kindKeepAlive) + match(name, "set-cookie", kindSetCookie)
	case 12:
		return match(name, "x-request-id", kindRequestID) + match(name, "connect-time", kindConnectTime)
	case 14:
		return match(name, "content-length", kindContentLength) + match(name, "http2-settings", kindHTTP2Settings)
	case 15:
		return match(name, "x-forwarded-for", kindForwardedFor) + match(name, "x-request-start", kindRequestStart)
	case 16:
		return match(name, "x-forwarded-port", kindForwardedPort) + match(name, "x-forwarded-host", kindForwardedHost) +
			match(name, "proxy-connection", kindProxyConnection) + match(name, "total-route-time", kindTotalRouteTime)
	case 17:
		return match(name, "x-forwarded-proto", kindForwardedProto) + match(name, "transfer-encoding", kindTransferEncoding)
	case 19:
		return match(name, "proxy-authorization", kindProxyAuthorization)
	}
	return kindOther
}

// match is k when name is word, else kindOther, which is zero: alternatives of
// one length can be added up.
func match(name []byte, word string, k kind) kind {
	if equalFold(name, word) {
		return k
	}
	return kindOther
}

// equalFold compares ASCII without case; word is lower case.
func equalFold(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i := range len(word) {
		if lower[b[i]] != word[i] {
			return false
		}
	}
	return true
}

// Byte classes of RFC 9110 section 5.6.2 and 5.5.
var (
	lower      = lowerTable()
	tokenByte  = tokenTable()
	valueByte  = valueTable()
	targetByte = targetTable()
	idByte     = idTable()
)

func lowerTable() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if 'A' <= i && i <= 'Z' {
			t[i] = byte(i) + 'a' - 'A'
		}
	}
	return t
}

func alphanumeric(c int) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func tokenTable() (t [256]bool) {
	for i := range t {
		t[i] = alphanumeric(i) || bytes.IndexByte([]byte("!#$%&'*+-.^_`|~"), byte(i)) >= 0
	}
	return t
}

func valueTable() (t [256]bool) {
	for i := range t {
		t[i] = i == '\t' || i >= ' ' && i != 0x7f
	}
	return t
}

func targetTable() (t [256]bool) {
	for i := range t {
		t[i] = i > ' ' && i != 0x7f
	}
	return t
}

func idTable() (t [256]bool) {
	for i := range t {
		t[i] = alphanumeric(i) || i == '+' || i == '/' || i == '=' || i == '-'
	}
	return t
}

// all tells whether every byte of b is in the class.
func all(b []byte, class *[256]bool) bool {
	for _, c := range b {
		if !class[c] {
			return false
		}
	}
	return true
}

// trim cuts blanks and tabs off both ends.
func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// eachElement calls visit for every non-empty element of a comma list.
func eachElement(list []byte, visit func(element []byte)) {
	for len(list) > 0 {
		element, rest, _ := bytes.Cut(list, comma)
		if element = trim(element); len(element) > 0 {
			visit(element)
		}
		list = rest
	}
}

var (
	comma     = []byte(",")
	crlf      = []byte("\r\n")
	colonMark = []byte("://")
)

// parseLength reads a Content-Length: digits only, no sign, no list, no
// overflow. ok is false for everything else.
func parseLength(b []byte) (n int64, ok bool) {
	if len(b) == 0 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' || n > (1<<63-1-9)/10 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

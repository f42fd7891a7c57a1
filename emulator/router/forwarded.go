package router

import (
	"strconv"
	"time"
)

// nominates tells whether the Connection field names the field, which makes it
// hop-by-hop (RFC 9110 section 7.6.1).
func (q *request) nominates(name []byte) bool { return nominated(q.nominated, name) }

func nominated(list [][]byte, name []byte) bool {
	for _, n := range list {
		if len(n) == len(name) && foldEqual(n, name) {
			return true
		}
	}
	return false
}

func foldEqual(a, b []byte) bool {
	for i := range a {
		if lower[a[i]] != lower[b[i]] {
			return false
		}
	}
	return true
}

// buildRequest appends the head for the dyno, up to but without the empty
// line. The router's own fields cannot be removed by a Connection field of the
// client, since they are written after that was applied.
func (c *client) buildRequest(out []byte, now time.Time) []byte {
	q, e, r := &c.req, &c.entry, c.router
	out = append(append(out, e.Method...), ' ')
	out = append(append(out, e.Path...), " HTTP/1.1\r\nHost: "...)
	out = append(append(out, e.Host...), crlf...)
	via := 0
	for i := range q.fields {
		f := &q.fields[i]
		if f.kind == kindVia {
			via++
		}
		if !c.passes(f) {
			continue
		}
		out = r.appendName(out, f.name)
		out = append(append(append(out, ": "...), f.value...), crlf...)
	}
	switch {
	case q.chunked:
		out = append(out, "Transfer-Encoding: chunked\r\n"...)
	case q.length >= 0:
		out = strconv.AppendInt(append(out, "Content-Length: "...), q.length, 10)
		out = append(out, crlf...)
	}
	switch {
	case q.upgrade:
		out = append(out, "Connection: Upgrade\r\n"...)
	case r.legacy:
		out = append(out, "Connection: close\r\n"...)
	default:
		out = append(out, "Connection: keep-alive\r\n"...)
	}
	out = append(append(append(out, "X-Forwarded-For: "...), e.Fwd...), "\r\nX-Forwarded-Proto: "...)
	out = append(append(append(out, c.scheme()...), "\r\nX-Forwarded-Port: "...), c.port...)
	if r.options.StrictForwarding {
		out = append(append(out, "\r\nX-Forwarded-Host: "...), e.Host...)
	}
	out = append(append(append(out, "\r\nX-Request-Id: "...), e.RequestID...), "\r\nX-Request-Start: "...)
	out = append(strconv.AppendInt(out, now.UnixMilli(), 10), "\r\nVia: "...)
	if via > 0 {
		out = appendVia(out, q.fields)
	}
	return append(append(out, r.via...), crlf...)
}

// appendVia appends the values of all Via fields, ready for one more.
func appendVia(out []byte, fields []field) []byte {
	for i := range fields {
		if fields[i].kind == kindVia && len(fields[i].value) > 0 {
			out = append(append(out, fields[i].value...), ", "...)
		}
	}
	return out
}

// passes tells whether a request field goes to the dyno as it is.
func (c *client) passes(f *field) bool {
	switch f.kind {
	case kindOther, kindAccept, kindCookie, kindServer, kindSetCookie:
	case kindHost, kindConnection, kindKeepAlive, kindTE, kindProxy, kindProxyConnection, kindProxyAuthorization,
		kindHTTP2Settings, kindContentLength, kindTransferEncoding, kindVia,
		kindRequestID, kindRequestStart, kindForwardedFor, kindForwardedPort, kindForwardedProto:
		return false
	case kindExpect:
		return len(f.value) == 0 || c.req.expect && c.router.options.EndToEndContinue
	case kindUpgrade:
		return c.req.upgrade
	case kindConnectTime, kindTotalRouteTime:
		if c.router.legacy {
			return false
		}
	case kindForwarded, kindForwardedHost:
		if c.router.options.StrictForwarding {
			return false
		}
	}
	return len(c.req.nominated) == 0 || !c.req.nominates(f.name)
}

// appendName appends a header name; the legacy router wrote Camel-Case.
func (r *Router) appendName(out, name []byte) []byte {
	if !r.legacy {
		return append(out, name...)
	}
	start := true
	for _, ch := range name {
		ch = lower[ch]
		if start && 'a' <= ch && ch <= 'z' {
			ch -= 'a' - 'A'
		}
		start = ch == '-'
		out = append(out, ch)
	}
	return out
}

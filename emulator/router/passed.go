package router

import (
	"net/http"
	"strconv"
)

// buildResponse appends the head for the client and settles whether the
// connection can be kept.
func (c *client) buildResponse(out []byte) []byte {
	p, q, r := &c.res, &c.req, c.router
	head := c.entry.Method == http.MethodHead
	framed := p.bodiless(head) || p.length >= 0 || p.chunked && q.minor == 1
	q.keepAlive = q.keepAlive && framed && p.status != 101 && !r.stopping.Load()
	out = append(append(append(out, "HTTP/1.1 "...), p.line...), crlf...)
	out = c.appendResponseFields(out)
	switch {
	case p.chunked && (q.minor == 1 || p.bodiless(head)):
		out = append(out, "Transfer-Encoding: chunked\r\n"...)
	case p.length >= 0:
		out = strconv.AppendInt(append(out, "Content-Length: "...), p.length, 10)
		out = append(out, crlf...)
	}
	if !p.server {
		if r.legacy {
			out = append(out, "Server: Cowboy\r\n"...)
		} else {
			out = append(out, "Server: Heroku\r\n"...)
		}
	}
	switch {
	case p.status == 101:
		out = append(out, "Connection: Upgrade\r\n"...)
	case !q.keepAlive:
		out = append(out, "Connection: close\r\n"...)
	case r.legacy || q.minor == 0:
		out = append(out, "Connection: keep-alive\r\n"...)
	}
	out = appendVia(append(out, "Via: "...), p.fields)
	out = append(append(out, r.via...), crlf...)
	out = c.appendAffinity(out)
	return append(out, crlf...)
}

// buildInformational appends the head of a 1xx response.
func (c *client) buildInformational(out []byte) []byte {
	out = append(append(append(out, "HTTP/1.1 "...), c.res.line...), crlf...)
	return append(c.appendResponseFields(out), crlf...)
}

// appendResponseFields appends what passes of the dyno's fields.
func (c *client) appendResponseFields(out []byte) []byte {
	p := &c.res
	for i := range p.fields {
		f := &p.fields[i]
		switch f.kind {
		case kindConnection, kindKeepAlive, kindTE, kindProxyConnection, kindProxyAuthorization,
			kindContentLength, kindTransferEncoding, kindVia:
			continue
		case kindUpgrade:
			if p.status != 101 && p.status != 426 { // 426 names the protocol it wants
				continue
			}
		default:
		}
		if len(p.nominated) > 0 && nominated(p.nominated, f.name) {
			continue
		}
		out = append(append(out, f.name...), ": "...)
		out = append(append(out, f.value...), crlf...)
	}
	return out
}

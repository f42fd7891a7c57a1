package router

import (
	"strconv"
	"time"
)

// AccessEntry is one finished request: the one source of the log line and of
// whatever else shows requests. Strings are owned by the entry.
type AccessEntry struct {
	Time      time.Time // when the request head was complete
	Sock      string    // "client" or "backend" when that side broke off, else empty
	At        string    // "info", "warning" or "error"
	Code      string    // H12; empty when the app answered
	Desc      string    // text of the code
	Cause     string    // H26 only
	Method    string
	Path      string // with the query string
	Host      string
	RequestID string
	Fwd       string // the whole X-Forwarded-For chain
	Dyno      string // empty when no dyno was chosen

	Connect  time.Duration // time to connect; negative means unknown
	Service  time.Duration // from connected to the end of the response; negative means unknown
	Status   int           // 0 means that none was sent (H24)
	Bytes    int64         // bytes of the dyno's response sent to the client, head included; negative means none
	Protocol string        // "http1.1" or "http2.0"; legacy "http" or "https"
	TLS      string        // TLS version such as "tls1.3"; empty for plain HTTP
	Legacy   bool          // the line has the keys of the legacy router
}

// Line is the text that Heroku writes to the log with source heroku[router],
// without a line end ("HTTP Routing" and "Router 2.0", Dev Center).
func (e AccessEntry) Line() string { return string(e.AppendLine(make([]byte, 0, 256+len(e.Path)))) }

// AppendLine appends Line to dst and returns the extended slice.
func (e *AccessEntry) AppendLine(dst []byte) []byte {
	if e.Sock != "" {
		dst = append(append(append(dst, "sock="...), e.Sock...), ' ')
	}
	dst = append(append(dst, "at="...), e.At...)
	if e.Code != "" {
		dst = append(append(dst, " code="...), e.Code...)
		dst = appendQuoted(append(dst, " desc="...), e.Desc)
	}
	if e.Cause != "" {
		dst = appendQuoted(append(dst, " cause="...), e.Cause)
	}
	dst = append(append(dst, " method="...), e.Method...)
	dst = appendQuoted(append(dst, " path="...), e.Path)
	dst = append(append(dst, " host="...), e.Host...)
	dst = append(append(dst, " request_id="...), e.RequestID...)
	dst = appendQuoted(append(dst, " fwd="...), e.Fwd)
	dst = append(append(dst, " dyno="...), e.Dyno...)
	dst = appendMillis(append(dst, " connect="...), e.Connect)
	dst = appendMillis(append(dst, " service="...), e.Service)
	dst = append(dst, " status="...)
	if e.Status > 0 {
		dst = strconv.AppendInt(dst, int64(e.Status), 10)
	}
	dst = append(dst, " bytes="...)
	if e.Bytes >= 0 {
		dst = strconv.AppendInt(dst, e.Bytes, 10)
	}
	dst = append(append(dst, " protocol="...), e.Protocol...)
	if e.Legacy {
		return dst
	}
	if e.TLS == "" {
		return append(dst, " tls=false"...)
	}
	return append(append(dst, " tls=true tls_version="...), e.TLS...)
}

func appendMillis(dst []byte, d time.Duration) []byte {
	if d < 0 {
		return dst
	}
	return append(strconv.AppendInt(dst, d.Milliseconds(), 10), "ms"...)
}

// appendQuoted puts s in double quotes. A quote or backslash in it is escaped,
// so that a path cannot add keys to the line.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}

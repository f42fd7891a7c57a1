package router

import "time"

// AccessEntry is one finished request: the one source of the log line and of
// whatever else shows requests. Strings are owned by the entry.
type AccessEntry struct {
	Time      time.Time // when the request line was read
	Sock      string    // "client" or "backend" when that side broke off, else empty
	At        string    // "info", "warning" or "error"
	Code      string    // "H12", empty when the app answered
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
	Bytes    int64         // bytes sent to the client, head included; negative means no response of a dyno
	Protocol string        // "http1.1" or "http2.0"; legacy "http" or "https"
	TLS      string        // TLS version such as "tls1.3"; empty for plain HTTP
	Legacy   bool          // the line has the keys of the legacy router
}

// Line is the text that Heroku writes to the log with source heroku[router],
// without a line end.
func (e AccessEntry) Line() string { return string(e.AppendLine(nil)) }

// AppendLine appends Line to dst and returns the extended slice.
func (e AccessEntry) AppendLine(dst []byte) []byte { return dst }

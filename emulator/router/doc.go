// Package router is the front door of the emulated app: it takes HTTP requests
// on one port and forwards each to a web dyno as Heroku's router does, with the
// same headers, limits, timeouts, error codes and log line ("HTTP Routing",
// "Heroku Error Codes", Dev Center). The engine tells it about the dynos with
// SetFormation; it imports nothing of the emulator.
//
// It is an HTTP/1.1 implementation of its own and not net/http, because the
// contract is about bytes: chunks pass unchanged, headers keep order and case,
// nothing is added that nobody sent. Requests are parsed in the strictest
// reading of RFC 9112, so that no back end can see another request in the same
// bytes.
//
// Theory of operation: one goroutine per client connection reads a request,
// chooses a dyno (choose), takes or opens a connection to it (connect), and
// relays the response (relay). A body that has not arrived with its head is
// carried by a second goroutine (upload), a tunnel by two. The sweeper
// enforces every timeout by interrupting connections; see due and because.
//
// # Where a proxy may choose, this one does what Heroku does
//
// X-Forwarded-For is appended to what the client sent, so only its last element
// is true. X-Forwarded-Host, Forwarded, X-Real-Ip, X-Original-Url and names with
// an underscore pass untouched (Options.StrictForwarding changes the first
// two). Any protocol may be upgraded to but h2c. Stricter than Heroku: the
// Proxy header is dropped (httpoxy), a broken percent escape in the path is
// refused, trailers may not carry framing fields, and at most five
// informational responses pass.
package router

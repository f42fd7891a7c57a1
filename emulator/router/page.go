package router

import (
	"bytes"
	"cmp"
	"net/http"
	"strconv"

	"github.com/inshore-dev/inshore/templates"
)

// fail answers with a router error and tells whether the connection stays.
func (c *client) fail(code Code) (keep bool) {
	fact := code.fact()
	c.entry.Status = fact.status
	if code == H24 || code == H27 || code == H28 {
		return c.finishWith(false, code)
	}
	f := c.router.formation.Load()
	page := templates.Page{
		Code: string(code), Status: fact.status, Title: cmp.Or(c.entry.Desc, fact.desc), URL: f.ErrorPageURL,
		Refresh: code == H10 || code == H20 || code == H21 || code == H81,
	}
	name := templates.ApplicationError
	if code == H80 {
		name, page.URL = templates.Maintenance, f.MaintenancePageURL
	}
	c.explain(&page)
	ok := c.answer(fact.status, name, page)
	return c.finishWith(ok, code)
}

// explain adds what the engine knows, for the development page.
func (c *client) explain(page *templates.Page) {
	if c.router.options.Explain == nil || c.router.options.ErrorPages != ErrorPagesDevelopment {
		return
	}
	e := c.router.options.Explain(page.Code)
	page.Headline, page.Detail, page.Command, page.Output = e.Title, e.Detail, e.Command, e.Output
	page.Expected, page.Found, page.Fixes = e.Expected, e.Found, e.Fixes
}

// unknownHost answers a host name that is not the app's; Heroku shows its
// no-such-app page and logs nothing.
func (c *client) unknownHost() bool {
	ok := c.answer(404, templates.NoSuchApp, templates.Page{Status: 404, Title: "No such app", Detail: "no app answers to the host name " + c.entry.Host})
	return c.done(ok)
}

// unmet answers an expectation that nobody can meet.
func (c *client) unmet() bool {
	c.refuse(c.req.unmet)
	c.entry.Status, c.entry.Cause = c.req.unmet.status, "unsupported expect header value"
	return c.rejected()
}

// rejected ends a request that broke a rule which only showed when the app was
// known: the legacy router logged H26, Router 2.0 has no such line.
func (c *client) rejected() bool {
	if c.router.legacy {
		return c.finishWith(false, H26)
	}
	return c.done(false)
}

// badBody answers a request whose body cannot be parsed.
func (c *client) badBody() bool {
	c.mu.Lock()
	c.why = becauseNothing
	c.mu.Unlock()
	c.entry.Status, c.entry.Cause = http.StatusBadRequest, "bad chunk"
	c.refuse(bad("chunked body is malformed"))
	return c.rejected()
}

// answer writes a page of the router's own. It reports whether that worked and
// the connection can go on.
func (c *client) answer(status int, name templates.Name, page templates.Page) bool {
	text, kind := c.render(name, page)
	keep := c.req.keepAlive && c.bodyReceived() && !c.router.stopping.Load() && c.reason() == becauseNothing
	out := c.out[:0]
	out = append(append(append(out, "HTTP/1.1 "...), statusLine(status)...), "\r\nContent-Type: "...)
	out = append(append(out, kind...), "\r\nCache-Control: no-cache, no-store\r\nServer: "...)
	if c.router.legacy {
		out = append(out, "Cowboy\r\n"...)
	} else {
		out = append(out, "Heroku\r\n"...)
	}
	switch {
	case !keep:
		out = append(out, "Connection: close\r\n"...)
	case c.req.minor == 0 || c.router.legacy:
		out = append(out, "Connection: keep-alive\r\n"...)
	}
	out = strconv.AppendInt(append(out, "Content-Length: "...), int64(len(text)), 10)
	out = append(append(append(out, "\r\nVia: "...), c.router.via...), "\r\n\r\n"...)
	if c.entry.Method != http.MethodHead {
		out = append(out, text...)
	}
	c.out = out
	c.after(c.router.options.Timeouts.Idle, becauseClientSilent)
	if c.write(out) != nil {
		return false
	}
	c.lingers = !keep
	return keep
}

// bodyReceived tells whether the body of the present request, if it has one,
// has been read completely, so that the next request can follow.
func (c *client) bodyReceived() bool {
	if c.entry.Dyno != "" && c.entry.Service >= 0 {
		return c.upload.complete() && !c.upload.broken
	}
	q := &c.req
	if q.chunked || q.length > int64(len(c.unread())) {
		return false
	}
	c.consume(int(max(0, q.length)))
	return true
}

// render makes the page in the form that the client accepts: HTML, or with the
// development pages plain text for tools such as curl.
func (c *client) render(name templates.Name, page templates.Page) (text []byte, kind string) {
	var b bytes.Buffer
	if c.router.options.ErrorPages == ErrorPagesDevelopment {
		name, kind = templates.DevelopmentText, "text/plain; charset=utf-8"
		if c.req.wantsHTML {
			name = templates.Development
		}
		page.RequestID, page.Dyno = c.entry.RequestID, c.entry.Dyno
	}
	if name != templates.DevelopmentText {
		kind = "text/html; charset=utf-8"
	}
	if err := templates.Render(&b, name, page); err != nil {
		return []byte(page.Title + "\n"), "text/plain; charset=utf-8"
	}
	return b.Bytes(), kind
}

// finishWith completes the entry for a code and reports it.
func (c *client) finishWith(keep bool, code Code) bool {
	fact := code.fact()
	c.entry.Code, c.entry.At, c.entry.Sock = string(code), fact.at, fact.sock
	c.entry.Desc = cmp.Or(c.entry.Desc, fact.desc)
	switch {
	case code == H24:
		c.entry.Status, c.entry.Bytes = 0, -1
	case code != "" && code != H26:
		c.entry.Status = fact.status
	}
	c.router.options.OnRequest(c.entry)
	return c.done(keep)
}

// done ends the exchange.
func (c *client) done(keep bool) bool {
	c.due.Store(0)
	c.look.Store(0)
	return keep && c.reason() == becauseNothing
}

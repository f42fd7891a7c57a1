package router

import (
	"bytes"
	"hash/fnv"
	"slices"
	"strconv"
	"time"
)

// affinityCookie pins a client to a dyno ("Session Affinity", Dev Center).
const affinityCookie = "heroku-session-affinity"

// affinityToken is the opaque value that stands for a dyno: not its name.
func (b *backend) affinityToken() string {
	h := fnv.New64a()
	_, _ = h.Write([]byte("session affinity of " + b.dyno)) // never fails
	return strconv.FormatUint(h.Sum64(), 36)
}

// pinned is the dyno that the client's cookie names, nil if there is none.
func (c *client) pinned(f *formation, tried []*backend, now int64) *backend {
	if !f.SessionAffinity || c.affinity == "" {
		return nil
	}
	for _, b := range f.up {
		if b.affinityToken() == c.affinity && !b.draining.Load() && b.shunned.Load() <= now && !slices.Contains(tried, b) {
			return b
		}
	}
	return nil
}

// readAffinity finds the cookie in the request.
func (q *request) readAffinity() string {
	for i := range q.fields {
		if q.fields[i].kind != kindCookie {
			continue
		}
		for rest := q.fields[i].value; len(rest) > 0; {
			var pair []byte
			pair, rest, _ = bytes.Cut(rest, []byte(";"))
			name, value, ok := bytes.Cut(trim(pair), []byte("="))
			if ok && string(name) == affinityCookie {
				return string(value)
			}
		}
	}
	return ""
}

// appendAffinity appends the cookie when the client has none or another.
func (c *client) appendAffinity(out []byte) []byte {
	if !c.router.formation.Load().SessionAffinity || c.link == nil {
		return out
	}
	token := c.link.backend.affinityToken()
	if token == c.affinity {
		return out
	}
	out = append(append(append(append(out, "Set-Cookie: "...), affinityCookie...), '='), token...)
	out = append(out, "; Version=1; Expires="...)
	out = c.router.options.Now().Add(24*time.Hour).UTC().AppendFormat(out, "Mon, 02-Jan-2006 15:04:05 GMT")
	out = append(out, "; Max-Age=86400; Domain="...)
	out = append(out, hostName(c.entry.Host)...)
	return append(out, "; Path=/; HttpOnly\r\n"...)
}

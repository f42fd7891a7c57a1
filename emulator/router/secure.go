package router

import (
	"context"
	"crypto/tls"
	"strings"
)

// secure does the handshake of a TLS connection, which a listener made by
// tls.NewListener leaves to the first read, and notes the version for the log
// and for X-Forwarded-Proto. It tells whether the connection can be used;
// connections without TLS always can.
func (c *client) secure(ctx context.Context) bool {
	conn, ok := c.conn.(*tls.Conn)
	if !ok {
		return true
	}
	c.after(c.router.options.Timeouts.Head, becauseUnused)
	c.router.sweeper.rouse()
	if conn.HandshakeContext(ctx) != nil {
		return false
	}
	// "TLS 1.3" is written tls1.3
	c.tls = strings.ToLower(strings.ReplaceAll(tls.VersionName(conn.ConnectionState().Version), " ", ""))
	return true
}

// Package router is the front door of the emulated app.
package router

import (
	"context"
	"net"
)

// Router takes requests on the app's port and forwards each to one web dyno.
// All methods may be called at any time from any goroutine.
type Router struct{}

// New returns a router that serves nothing yet: every request is answered with
// H81 until SetFormation was called. It does no I/O and starts no goroutine.
func New(o Options) *Router { return &Router{} }

// Serve accepts connections until ctx ends, then stops accepting, lets the
// requests in flight finish for at most Options.DrainTimeout and cuts what is
// left. It closes the listeners and returns after every goroutine it started
// is gone; nil means a clean end.
func (r *Router) Serve(ctx context.Context, listeners ...net.Listener) error { <-ctx.Done(); return nil }

// Close cuts every connection at once; Serve then returns.
func (r *Router) Close() error { return nil }

// SetFormation replaces what the router knows about the app. Waiting requests
// look again.
func (r *Router) SetFormation(f Formation) {}

// Drain takes a dyno out of the choice and waits until none of its requests is
// in flight; its tunnels (WebSockets and other upgrades) are cut first. The
// dyno takes requests again once SetFormation reported it as not up, or with
// another address, and then up. The error is the cause of ctx.
func (r *Router) Drain(ctx context.Context, dyno string) error { return nil }

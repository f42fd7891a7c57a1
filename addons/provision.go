package addons

import (
	"context"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// Request asks for one add-on.
type Request struct {
	Service *Service
	Spec    Spec
	Place   problem.Place // of the entry in app.json, for messages; may be zero
}

// NoticeKind tells notices apart for whoever prints them.
type NoticeKind string

// The kinds of notices.
const (
	NoticeFallback NoticeKind = "fallback" // a mode that comes earlier in the order was not possible
	NoticeMoved    NoticeKind = "moved"    // the recorded mode was not taken; its data stays where it is
	NoticeLimited  NoticeKind = "limited"  // the mode taken cannot do everything
	NoticeVersion  NoticeKind = "version"  // another version than the one asked for
)

// Notice is something the user should be told once about an add-on.
type Notice struct {
	Addon string // name of the add-on
	Kind  NoticeKind
	Mode  Mode // the mode the text is about
	Text  string
}

// Provision brings up all requested add-ons at the same time. The resources
// are in the order of the requests. When one fails, those that were started are
// stopped again and the error holds every failure as a problem; when the
// context ends, nothing keeps running. Problem A004 says that no mode of an
// add-on is possible here.
func Provision(ctx context.Context, host Host, requests []Request, engine Engine) ([]Resource, []Notice, error) {
	return provision(ctx, host, requests, engine)
}

package control

import (
	"context"
	"time"
)

// Platform is what the server may ask of the emulator. Methods are called
// concurrently. Patterns are dyno names ("web.1"), process types ("web") or
// globs ("work*"); no pattern means every dyno. An error that is a
// *problem.Problem or a problem.List reaches the client as one.
type Platform interface {
	// Status describes the run now.
	Status(ctx context.Context) (Status, error)
	// Config is the resolved config, sorted by name.
	Config(ctx context.Context) ([]ConfigVar, error)
	// Environment is the whole environment, NAME=value, of a one-off dyno of that
	// name.
	Environment(ctx context.Context, name string) ([]string, error)
	// Restart restarts the dynos that match and returns their names. It gives
	// problem C004 when nothing matches, as do Stop and Start.
	Restart(ctx context.Context, patterns []string) ([]string, error)
	// Stop stops the dynos that match until Start, and returns their names.
	Stop(ctx context.Context, patterns []string) ([]string, error)
	// Start starts the stopped dynos that match and returns their names.
	Start(ctx context.Context, patterns []string) ([]string, error)
	// Scale applies tokens such as "web=2" or "worker+1" and returns the whole
	// formation afterwards. No token changes nothing.
	Scale(ctx context.Context, tokens []string) ([]Quantity, error)
	// Logs hands lines to emit, oldest first, until the history is told (or,
	// with Tail, until ctx ends or emit fails).
	Logs(ctx context.Context, query LogQuery, emit func([]LogLine) error) error
	// AddOnReset backs an add-on's data up, empties it, and returns where the
	// backup is.
	AddOnReset(ctx context.Context, name string) (backup string, err error)
	// Down begins to stop the run and returns without waiting for the end: the
	// client sees it when the socket closes.
	Down(ctx context.Context, options DownOptions) error
	// Run starts a detached one-off dyno whose output goes to the log.
	Run(ctx context.Context, request RunRequest) (Dyno, error)
}

// AddOnDestroyer is a Platform that can remove an add-on with its data; the
// server refuses the request to any other.
type AddOnDestroyer interface {
	// AddOnDestroy backs an add-on's data up, stops the add-on, removes its data
	// and returns where the backup is.
	AddOnDestroy(ctx context.Context, name string) (backup string, err error)
}

// DownOptions say how to stop. The zero value gives every dyno its grace period.
type DownOptions struct {
	Grace          time.Duration `json:"grace_ns,omitempty"` // 0: the usual 30 s
	Kill           bool          `json:"kill,omitempty"`     // do not wait at all
	KeepContainers bool          `json:"keep_containers,omitempty"`
}

// RunRequest is a detached one-off command.
type RunRequest struct {
	Command string            `json:"command"` // shell text; a process type as first word is expanded by the emulator
	Env     map[string]string `json:"env,omitempty"`
	Size    string            `json:"size,omitempty"`
}

package addons

import (
	"context"
	"io"
	"path/filepath"
	"syscall"
	"time"
)

// Host is what the engine hands to drivers: the places they may use and the
// only ways in which they touch the machine. The engine fills every field
// unless its comment says that zero is fine.
type Host struct {
	Dir        string // the checkout's state directory, absolute: <app>/.inshore
	CacheDir   string // the user's cache directory of inshore, absolute, shared by all checkouts
	Checkout   string // identity of the checkout, fit for a label
	App        string // name of the app
	Executable string // our own binary, for services that run as a re-executed child
	Offline    bool   // nothing may be fetched from a network

	Getenv func(name string) string // nil reads nothing

	// Launch starts a server. The context bounds only the start; the process
	// lives until it is stopped or the engine is gone, whichever is first.
	Launch func(ctx context.Context, launch Launch) (Process, error)

	// Port finds a free TCP port of 127.0.0.1; the preferred one (0 for none)
	// when it is free.
	Port func(ctx context.Context, preferred int) (int, error)

	// Log takes the output of the named server. nil throws it away.
	Log func(name string) io.Writer

	// Notice says something once that the user should know. nil throws it away.
	Notice func(text string)

	// Ready is told of every resource that Provision brought up as soon as it
	// answers, from several goroutines, with the time that took. nil is fine.
	Ready func(resource Resource, took time.Duration)

	// Progress reports a long step such as a download; total 0 means unknown.
	// nil throws it away.
	Progress func(name, text string, done, total int64)
}

// Launch describes a server process.
type Launch struct {
	Name       string         // of the add-on
	Argv       []string       // the program with an absolute path, and its arguments
	Env        []string       // the whole environment, NAME=value; nothing is inherited
	Dir        string         // working directory
	StopSignal syscall.Signal // what asks it to end; 0 is SIGTERM
	User       *User          // nil runs it as the caller
	Log        io.Writer      // both output streams; nil throws them away
}

// User says as whom a server runs that refuses to be root.
type User struct {
	UID, GID int
	// Namespace runs the server in a user namespace of its own, in which UID and
	// GID stand for the caller's; outside it stays the caller. Linux only.
	Namespace bool
}

// Process is a server that has been launched.
type Process interface {
	PID() int

	// Done is closed when the process has ended.
	Done() <-chan struct{}

	// Stop sends the stop signal, waits for the grace time, kills the process
	// and whatever it left behind, and returns when it is gone.
	Stop(ctx context.Context, grace time.Duration) error
}

// AddonDir is the directory of the named add-on: record, data, keys.
func (h Host) AddonDir(name string) string {
	return filepath.Join(h.Dir, "addons", name)
}

// DataDir is the directory of the data of the named add-on in a mode. Every
// mode has its own, because the formats differ.
func (h Host) DataDir(name string, mode Mode) string {
	return filepath.Join(h.AddonDir(name), string(mode))
}

// Env is Getenv that tolerates its absence.
func (h Host) Env(name string) string {
	if h.Getenv == nil {
		return ""
	}
	return h.Getenv(name)
}

// LogWriter is Log that never returns nil.
func (h Host) LogWriter(name string) io.Writer {
	if h.Log == nil {
		return io.Discard
	}
	if w := h.Log(name); w != nil {
		return w
	}
	return io.Discard
}

// Tell is Notice that tolerates its absence.
func (h Host) Tell(text string) {
	if h.Notice != nil {
		h.Notice(text)
	}
}

// Report is Progress that tolerates its absence.
func (h Host) Report(name, text string, done, total int64) {
	if h.Progress != nil {
		h.Progress(name, text, done, total)
	}
}

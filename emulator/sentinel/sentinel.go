// Package sentinel keeps every process of a run under one small guardian, so
// that nothing inshore started outlives inshore.
//
// The sentinel is our own binary, executed again in a session of its own. It
// adopts orphans (child subreaper), starts every child from one locked OS
// thread, and holds one end of a socket pair. The manager, which is the process
// people call inshore, holds the other end: it sends specifications with their
// open files and hears of exits. When the socket reports end of file the
// manager is gone, however it died, and the sentinel stops everything: stop
// signal, grace, then kill rounds until no descendant is left.
//
//	s, err := sentinel.Start(ctx, sentinel.Options{Tag: "1f2e3d4c/7"})
//	p, err := s.Launch(sentinel.Spec{Name: "web.1", Argv: []string{"sh", "-c", "exec node app.js"}})
//	<-p.Done()
//	err = s.Close(ctx)
//
// A command that may become a sentinel calls Main before it does anything else.
package sentinel

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

// Names of the variables that mark our processes. RunVariable holds
// Options.Tag and is what Sweep looks for; ProcessVariable tells the processes
// of one run apart, so that an orphan stays with the dyno it came from.
const (
	RunVariable     = "INSHORE_RUN"
	ProcessVariable = "INSHORE_PROCESS"
)

// Command is the hidden argument that turns our binary into a sentinel.
const Command = "__sentinel"

// DefaultGrace is how long processes may take to end once the manager is gone.
const DefaultGrace = 5 * time.Second

// ErrLost is returned for everything asked of a sentinel that has died.
var ErrLost = errors.New("the sentinel is gone")

// ErrClosed is returned for a launch after Close.
var ErrClosed = errors.New("the sentinel is closed")

// ErrUnsupported is returned by Start where inshore cannot guard processes.
var ErrUnsupported = errors.New("running processes is not supported on this operating system")

// Options describe one sentinel. Only Tag has no default.
type Options struct {
	// Executable is the program to execute; empty means our own (os.Executable).
	Executable string
	// Args are its arguments; nil means Command alone.
	Args []string
	// Tag is the value of RunVariable in every child, "<checkout>/<run>".
	Tag string
	// Grace is the time between the stop signal and the kill when the manager
	// died or Close is called, for dynos and again for the Last processes;
	// 0 means DefaultGrace.
	Grace time.Duration
	// Log receives what the sentinel has to complain about; nil discards it.
	Log io.Writer
}

// Spec describes one process. The caller keeps its files and closes them after
// Launch has returned.
type Spec struct {
	// Name is shown in messages, for example "web.1" or "postgres".
	Name string
	// Argv is the command. Argv[0] is searched in the PATH of Env unless it
	// holds a slash; a relative path is taken from Dir.
	Argv []string
	// Env is the whole environment; RunVariable and ProcessVariable are set on top.
	Env []string
	// Dir is the working directory; empty means the manager's.
	Dir string
	// Stdin, Stdout and Stderr become descriptors 0 to 2; nil is the null device.
	Stdin, Stdout, Stderr *os.File
	// StopSignal asks the process to end; 0 means SIGTERM.
	StopSignal syscall.Signal
	// Last processes, the add-on servers, are stopped after all others.
	Last bool
	// TTY makes Stdin the controlling terminal of a session of its own.
	TTY bool
	// User runs the process as somebody else; nil keeps our own user.
	User *User
}

// User says as whom a process runs. It matters when we are root and the server
// refuses to be.
type User struct {
	UID, GID int
	// Namespace keeps our user but shows it to the process as user 1000 of a new
	// user namespace, so that files stay ours; UID and GID are then ignored.
	Namespace bool
}

// Exit is how a process ended. The zero value is a clean end.
type Exit struct {
	Code   int            // what it passed to exit; 0 when a signal ended it
	Signal syscall.Signal // what ended it; 0 when it ended by itself
}

// Status is the number a shell would show: the code, or 128 plus the signal.
func (e Exit) Status() int {
	if e.Signal != 0 {
		return 128 + int(e.Signal)
	}
	return e.Code
}

// String is for example "status 143 (terminated)".
func (e Exit) String() string {
	if e.Signal != 0 {
		return fmt.Sprintf("status %d (%s)", e.Status(), e.Signal)
	}
	return fmt.Sprintf("status %d", e.Code)
}

// LaunchError says why a process could not be started, with the status a shell
// would have given: 127 when something is missing, 126 when it cannot be run.
type LaunchError struct {
	Name   string // Spec.Name
	Path   string // the program as far as it was found, or Argv[0]
	Dir    string // set when the working directory is what is wrong
	Status int    // 126 or 127
	Err    error
}

// Error names the process, the file and the cause.
func (e *LaunchError) Error() string {
	if e.Dir != "" {
		return fmt.Sprintf("start %s: working directory %s: %v", e.Name, e.Dir, e.Err)
	}
	return fmt.Sprintf("start %s: %s: %v", e.Name, e.Path, e.Err)
}

// Unwrap gives the cause to errors.Is.
func (e *LaunchError) Unwrap() error { return e.Err }

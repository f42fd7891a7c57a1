// Package native runs a server program of this machine as the back end of an
// add-on: it finds the program, ends what an earlier run may have left, starts
// it on a free port, waits until it answers its own protocol, and copies
// directories and credentials around for that.
//
// It knows no service and no engine. A process is started by a function that
// the caller passes in, so that the engine's sentinel stays the only parent of
// servers. Nothing here starts a goroutine that outlives the call.
package native

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Process is a server that has been launched.
type Process interface {
	PID() int
	Done() <-chan struct{}
	Stop(ctx context.Context, grace time.Duration) error
}

// Look finds a program in a list of folders as PATH holds it. It returns an
// absolute path, or "" when there is none.
func Look(path, name string) string {
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if file := filepath.Join(dir, name+exeSuffix); Executable(file) {
			return file
		}
	}
	return ""
}

// Executable tells whether the file exists and may be run.
func Executable(file string) bool {
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	return exeSuffix != "" || info.Mode()&0o111 != 0
}

// Env is a small, predictable environment for servers: PATH and the places of
// the user from getenv, the C locale and UTC, and what the caller adds.
func Env(getenv func(string) string, more ...string) []string {
	env := []string{"LC_ALL=C", "TZ=UTC"}
	if getenv == nil {
		return append(env, more...)
	}
	for _, name := range []string{"PATH", "HOME", "USER", "TMPDIR", "SystemRoot", "TEMP", "TMP", "INSHORE_RUN"} {
		if value := getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return slices.Concat(env, more)
}

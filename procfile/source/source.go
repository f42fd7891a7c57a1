// Package source reads a declaration file (Procfile, app.json, .env) from disk
// without trusting it: regular files only, a size cap, UTF-8 text without NUL.
// It never blocks on a pipe and never reads a device, so a hostile checkout
// costs one clear problem and constant memory.
package source

import "github.com/inshore-dev/inshore/emulator/problem"

// Limits says what Read accepts and how it names what it refuses.
type Limits struct {
	Name       string // how problems name the file; empty means the path
	MaxBytes   int64  // larger files are refused
	Missing    string // problem code for a file that is not there
	Encoding   string // problem code for UTF-16, UTF-32 and binary files
	Unreadable string // problem code for everything else
}

// Read returns the bytes of a text file. The problem wraps the operating
// system's error where there is one, so errors.Is(p, fs.ErrNotExist) works.
func Read(path string, limits Limits) ([]byte, *problem.Problem) {
	return nil, nil
}

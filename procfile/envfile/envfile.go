// Package envfile reads and writes .env files.
package envfile

import (
	"io"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// Options says how to read. The zero value expands from the file alone.
type Options struct {
	// Lookup finds names that no file sets, normally os.LookupEnv; nil finds
	// nothing.
	Lookup func(name string) (string, bool)
	// Earlier holds variables of files read before; they may be referred to
	// but are not part of the result.
	Earlier Vars
}

// Parse reads the text of an env file; name is what problems and Var.File call
// it. A bad line is a problem and never hides the lines after it.
func Parse(name string, src []byte) (Vars, problem.List) {
	return ParseWith(name, src, Options{})
}

// ParseWith is Parse with options.
func ParseWith(name string, src []byte, opts Options) (Vars, problem.List) {
	return Vars{}, nil
}

// Load reads files in order; a later one overrides an earlier one. A missing
// file is problem E008 wrapping fs.ErrNotExist; the others are still read.
func Load(paths ...string) (Vars, problem.List) {
	return Vars{}, nil
}

// LoadIn is Load for files named relative to a folder; problems and Var.File
// use the relative names.
func LoadIn(dir string, opts Options, names ...string) (Vars, problem.List) {
	return Vars{}, nil
}

// Encode writes variables so that every reader in the package comment that can
// hold the value reads the same bytes back.
func Encode(vars Vars) []byte { return nil }

// Write is Encode to a writer.
func Write(w io.Writer, vars Vars) error { return nil }

// Edit returns the text with name set to value: the line that counts is
// replaced, everything else (comments, order, line ends) stays; a new name is
// appended. It does no I/O and never fails for a valid name.
func Edit(src []byte, name, value string) []byte { return src }

// Remove returns the text without the assignments of name.
func Remove(src []byte, name string) []byte { return src }

// Set edits the file at path in place, atomically and with mode 0600; a
// missing file is created.
func Set(path, name, value string) error { return nil }

// Unset removes a name from the file at path; a missing file is fine.
func Unset(path, name string) error { return nil }

// Package source reads a declaration file (Procfile, app.json, .env) from disk
// without trusting it: regular files only, a size cap, UTF-8 text without NUL.
// It never blocks on a pipe and never reads a device, so a hostile checkout
// costs one clear problem and constant memory.
package source

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"unicode/utf8"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// DefaultMaxBytes is the size cap when Limits has none: a declaration file of
// more than a mebibyte is a mistake.
const DefaultMaxBytes = 1 << 20

// Limits says what Read accepts and how it names what it refuses.
type Limits struct {
	Name       string // how problems name the file; empty means the path
	MaxBytes   int64  // larger files are refused; 0 means DefaultMaxBytes
	Missing    string // problem code for a file that is not there
	Encoding   string // problem code for UTF-16, UTF-32 and binary files
	Unreadable string // problem code for everything else
	AllowNUL   bool   // leave NUL bytes to the caller, who can name the line
}

// Read returns the bytes of a text file. The problem wraps the operating
// system's error where there is one, so errors.Is(p, fs.ErrNotExist) works.
func Read(path string, limits Limits) ([]byte, *problem.Problem) {
	if limits.Name == "" {
		limits.Name = path
	}
	if limits.MaxBytes == 0 {
		limits.MaxBytes = DefaultMaxBytes
	}
	src, refused := read(path, limits)
	if refused != nil {
		return nil, refused.At(problem.Place{File: limits.Name})
	}
	if refused := limits.check(src); refused != nil {
		return nil, refused
	}
	return src, nil
}

func (l Limits) check(src []byte) *problem.Problem {
	if l.AllowNUL {
		return CheckEncoding(l.Name, src, l.Encoding)
	}
	return CheckText(l.Name, src, l.Encoding)
}

func read(path string, limits Limits) ([]byte, *problem.Problem) {
	file, err := open(path)
	if err != nil {
		return nil, limits.refuse(err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return nil, limits.refuse(err)
	}
	if kind := irregular(info.Mode()); kind != "" {
		return nil, problem.Newf(limits.Unreadable, "%s is %s, not a file", limits.Name, kind)
	}
	if info.Size() > limits.MaxBytes {
		return nil, limits.tooLarge()
	}
	// The file may grow while it is read, and some report no size at all.
	src, err := io.ReadAll(io.LimitReader(file, limits.MaxBytes+1))
	if err != nil {
		return nil, limits.refuse(err)
	}
	if int64(len(src)) > limits.MaxBytes {
		return nil, limits.tooLarge()
	}
	return src, nil
}

func (l Limits) tooLarge() *problem.Problem {
	return problem.Newf(l.Unreadable, "%s is larger than %d KiB", l.Name, l.MaxBytes>>10).
		Note("note", "nothing of it was read")
}

func (l Limits) refuse(err error) *problem.Problem {
	if errors.Is(err, fs.ErrNotExist) {
		return problem.Newf(l.Missing, "there is no %s", l.Name).Wrap(err)
	}
	cause := err
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		cause = pathError.Err
	}
	p := problem.Newf(l.Unreadable, "cannot read %s", l.Name).Wrap(err).Cause("%v", cause)
	if errors.Is(err, fs.ErrPermission) {
		p.Fix("chmod u+r %s", l.Name)
	}
	return p
}

// irregular names what a path is when it is no regular file.
func irregular(mode fs.FileMode) string {
	switch {
	case mode.IsRegular():
		return ""
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	default:
		return "something special"
	}
}

// CheckText refuses UTF-16, UTF-32 and binary content with a problem of the
// given code that quotes none of it. UTF-8 with or without a byte-order mark is
// fine, and so are stray bytes of older encodings: the line parsers report
// those where they matter.
func CheckText(name string, src []byte, code string) *problem.Problem {
	if refused := CheckEncoding(name, src, code); refused != nil {
		return refused
	}
	before, _, ok := bytes.Cut(src, []byte{0})
	if !ok {
		return nil
	}
	line := 1 + bytes.Count(before, []byte("\n"))
	p := problem.Newf(code, "%s holds a NUL byte", name).At(problem.Place{File: name, Line: line})
	if !utf8.Valid(src) {
		p.Message = name + " is a binary file"
	}
	return p
}

// CheckEncoding refuses UTF-16 and UTF-32 only.
func CheckEncoding(name string, src []byte, code string) *problem.Problem {
	encoding, mark := wide(src)
	if encoding == "" {
		return nil
	}
	return problem.Newf(code, "%s is saved as %s%s", name, encoding, mark).
		At(problem.Place{File: name}).
		Fix("save it as UTF-8, or: iconv -f %s -t utf-8 %s > %s.utf8 && mv %s.utf8 %s",
			encoding, name, name, name, name)
}

// wide recognises UTF-16 and UTF-32 by their byte-order mark, or by the zero
// bytes that ASCII text in UTF-16 consists of.
func wide(src []byte) (encoding, mark string) {
	switch {
	case bytes.HasPrefix(src, []byte{0xFF, 0xFE, 0, 0}):
		return "UTF-32LE", " (starts with FF FE 00 00)"
	case bytes.HasPrefix(src, []byte{0, 0, 0xFE, 0xFF}):
		return "UTF-32BE", " (starts with 00 00 FE FF)"
	case bytes.HasPrefix(src, []byte{0xFF, 0xFE}):
		return "UTF-16", " (starts with FF FE)"
	case bytes.HasPrefix(src, []byte{0xFE, 0xFF}):
		return "UTF-16", " (starts with FE FF)"
	}
	if len(src) < 4 {
		return "", ""
	}
	var even, odd int
	head := src[:min(len(src), 512)]
	for i, b := range head {
		if b != 0 {
			continue
		}
		if i%2 == 0 {
			even++
		} else {
			odd++
		}
	}
	half := len(head) / 2
	switch {
	case even == 0 && odd > half*4/5:
		return "UTF-16LE", ""
	case odd == 0 && even > half*4/5:
		return "UTF-16BE", ""
	}
	return "", ""
}

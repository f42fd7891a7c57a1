package envfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// Set gives a variable a value in the file at path, as Edit does, and creates
// the file when there is none. The file is replaced atomically and ends up with
// mode 0600; a symbolic link keeps pointing at it. When the text around the
// line would keep the value from being read back, nothing is written and the
// problem is E025. Callers that may race each other lock around it.
func Set(path, name, value string) error {
	if v := (Var{Name: name, Value: value}); !writable(v) {
		return notWritable(name)
	}
	return update(path, func(src []byte) ([]byte, error) {
		edited := Edit(src, name, value)
		if !tookEffect(path, src, edited, Var{Name: name, Value: value}) {
			return nil, problem.Newf(codeNotWritten, "cannot set %s in %s", name, path).
				At(problem.Place{File: path}).
				Cause("the file is JSON, or a quote in it is never closed")
		}
		return edited, nil
	})
}

// tookEffect tells whether an edited text holds the new value and every name
// that it held before.
func tookEffect(path string, src, edited []byte, v Var) bool {
	before, _ := Parse(path, src)
	after, _ := Parse(path, edited)
	if got, ok := after.Value(v.Name); !ok || got != v.Value {
		return false
	}
	for _, earlier := range before.list {
		if _, ok := after.Get(earlier.Name); !ok {
			return false
		}
	}
	return true
}

// Unset removes a name from the file at path, as Remove does, atomically. A
// missing file and a missing name are fine.
func Unset(path, name string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return update(path, func(src []byte) ([]byte, error) { return Remove(src, name), nil })
}

func update(path string, change func(src []byte) ([]byte, error)) error {
	src, refused := readFile(path, path)
	if refused != nil && !errors.Is(refused, fs.ErrNotExist) {
		return refused
	}
	edited, err := change(src)
	if err != nil {
		return err
	}
	return replace(path, edited)
}

// replace writes a file atomically: another process sees the old text or the
// new one, and a crash leaves one of the two.
func replace(path string, content []byte) (err error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".env-*")
	if err != nil {
		return notSaved(path, err)
	}
	defer func() {
		if err != nil {
			_ = temp.Close()
			_ = os.Remove(temp.Name())
			err = notSaved(path, err)
		}
	}()
	// os.CreateTemp made the file with mode 0600, which is what secrets need.
	if _, err := temp.Write(content); err != nil {
		return err
	}
	if err := temp.Sync(); err != nil {
		return err
	}
	if err := temp.Close(); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

func notSaved(path string, err error) *problem.Problem {
	return problem.Newf(codeNotWritten, "cannot write %s", path).Wrap(err).Cause("%v", errors.Unwrap(err))
}

package native

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Replace writes a file that only its owner may read, on disk before it takes
// the place of the old one: a reader, and a power cut, see one or the other.
func Replace(file string, write func(io.Writer) error) error {
	temp, err := os.CreateTemp(filepath.Dir(file), ".part-")
	if err != nil {
		return err
	}
	err = write(temp)
	if err == nil {
		err = temp.Sync()
	}
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), file)
	}
	if err != nil {
		os.Remove(temp.Name())
	}
	return err
}

package addons

import (
	"errors"
	"os"
	"path/filepath"
)

// writeFile writes a file that only its owner may read, on disk before it takes
// the place of the old one. (The usual library for it does not do Windows.)
func writeFile(file string, content []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(file), ".part-")
	if err != nil {
		return err
	}
	_, err = temp.Write(content)
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

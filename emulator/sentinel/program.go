//go:build linux || darwin

package sentinel

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// workingDirectory is Spec.Dir made absolute and known to be a directory: exec
// reports a missing directory and a missing program alike.
func workingDirectory(spec Spec) (string, error) {
	dir := spec.Dir
	if dir == "" {
		dir = "."
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		var info fs.FileInfo
		info, err = os.Stat(dir)
		if err == nil && !info.IsDir() {
			err = syscall.ENOTDIR
		}
	}
	if err != nil {
		return "", &LaunchError{Name: spec.Name, Path: spec.Argv[0], Dir: dir, Status: 126, Err: bare(err)}
	}
	return dir, nil
}

// findProgram searches as a shell does: in the PATH the process will have.
func findProgram(spec Spec, dir string) (string, error) {
	name := spec.Argv[0]
	if strings.ContainsRune(name, '/') {
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		if err := executable(path); err != nil {
			return "", programError(spec.Name, path, err)
		}
		return path, nil
	}
	denied := error(nil)
	for _, folder := range filepath.SplitList(searchPath(spec.Env)) {
		if !filepath.IsAbs(folder) {
			folder = filepath.Join(dir, folder)
		}
		path := filepath.Join(folder, name)
		err := executable(path)
		if err == nil {
			return path, nil
		}
		if errors.Is(err, fs.ErrPermission) && denied == nil {
			denied = programError(spec.Name, path, err)
		}
	}
	if denied != nil {
		return "", denied
	}
	return "", &LaunchError{Name: spec.Name, Path: name, Status: 127, Err: errors.New("command not found")}
}

// defaultPath is what shells use when the environment has no PATH.
const defaultPath = "/usr/local/bin:/usr/bin:/bin"

func searchPath(env []string) string {
	path := defaultPath
	for _, entry := range env {
		if value, ok := strings.CutPrefix(entry, "PATH="); ok {
			path = value // the last one counts, as in exec
		}
	}
	return path
}

func executable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return syscall.EISDIR
	}
	if info.Mode()&0o111 == 0 {
		return fs.ErrPermission
	}
	return nil
}

func programError(name, path string, err error) error {
	status := 126
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		status = 127
	}
	return &LaunchError{Name: name, Path: path, Status: status, Err: bare(err)}
}

// bare takes the path off an error: LaunchError names it already.
func bare(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}

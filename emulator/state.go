package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2/maybe"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// state is what a checkout remembers between runs. Add-ons keep their own
// records beside it (see addons.Record).
type state struct {
	Version       int    `json:"version"`
	Checkout      string `json:"checkout"`
	App           string `json:"app"`
	RouterPort    int    `json:"router_port,omitempty"`
	DashboardPort int    `json:"dashboard_port,omitempty"`
	PortBase      int    `json:"port_base,omitempty"`
	Release       int    `json:"release,omitempty"`
}

const (
	stateVersion = 1
	// maxStateBytes bounds how much of a hostile state file is read.
	maxStateBytes = 8 << 20
)

// prepareStateDir makes the directory that holds everything inshore writes for
// a checkout. It is ignored by git through a file of its own, so that no
// project has to know about it.
func prepareStateDir(dir string) error {
	if err := CheckStateDir(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make %s: %w", dir, err)
	}
	ignore := filepath.Join(dir, ".gitignore")
	if _, err := os.Lstat(ignore); err == nil {
		return nil
	}
	return maybe.WriteFile(ignore, []byte("*\n"), 0o644)
}

// CheckStateDir refuses a state directory that somebody else prepared: one that
// is a symbolic link, holds one where inshore writes, belongs to another user, or
// is no directory at all. A cloned repository can bring such a thing along. A
// directory that does not exist is fine.
func CheckStateDir(dir string) error {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return problem.Newf("S007", "%s is not a directory", dir).
			Cause("inshore keeps its state there").Fix("move it away: mv %s %s.old", dir, dir)
	}
	for _, name := range []string{"", "logs", filepath.Join("logs", "up.log"), "addons", "backups", "bin", "secrets.env", "state.json", "lock"} {
		if err := refuseForeign(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// refuseForeign keeps inshore out of a state directory or file that somebody
// else planted: a symbolic link, or one that belongs to another user.
func refuseForeign(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode()&os.ModeSymlink != 0 {
		return problem.Newf("S003", "%s is a symbolic link", path).
			Cause("inshore writes secrets there and does not follow links").
			Fix("remove it: rm %s", path)
	}
	if !ownedByUs(info) {
		return problem.Newf("S004", "%s belongs to another user", path).
			Fix("remove it, or run inshore as its owner")
	}
	return nil
}

// loadState reads the state file. A file that cannot be understood is put aside
// as .bad-<time> and the state starts afresh: losing a port number must never
// keep an app from starting.
func loadState(path string, now time.Time) (state, *problem.Problem, error) {
	if err := refuseForeign(path); err != nil {
		return state{}, nil, err
	}
	data, err := readBounded(path, maxStateBytes)
	if errors.Is(err, os.ErrNotExist) {
		return state{Version: stateVersion}, nil, nil
	}
	var s state
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err == nil && s.Version != stateVersion {
		err = fmt.Errorf("version %d, want %d", s.Version, stateVersion)
	}
	if err == nil {
		return s, nil, nil
	}
	bad := fmt.Sprintf("%s.bad-%s", path, now.UTC().Format("20060102T150405"))
	if renameErr := os.Rename(path, bad); renameErr != nil {
		return state{}, nil, renameErr
	}
	warning := problem.Newf("S005", "the recorded state could not be read, starting afresh").Warn().
		Cause("%v", err).Note("note", "kept as %s", bad)
	return state{Version: stateVersion}, warning, nil
}

// saveState replaces the state file in one step.
func saveState(path string, s state) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return maybe.WriteFile(path, append(data, '\n'), 0o600)
}

func readBounded(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file") // a pipe would be waited for
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("larger than %d bytes", limit)
	}
	return data, nil
}

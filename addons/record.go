package addons

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// recordVersion is the version of the record's format.
const recordVersion = 1

// Record is what must be the same at every start of an add-on, else an app sees
// another environment each time. It is kept in record.json, readable only by
// the owner. The zero Record means that the add-on has never been started.
type Record struct {
	Format   int       `json:"format"` // of this file
	Service  string    `json:"service"`
	Plan     string    `json:"plan,omitempty"`
	Mode     Mode      `json:"mode"`
	Version  string    `json:"version,omitempty"` // of the server that ran last
	Port     int       `json:"port,omitempty"`
	User     string    `json:"user,omitempty"`
	Password string    `json:"password,omitempty"`
	Database string    `json:"database,omitempty"`
	PID      int       `json:"pid,omitempty"`       // of the server that ran last
	PIDStart string    `json:"pid_start,omitempty"` // start time of that process, opaque
	Created  time.Time `json:"created"`
	// Extra is for values of a single service or mode: a container's name.
	Extra map[string]string `json:"extra,omitempty"`
}

// LoadRecord reads the record of the named add-on. No record is a zero Record
// and no error; a broken one is problem S010, never a silent fresh start,
// because the data behind it would be cut off from its password.
func LoadRecord(host Host, name string) (Record, error) {
	path := recordPath(host, name)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Record{}, nil
	}
	if err != nil {
		return Record{}, fmt.Errorf("read record of add-on %s: %w", name, err)
	}
	var r Record
	if err := json.Unmarshal(data, &r); err != nil {
		return Record{}, brokenRecord(path, name, "it is not valid JSON").Wrap(err)
	}
	if r.Format > recordVersion {
		return Record{}, brokenRecord(path, name, "it was written by a newer inshore")
	}
	return r, nil
}

// SaveRecord writes the record atomically, mode 0600.
func SaveRecord(host Host, name string, r Record) error {
	r.Format = recordVersion
	if r.Created.IsZero() {
		r.Created = time.Now().UTC().Truncate(time.Second)
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write record of add-on %s: %w", name, err)
	}
	if err := os.MkdirAll(host.AddonDir(name), 0o700); err != nil {
		return fmt.Errorf("write record of add-on %s: %w", name, err)
	}
	if err := renameio.WriteFile(recordPath(host, name), append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("write record of add-on %s: %w", name, err)
	}
	return nil
}

func recordPath(host Host, name string) string {
	return filepath.Join(host.AddonDir(name), "record.json")
}

func brokenRecord(path, name, why string) *problem.Problem {
	return problem.Newf("S010", "the record of add-on %s cannot be read", name).
		At(problem.Place{File: path}).
		Cause("%s", why).
		Fix("restore the file, or start empty: inshore addons:reset %s (the data is moved aside)", name)
}

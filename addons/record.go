package addons

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

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
	if err := writeFile(recordPath(host, name), append(data, '\n')); err != nil {
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

// OpenRecord reads the record of the add-on that a driver is about to
// provision and completes it: mode, plan, a port that the user fixed in the
// options, and a random password and the given defaults where nothing is
// recorded yet. It is saved when that changed anything.
func OpenRecord(host Host, spec Spec, service string, mode Mode, defaults Record) (Record, error) {
	r, err := LoadRecord(host, spec.Name)
	if err != nil {
		return Record{}, err
	}
	before := r
	r.Service, r.Plan, r.Mode = service, spec.Plan, mode
	r.User = cmp.Or(r.User, defaults.User)
	r.Database = cmp.Or(r.Database, defaults.Database)
	r.Password = cmp.Or(r.Password, defaults.Password, randomPassword())
	if port := spec.Options["port"]; port != "" {
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 {
			return Record{}, problem.Newf("A006", "port %q of add-on %s is not a port number", port, spec.Name).
				Fix("a number between 1024 and 65535, or leave it out")
		}
		r.Port = n
	}
	if before.Created.IsZero() || !sameRecord(before, r) {
		r.Created = cmp.Or(before.Created, time.Now().UTC().Truncate(time.Second))
		return r, SaveRecord(host, spec.Name, r)
	}
	return r, nil
}

// KeepRecord saves what a start has found out, if it is news: the port that the
// server really got and its version.
func KeepRecord(host Host, name string, r Record, port int, version string) (Record, error) {
	if r.Port == port && r.Version == version {
		return r, nil
	}
	r.Port, r.Version = port, version
	return r, SaveRecord(host, name, r)
}

func sameRecord(a, b Record) bool {
	return a.Service == b.Service && a.Plan == b.Plan && a.Mode == b.Mode && a.Port == b.Port &&
		a.User == b.User && a.Password == b.Password && a.Database == b.Database
}

// randomPassword has 128 bits and needs no quoting in a URL or a shell.
func randomPassword() string {
	return strings.ToLower(rand.Text())
}

package addons

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// manifestFile describes a backup; it is written last, so that a folder without
// one is an unfinished backup.
const manifestFile = "manifest.json"

// FormatFolder is the format of a backup made by Shelve: the add-on's whole
// folder with record and data.
const FormatFolder = "folder"

// Backup describes a saved state of an add-on. Its directory holds the data
// and this description as manifest.json.
type Backup struct {
	Dir     string    `json:"-"`
	Addon   string    `json:"addon"`
	Kind    string    `json:"kind"`
	Mode    Mode      `json:"mode"`
	Version string    `json:"version"`
	Format  string    `json:"format"` // of the data: "postgres-directory"
	Reason  string    `json:"reason"` // "reset", "destroy", "asked"
	Created time.Time `json:"created"`
	Size    int64     `json:"size"` // in bytes
}

// SaveBackup backs the resource up into the checkout's backups folder. An
// incomplete backup is removed. A resource that cannot be backed up is problem
// A008.
func SaveBackup(ctx context.Context, host Host, resource Resource, reason string) (Backup, error) {
	info := resource.Info()
	backuper, ok := resource.(Backuper)
	if !ok {
		return Backup{}, problem.Newf("A008", "add-on %s cannot be backed up in mode %s", info.Name, info.Mode.word())
	}
	dir, created, err := newBackupDir(host, info.Name)
	if err != nil {
		return Backup{}, err
	}
	backup, err := backuper.Backup(ctx, dir)
	if err == nil {
		backup.Dir, backup.Reason, backup.Created = dir, reason, created
		backup.Addon, backup.Kind = info.Name, info.Kind
		backup.Mode, backup.Version = info.Mode, cmp.Or(backup.Version, info.Version)
		err = writeManifest(backup)
	}
	if err != nil {
		os.RemoveAll(dir)
		return Backup{}, fmt.Errorf("back up add-on %s: %w", info.Name, err)
	}
	return backup, nil
}

// Backups of the named add-on, newest first. Folders without a readable
// manifest are left out.
func Backups(host Host, name string) ([]Backup, error) {
	root := filepath.Join(host.Dir, "backups", name)
	entries, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list backups of %s: %w", name, err)
	}
	var backups []Backup
	for _, entry := range slices.Backward(entries) {
		if b, err := readManifest(filepath.Join(root, entry.Name())); err == nil {
			backups = append(backups, b)
		}
	}
	return backups, nil
}

// Restore replaces the data of the resource by a backup of the same add-on
// kind. A format that the resource cannot read is problem A009.
func Restore(ctx context.Context, resource Resource, backup Backup) error {
	info := resource.Info()
	backuper, ok := resource.(Backuper)
	if !ok || backup.Kind != info.Kind {
		return problem.Newf("A009", "a %s backup cannot be restored into add-on %s", backup.Kind, info.Name)
	}
	if err := backuper.Restore(ctx, backup); err != nil {
		return fmt.Errorf("restore add-on %s: %w", info.Name, err)
	}
	return nil
}

// Reset backs the resource up and empties it. Nothing is emptied when the
// backup fails.
func Reset(ctx context.Context, host Host, resource Resource) (Backup, error) {
	name := resource.Info().Name
	resetter, ok := resource.(Resetter)
	if !ok {
		return Backup{}, problem.Newf("A008", "add-on %s cannot be reset in mode %s", name, resource.Info().Mode.word())
	}
	backup, err := SaveBackup(ctx, host, resource, "reset")
	if err != nil {
		return Backup{}, err
	}
	if err := resetter.Reset(ctx); err != nil {
		return backup, fmt.Errorf("reset add-on %s: %w", name, err)
	}
	return backup, nil
}

// Destroy backs the resource up, stops it and removes its data. Nothing is
// removed when the backup fails.
func Destroy(ctx context.Context, host Host, resource Resource) (Backup, error) {
	backup, err := SaveBackup(ctx, host, resource, "destroy")
	if err != nil {
		return Backup{}, err
	}
	if err := resource.Destroy(ctx); err != nil {
		return backup, fmt.Errorf("destroy add-on %s: %w", resource.Info().Name, err)
	}
	return backup, nil
}

// Shelve puts the data of an add-on that is not running aside: its folder
// becomes a backup. It is the way to reset or destroy a native or embedded
// add-on that does not start. Data in a container volume is not touched. An
// add-on that has no folder gives a zero Backup and no error.
func Shelve(host Host, name, reason string) (Backup, error) {
	from := host.AddonDir(name)
	if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
		return Backup{}, nil
	}
	// A record that cannot be read must not keep the data from being moved.
	record, _ := LoadRecord(host, name)
	dir, created, err := newBackupDir(host, name)
	if err != nil {
		return Backup{}, err
	}
	if err := os.Rename(from, filepath.Join(dir, "addon")); err != nil {
		os.Remove(dir)
		return Backup{}, fmt.Errorf("put add-on %s aside: %w", name, err)
	}
	backup := Backup{
		Dir: dir, Addon: name, Kind: record.Service, Mode: record.Mode, Version: record.Version,
		Format: FormatFolder, Reason: reason, Created: created,
	}
	return backup, writeManifest(backup)
}

// newBackupDir makes the folder of a backup that starts now; its name sorts by
// time.
func newBackupDir(host Host, name string) (string, time.Time, error) {
	now := time.Now().UTC()
	root := filepath.Join(host.Dir, "backups", name)
	if err := os.MkdirAll(root, 0o700); err != nil {
		return "", now, fmt.Errorf("make backup folder: %w", err)
	}
	for {
		dir := filepath.Join(root, now.Format("20060102T150405.000Z"))
		err := os.Mkdir(dir, 0o700)
		if err == nil {
			return dir, now, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", now, fmt.Errorf("make backup folder: %w", err)
		}
		now = now.Add(time.Millisecond)
	}
}

func writeManifest(b Backup) error {
	data, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(b.Dir, manifestFile), append(data, '\n'))
}

func readManifest(dir string) (Backup, error) {
	data, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if err != nil {
		return Backup{}, err
	}
	b := Backup{}
	err = json.Unmarshal(data, &b)
	b.Dir = dir
	return b, err
}

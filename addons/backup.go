package addons

import (
	"context"
	"time"
)

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
	return saveBackup(ctx, host, resource, reason)
}

// Backups of the named add-on, newest first.
func Backups(host Host, name string) ([]Backup, error) {
	return listBackups(host, name)
}

// Reset backs the resource up and empties it. Nothing is emptied when the
// backup fails.
func Reset(ctx context.Context, host Host, resource Resource) (Backup, error) {
	return resetResource(ctx, host, resource)
}

// Destroy backs the resource up, stops it and removes its data. Nothing is
// removed when the backup fails.
func Destroy(ctx context.Context, host Host, resource Resource) (Backup, error) {
	return destroyResource(ctx, host, resource)
}

// Shelve puts the data of an add-on that is not running aside: its folder
// becomes a backup. It is the way to reset or destroy a native or embedded
// add-on that does not start. Data in a container volume is not touched.
func Shelve(host Host, name, reason string) (Backup, error) {
	return shelve(host, name, reason)
}

package redis

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/internal/native"
	"github.com/inshore-dev/inshore/emulator/problem"
)

// The forms of backups: the file of a real server, and that of our own.
const (
	formatRDB  = "redis-rdb"
	formatDump = "inshore-redis-dump"
	rdbFile    = "dump.rdb"
)

// Backup asks the server for its data and puts it into one file.
func (r *resource) Backup(ctx context.Context, dir string) (addons.Backup, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	backup := addons.Backup{Format: formatRDB, Version: r.program.version}
	err := r.talk(ctx, func(c *client) error {
		if r.program.limited {
			backup.Format = formatDump
			return saveDump(ctx, c, filepath.Join(dir, dumpFile))
		}
		if _, err := c.do(ctx, "SAVE"); err != nil {
			return err
		}
		// An old file of that name must not be found by a later start.
		file := filepath.Join(r.dir, rdbFile)
		defer os.Remove(file)
		return moveOrCopy(ctx, file, dir)
	})
	backup.Size = native.Size(dir)
	return backup, err
}

// moveOrCopy copies one file into a folder.
func moveOrCopy(ctx context.Context, file, dir string) error {
	_, err := native.Copy{From: file, To: filepath.Join(dir, filepath.Base(file))}.Run(ctx)
	return err
}

// Restore replaces all keys by those of a backup.
func (r *resource) Restore(ctx context.Context, backup addons.Backup) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case backup.Format == formatDump:
		return r.talk(ctx, func(c *client) error {
			if _, err := c.do(ctx, "FLUSHALL"); err != nil {
				return err
			}
			return loadDump(ctx, c, filepath.Join(backup.Dir, dumpFile))
		})
	case backup.Format == formatRDB && !r.program.limited:
		return r.restoreRDB(ctx, backup)
	default:
		return problem.Newf("A009", "a backup in the form %q cannot be restored into %s as it runs now", backup.Format, r.spec.Name)
	}
}

// restoreRDB starts the server on the file without its log of changes, which it
// would prefer to the file, and lets it write a new log. When that fails, the
// present data comes back.
func (r *resource) restoreRDB(ctx context.Context, backup addons.Backup) error {
	fresh := r.dir + ".new"
	if err := errors.Join(os.RemoveAll(fresh), os.Mkdir(fresh, 0o700)); err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	if err := moveOrCopy(ctx, filepath.Join(backup.Dir, rdbFile), fresh); err != nil {
		return err
	}
	if err := r.halt(ctx); err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(r.aside()), os.Rename(r.dir, r.aside()), os.Rename(fresh, r.dir)); err != nil {
		return errors.Join(err, r.undo(ctx))
	}
	err := r.start(ctx, false)
	if err == nil && !r.spec.Ephemeral {
		err = r.beginLog(ctx)
	}
	if err != nil {
		return errors.Join(err, r.undo(ctx))
	}
	os.Remove(filepath.Join(r.dir, rdbFile))
	return os.RemoveAll(r.aside())
}

// beginLog turns the log of changes on and waits until it holds everything.
func (r *resource) beginLog(ctx context.Context) error {
	return r.talk(ctx, func(c *client) error {
		if _, err := c.do(ctx, "CONFIG", "SET", "appendonly", "yes"); err != nil {
			return err
		}
		for {
			info, err := c.text(ctx, "INFO", "persistence")
			if err != nil {
				return err
			}
			idle := field(info, "aof_rewrite_in_progress") == "0" && field(info, "aof_rewrite_scheduled") == "0"
			if idle && field(info, "aof_enabled") == "1" {
				if field(info, "aof_last_bgrewrite_status") != "ok" {
					return errors.New("the server could not write its log of changes")
				}
				return nil
			}
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(5 * time.Millisecond):
			}
		}
	})
}

func (r *resource) aside() string { return r.dir + ".aside" }

// undo brings the data back that was moved aside, even for a caller who has
// given up by now.
func (r *resource) undo(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	err := r.halt(ctx)
	if _, missing := os.Stat(r.aside()); missing == nil {
		err = errors.Join(err, os.RemoveAll(r.dir), os.Rename(r.aside(), r.dir))
	}
	return errors.Join(err, r.start(ctx, !r.spec.Ephemeral))
}

// heal brings back data that a killed restore had moved aside.
func (r *resource) heal() error {
	if _, err := os.Stat(r.aside()); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(os.RemoveAll(r.dir), os.Rename(r.aside(), r.dir))
}

package postgres

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/internal/native"
	"github.com/inshore-dev/inshore/emulator/problem"
)

// format of our backups: a data directory as pg_basebackup would give it.
const format = "postgres-directory"

// Backup copies the data directory of the running server while others write to
// it. WAL from the start of the copy is held by a temporary slot, so that a
// checkpoint in between cannot remove what the copy needs.
func (r *resource) Backup(ctx context.Context, dir string) (addons.Backup, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	to := filepath.Join(dir, "data")
	var size int64
	err := with(ctx, r.credentials(r.record.Port), func(conn *pgx.Conn) error {
		var err error
		size, err = r.copyHot(ctx, conn, to)
		return err
	})
	if err != nil {
		return addons.Backup{}, err
	}
	return addons.Backup{Format: format, Version: r.cluster.inst.version, Size: size}, nil
}

func (r *resource) copyHot(ctx context.Context, conn *pgx.Conn, to string) (int64, error) {
	begin, end := "SELECT pg_backup_start('inshore', true)", "SELECT labelfile, spcmapfile FROM pg_backup_stop(false)"
	if r.cluster.inst.major < 15 {
		begin, end = "SELECT pg_start_backup('inshore', true, false)", "SELECT labelfile, spcmapfile FROM pg_stop_backup(false, false)"
	}
	if _, err := conn.Exec(ctx, "SELECT pg_create_physical_replication_slot('inshore_backup', true, true)"); err != nil {
		return 0, err
	}
	if _, err := conn.Exec(ctx, begin); err != nil {
		return 0, err
	}
	size, err := native.Copy{From: r.cluster.dir, To: to, Skip: skipHot, Changing: true}.Run(ctx)
	if err != nil {
		return 0, err
	}
	var label string
	var spaces *string
	if err := conn.QueryRow(ctx, end).Scan(&label, &spaces); err != nil {
		return 0, err
	}
	if err := os.WriteFile(filepath.Join(to, "backup_label"), []byte(label), 0o600); err != nil {
		return 0, err
	}
	if spaces != nil && *spaces != "" {
		return 0, errors.New("tablespaces outside the data folder cannot be backed up")
	}
	// WAL comes last: it holds everything up to the end of the backup.
	wal := native.Copy{From: filepath.Join(r.cluster.dir, "pg_wal"), To: filepath.Join(to, "pg_wal"), Changing: true}
	more, err := wal.Run(ctx)
	if err != nil {
		return 0, err
	}
	for _, folder := range emptied {
		if err := os.MkdirAll(filepath.Join(to, folder), 0o700); err != nil {
			return 0, err
		}
	}
	return size + more, nil
}

// emptied are folders whose content belongs to the running server.
var emptied = [...]string{"pg_dynshmem", "pg_notify", "pg_replslot", "pg_serial", "pg_snapshots", "pg_stat_tmp", "pg_subtrans"}

// skipHot leaves out what must not be in a backup of a running server.
func skipHot(path string, folder bool) bool {
	if folder {
		for _, name := range emptied {
			if path == name {
				return true
			}
		}
		return path == "pg_wal" || strings.Contains(path, "pgsql_tmp")
	}
	return path == "postmaster.pid" || path == "postmaster.opts" || strings.HasSuffix(path, ".tmp") && strings.HasPrefix(path, "pg_stat")
}

// Restore replaces the cluster by that of a backup of the same major version.
// When the restored cluster does not start, the present one comes back.
func (r *resource) Restore(ctx context.Context, backup addons.Backup) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	from := filepath.Join(backup.Dir, "data")
	if backup.Format != format {
		return problem.Newf("A009", "a backup in the form %q cannot be restored into %s", backup.Format, r.spec.Name)
	}
	if major := dataMajor(from); major != r.cluster.inst.major {
		return problem.Newf("A009", "the backup was made by PostgreSQL %d, %s runs %s", major, r.spec.Name, r.cluster.inst.version)
	}
	stage, err := os.MkdirTemp(r.host.AddonDir(r.spec.Name), "init-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(stage)
	data := filepath.Join(stage, "data")
	if _, err := (native.Copy{From: from, To: data}).Run(ctx); err != nil {
		return err
	}
	if err := r.cluster.settle(data); err != nil {
		return err
	}
	if err := r.halt(ctx); err != nil {
		return err
	}
	undo, done, err := r.cluster.replace(data)
	if err == nil {
		if err = r.start(ctx); err == nil {
			done()
			return nil
		}
		err = errors.Join(err, undo())
	}
	// The old data runs again even if the caller has given up by now.
	return errors.Join(err, r.start(context.WithoutCancel(ctx)))
}

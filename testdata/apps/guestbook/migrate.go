package main

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrationLock keeps two release phases from migrating at the same time.
const migrationLock = 5_300_000_001

// migrate is the release phase: it brings the tables up to date and opens the
// bucket for uploads from browsers. Running it again changes nothing.
func migrate(ctx context.Context, app *App) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	files, err := fs.Glob(migrationFiles, "migrations/*.sql") // sorted by name
	if err != nil {
		return err
	}
	applied := 0
	err = pgx.BeginFunc(ctx, app.Entries.pool, func(tx pgx.Tx) error {
		applied, err = applyMigrations(ctx, app, tx, files)
		return err
	})
	if err != nil {
		return fmt.Errorf("tables: %w", err)
	}
	if applied == 0 {
		app.Log.Info("tables are up to date", "migrations", len(files))
	}
	if err := app.Pictures.AllowUploads(ctx); err != nil {
		// Not fatal: without the rule, browsers upload through the app.
		app.Log.Warn("bucket does not take uploads from browsers", "err", err)
		return nil
	}
	app.Log.Info("bucket takes uploads from browsers", "bucket", app.Config.BucketName)
	return nil
}

// applyMigrations runs the files that were not run before, in one transaction.
func applyMigrations(ctx context.Context, app *App, tx pgx.Tx, files []string) (int, error) {
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, migrationLock); err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, `create table if not exists migrations (
		name text primary key, applied_at timestamptz not null default now())`); err != nil {
		return 0, err
	}
	applied := 0
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".sql")
		tag, err := tx.Exec(ctx, `insert into migrations (name) values ($1) on conflict do nothing`, name)
		if err != nil {
			return applied, err
		}
		if tag.RowsAffected() == 0 {
			continue
		}
		sql, err := migrationFiles.ReadFile(file)
		if err != nil {
			return applied, err
		}
		if _, err := tx.Exec(ctx, string(sql)); err != nil {
			return applied, fmt.Errorf("%s: %w", name, err)
		}
		app.Log.Info("migration applied", "name", name)
		applied++
	}
	return applied, nil
}

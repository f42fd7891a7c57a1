package native

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// Copy describes a copy of a directory tree.
type Copy struct {
	From, To string // To is created; its parent must exist
	// Skip leaves an entry out, given its slash-separated path below From; with a
	// folder everything in it. nil copies all.
	Skip func(path string, folder bool) bool
	// Changing tolerates files that vanish while they are copied, as they do in
	// a running database.
	Changing bool
}

// Run copies files, folders and links with their permissions and returns the
// number of bytes. What exists in To already is an error.
func (c Copy) Run(ctx context.Context) (int64, error) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	var size atomic.Int64
	err := filepath.WalkDir(c.From, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return c.tolerate(err)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return c.entry(group, path, entry, &size)
	})
	err = errors.Join(group.Wait(), err)
	if err != nil {
		return size.Load(), fmt.Errorf("copy %s: %w", filepath.Base(c.From), err)
	}
	return size.Load(), nil
}

// entry copies folders and links at once and hands files to the group.
func (c Copy) entry(group *errgroup.Group, path string, entry fs.DirEntry, size *atomic.Int64) error {
	rel, err := filepath.Rel(c.From, path)
	if err != nil {
		return err
	}
	if rel != "." && c.Skip != nil && c.Skip(filepath.ToSlash(rel), entry.IsDir()) {
		if entry.IsDir() {
			return filepath.SkipDir
		}
		return nil
	}
	target := filepath.Join(c.To, rel)
	info, err := entry.Info()
	if err != nil {
		return c.tolerate(err)
	}
	switch {
	case entry.IsDir():
		if err := os.Mkdir(target, 0o700); err != nil {
			return err
		}
		return os.Chmod(target, info.Mode().Perm()|0o700)
	case info.Mode()&fs.ModeSymlink != 0:
		link, err := os.Readlink(path)
		if err != nil {
			return c.tolerate(err)
		}
		return os.Symlink(link, target)
	case !info.Mode().IsRegular():
		return nil // a socket or pipe means nothing in a copy
	}
	group.Go(func() error {
		n, err := copyFile(path, target, info.Mode().Perm())
		size.Add(n)
		return c.tolerate(err)
	})
	return nil
}

func (c Copy) tolerate(err error) error {
	if c.Changing && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// copyFile lets the kernel copy where it can.
func copyFile(from, to string, mode fs.FileMode) (int64, error) {
	source, err := os.Open(from)
	if err != nil {
		return 0, err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(target, source)
	return n, errors.Join(err, target.Close())
}

// Size is the number of bytes of all files below dir; what cannot be read counts
// nothing.
func Size(dir string) int64 {
	var total int64
	_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil //nolint:nilerr // the rest still counts
		}
		if info, err := entry.Info(); err == nil {
			total += info.Size()
		}
		return nil
	})
	return total
}

package native

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/windows"
)

// Lock takes a lock on a file, creating it, and waits for its turn. The system
// releases it when the process ends in whatever way. The caller calls unlock.
func Lock(ctx context.Context, file string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	const how = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	for {
		var overlapped windows.Overlapped
		if windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, &overlapped) == nil {
			return func() { f.Close() }, nil
		}
		if !pause(ctx, 20*time.Millisecond) {
			f.Close()
			return nil, context.Cause(ctx)
		}
	}
}

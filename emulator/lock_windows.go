package emulator

import (
	"os"

	"golang.org/x/sys/windows"
)

func lockFile(f *os.File) error {
	const lockBytes = 1
	return windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, lockBytes, 0, new(windows.Overlapped))
}

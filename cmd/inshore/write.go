package main

import (
	"path/filepath"

	"github.com/google/renameio/v2/maybe"
)

// writeSecret replaces a file in one step, readable by its owner only. A
// symbolic link stays one: its target is replaced.
func writeSecret(path string, data []byte) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	return maybe.WriteFile(path, data, 0o600)
}

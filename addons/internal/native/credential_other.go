//go:build !linux

package native

import (
	"context"
	"os"
	"os/exec"
)

// Unprivileged tells as whom to run a server that refuses root: nil, the
// caller, unless the caller is root, which has no way out here.
func Unprivileged(_ context.Context, _, _ string) (*Credential, error) {
	if os.Geteuid() == 0 {
		return nil, ErrRoot
	}
	return nil, nil
}

// Hand does nothing here.
func (c *Credential) Hand(_, _ string) error { return nil }

// Apply does nothing here.
func (c *Credential) Apply(_ *exec.Cmd) {}

// CanReach is always true here.
func (c *Credential) CanReach(_ string) string { return "" }

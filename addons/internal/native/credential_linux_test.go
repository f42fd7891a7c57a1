package native

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestUnprivileged_GivesUpRootInBothWays(t *testing.T) {
	if os.Geteuid() != 0 {
		if c, err := Unprivileged(t.Context(), t.TempDir(), t.TempDir()); c != nil || err != nil {
			t.Errorf("got %+v, %v", c, err)
		}
		return
	}
	own, err := os.MkdirTemp("/tmp", "inshore-own-") //nolint:usetesting // other users cannot reach what t.TempDir gives
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { os.RemoveAll(own) })
	dir := filepath.Join(own, "addons", "postgres", "native")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c, err := Unprivileged(t.Context(), dir, own)
	if err != nil {
		t.Fatal(err)
	}
	checkUser(t, c, dir, own)
	system, err := SystemUser(t.Context(), dir, own)
	if err != nil {
		t.Fatal(err)
	}
	checkUser(t, system, dir, own)
}

// checkUser runs a program with the credential that writes into dir.
func checkUser(t *testing.T, c *Credential, dir, own string) {
	t.Helper()
	if err := c.Hand(dir, own); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", "-c", "id -u; echo x > "+filepath.Join(dir, "written"))
	c.Apply(cmd)
	out, err := cmd.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != fmt.Sprint(c.UID) || c.UID == 0 {
		t.Errorf("%+v: %q, %v", *c, out, err)
	}
}

package postgres

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/addonstest"
	"github.com/inshore-dev/inshore/addons/internal/native"
)

// TestServer_RunsAsASystemUserWhereNamespacesAreForbidden takes the second way
// out of being root: as in a container without the right to make namespaces.
func TestServer_RunsAsASystemUserWhereNamespacesAreForbidden(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root gives up being root")
	}
	addonstest.Need(t, Native())
	h := addonstest.NewHost(t)
	inst, err := installed(t.Context(), h.Host, addonstest.Spec())
	if err != nil {
		t.Fatal(err)
	}
	// The test's usual folders are closed to others, and so is one parent of
	// theirs that is not ours to open.
	root, err := os.MkdirTemp("", "inshore-open-") //nolint:usetesting // t.TempDir is one of those
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	h.Dir = filepath.Join(root, ".inshore")
	if err := os.Mkdir(h.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	// A cache of its own: making the template is part of it.
	h.CacheDir = t.TempDir()
	client := addonstest.Postgres{}
	for round, want := range []string{"", "1"} {
		c := &cluster{host: h.Host, name: "main", mode: addons.Native, inst: inst, dir: h.DataDir("main", addons.Native)}
		if c.user, err = native.SystemUser(t.Context(), c.dir, h.Dir); err != nil {
			t.Skip(err)
		}
		if round == 0 && c.user.CanReach(inst.program("postgres")) != "" {
			t.Skip("the programs are out of that user's reach")
		}
		r, err := provisionOn(t.Context(), c, addonstest.Spec(), addons.Offer{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = r.Stop(context.Background()) }) // for a test that ended early
		if got, err := client.Get(t.Context(), r.Credentials(), "a"); got != want || err != nil {
			t.Errorf("round %d: got %q, %v", round, got, err)
		}
		if err := client.Put(t.Context(), r.Credentials(), "a", "1"); err != nil {
			t.Error(err)
		}
		backup, err := addons.SaveBackup(t.Context(), h.Host, r, "asked")
		if err != nil {
			t.Fatal(err)
		}
		if err := addons.Restore(t.Context(), r, backup); err != nil {
			t.Fatal(err)
		}
		if err := r.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

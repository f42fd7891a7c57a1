package containertest

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/addons"
)

// Client is what addonstest's clients do.
type Client interface {
	Put(ctx context.Context, c addons.Credentials, key, value string) error
	Get(ctx context.Context, c addons.Credentials, key string) (string, error)
}

// victimEnv holds the state directory of a child that is about to be killed.
const victimEnv = "INSHORE_TEST_VICTIM"

// Victim is what the child of Adoption runs: it brings the add-on up, writes a
// value, says so in a file and kills itself. Without the variable it returns.
//
//	func TestVictim(t *testing.T) { containertest.Victim(t, driver, host, client) }
func Victim(t *testing.T, driver addons.Driver, host addons.Host, client Client) {
	t.Helper()
	dir := os.Getenv(victimEnv)
	if dir == "" {
		t.Skip("only the child of another test runs this")
	}
	host.Dir = dir
	host.Checkout = Checkout(dir)
	r, err := driver.Provision(t.Context(), host, spec())
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Put(t.Context(), r.Credentials(), "a", "kept"); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(r.Info())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "info.json"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Kill(); err != nil {
		t.Fatal(err)
	}
	<-t.Context().Done() // the kill does not return to us
}

// Adoption checks that a run finds the container of a run that was killed: the
// same one, with its port, its password and its data.
func Adoption(t *testing.T, driver addons.Driver, host addons.Host, client Client) {
	t.Helper()
	driver = Isolate(t, driver)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	child := exec.CommandContext(ctx, host.Executable, "-test.run=^TestContainer_Victim$", "-test.count=1")
	child.Env = append(os.Environ(), victimEnv+"="+host.Dir)
	output, err := child.CombinedOutput()
	data, missing := os.ReadFile(filepath.Join(host.Dir, "info.json"))
	if err == nil || missing != nil {
		t.Fatalf("the child was not killed after its work (%v):\n%s", err, output)
	}
	var before addons.Info
	if err := json.Unmarshal(data, &before); err != nil {
		t.Fatal(err)
	}
	r, err := driver.Provision(t.Context(), host, spec())
	if err != nil {
		t.Fatal(err)
	}
	if after := r.Info(); after.ContainerID != before.ContainerID || after.Addr != before.Addr {
		t.Errorf("container %.12s on %s became %.12s on %s", before.ContainerID, before.Addr, after.ContainerID, after.Addr)
	}
	if value, err := client.Get(t.Context(), r.Credentials(), "a"); err != nil || value != "kept" {
		t.Errorf("value %q, error %v", value, err)
	}
}

// SideBySide checks that two checkouts of an app do not see each other, and
// that the end of one leaves the other alone.
func SideBySide(t *testing.T, driver addons.Driver, hosts [2]addons.Host, client Client) {
	t.Helper()
	driver = Isolate(t, driver)
	var resources [2]addons.Resource
	for i, host := range hosts {
		r, err := driver.Provision(t.Context(), host, spec())
		if err != nil {
			t.Fatal(err)
		}
		resources[i] = r
		if err := client.Put(t.Context(), r.Credentials(), "a", string(rune('0'+i))); err != nil {
			t.Fatal(err)
		}
	}
	if resources[0].Info().ContainerID == resources[1].Info().ContainerID {
		t.Error("both have the same container")
	}
	if err := resources[0].Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := Left(t.Context(), t, Checkout(hosts[0].Dir)); len(left) > 0 {
		t.Errorf("Destroy left %v", left)
	}
	value, err := client.Get(t.Context(), resources[1].Credentials(), "a")
	if err != nil || value != "1" {
		t.Errorf("the other checkout has %q, error %v", value, err)
	}
}

// BenchmarkStart measures from Provision to a server that answers: with a new
// container and volume, with a stopped container, and with a running one.
func BenchmarkStart(b *testing.B, driver addons.Driver, host addons.Host) {
	b.Helper()
	host.Checkout = Checkout(host.Dir)
	times := map[string][]time.Duration{}
	provision := func(kind string) addons.Resource {
		begun := time.Now()
		r, err := driver.Provision(b.Context(), host, spec())
		if err != nil {
			b.Fatal(err)
		}
		times[kind] = append(times[kind], time.Since(begun))
		return r
	}
	for b.Loop() {
		first := provision("new")
		second := provision("running")
		if err := second.Stop(b.Context()); err != nil {
			b.Fatal(err)
		}
		third := provision("stopped")
		for _, r := range []addons.Resource{first, third} {
			if err := r.Destroy(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
	for kind, list := range times {
		slices.Sort(list)
		b.ReportMetric(float64(list[len(list)/2].Milliseconds()), kind+"-ms")
	}
}

func spec() addons.Spec { return addons.Spec{Name: "main", Attachment: "MAIN"} }

// Package containertest runs the conformance suite on container drivers, in a
// real engine that other tests and other people use at the same time.
//
//	func TestContainer(t *testing.T) {
//		containertest.Need(t, "postgres")
//		addonstest.Run(t, addonstest.Suite{
//			Driver: containertest.Isolate(t, postgres.Container()), Kill: containertest.Kill, …
//		})
//	}
//
// The tests run when INSHORE_TEST_DOCKER is 1 or INSHORE_TEST_REQUIRE holds
// "container"; in the latter case a missing engine or image is a failure.
package containertest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/internal/container"
)

// Place is the engine of this machine.
func Place() container.Place { return container.Place{Getenv: os.Getenv} }

// Need skips the test, or fails it when containers are required, unless an
// engine answers and has the image of the kind of service.
func Need(tb testing.TB, kind string) {
	tb.Helper()
	required := slices.Contains(strings.Split(os.Getenv("INSHORE_TEST_REQUIRE"), ","), string(addons.Container))
	if !required && os.Getenv("INSHORE_TEST_DOCKER") != "1" {
		tb.Skip("INSHORE_TEST_DOCKER is not 1")
	}
	missing := tb.Skipf
	if required {
		missing = tb.Fatalf
	}
	engine, err := container.Dial(tb.Context(), Place())
	if err != nil {
		missing("no container engine: %v", err)
		return
	}
	defer engine.Close()
	image := container.Wish{Kind: kind, Getenv: os.Getenv}.Image()
	present, err := engine.ImagePresent(tb.Context(), image)
	if err != nil || !present {
		missing("image %s is not in the engine; testdata/images/build.sh makes it (%v)", image, err)
	}
}

// Isolate gives every state directory a checkout of its own, as clones and work
// trees have, and destroys in the end what the driver has made. What then is
// left in the engine is a failure.
func Isolate(t *testing.T, driver addons.Driver) addons.Driver {
	t.Helper()
	d := &isolated{Driver: driver}
	t.Cleanup(func() { d.clean(t) })
	return d
}

type isolated struct {
	addons.Driver

	mutex     sync.Mutex
	hosts     map[string]bool // checkouts
	resources []addons.Resource
}

// Provision is the driver's in the checkout of the state directory.
func (d *isolated) Provision(ctx context.Context, host addons.Host, spec addons.Spec) (addons.Resource, error) {
	host.Checkout = Checkout(host.Dir)
	d.mutex.Lock()
	if d.hosts == nil {
		d.hosts = map[string]bool{}
	}
	d.hosts[host.Checkout] = true
	d.mutex.Unlock()
	r, err := d.Driver.Provision(ctx, host, spec)
	if err == nil {
		d.mutex.Lock()
		defer d.mutex.Unlock()
		d.resources = append(d.resources, r)
	}
	return r, err
}

// Checkout is the identity of a state directory.
func Checkout(dir string) string {
	sum := sha256.Sum256([]byte(dir))
	return "test-" + hex.EncodeToString(sum[:8])
}

func (d *isolated) clean(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	d.mutex.Lock()
	defer d.mutex.Unlock()
	for _, r := range d.resources {
		if err := r.Destroy(ctx); err != nil {
			t.Errorf("destroy: %v", err)
		}
	}
	for checkout := range d.hosts {
		for _, left := range Left(ctx, t, checkout) {
			t.Errorf("left in the engine: %s", left)
		}
	}
}

// Left names the containers and volumes of a checkout and removes them.
func Left(ctx context.Context, tb testing.TB, checkout string) []string {
	tb.Helper()
	engine, err := container.Dial(ctx, Place())
	if err != nil {
		tb.Fatal(err)
	}
	defer engine.Close()
	labels := map[string]string{container.LabelCheckout: checkout}
	var left []string
	found, err := engine.Find(ctx, labels)
	if err != nil {
		tb.Fatal(err)
	}
	for _, i := range found {
		left = append(left, "container "+i.Name)
		if err := engine.Remove(ctx, i.ID); err != nil {
			tb.Error(err)
		}
	}
	volumes, err := engine.Volumes(ctx, labels)
	if err != nil {
		tb.Fatal(err)
	}
	for _, v := range volumes {
		left = append(left, "volume "+v.Name)
		if err := engine.RemoveVolume(ctx, v.Name); err != nil {
			tb.Error(err)
		}
	}
	return left
}

// Kill ends the server of a resource with force, container and all.
func Kill(t *testing.T, resource addons.Resource) {
	t.Helper()
	engine, err := container.Dial(t.Context(), Place())
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	if err := engine.Remove(t.Context(), resource.Info().ContainerID); err != nil {
		t.Fatal(err)
	}
}

// Exec runs a command in the container of a resource; it must succeed.
func Exec(t *testing.T, resource addons.Resource, argv ...string) {
	t.Helper()
	engine, err := container.Dial(t.Context(), Place())
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	var output strings.Builder
	status, err := engine.Exec(t.Context(), resource.Info().ContainerID, container.Command{Argv: argv, Stdout: &output, Stderr: &output})
	if err != nil || status != 0 {
		t.Fatalf("%v: status %d, %v: %s", argv, status, err, output.String())
	}
}

package redis

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/internal/native"
)

// packages of Debian and its relatives that make a server together with what
// every such system has.
var packages = [...]string{"redis-server", "redis-tools", "libjemalloc2", "liblzf1"}

// fetchLimit bounds getting the packages; the limited server is the way out.
const fetchLimit = 90 * time.Second

// unpacked is the server from the distribution's packages, unpacked into the
// cache. It works on the release for which the packages were built, so the
// release is part of the folder's name.
type unpacked struct {
	host addons.Host
	root string
}

func unpackedFor(host addons.Host) unpacked {
	return unpacked{host: host, root: filepath.Join(host.CacheDir, "runtimes", "redis-"+release()+"-"+runtime.GOARCH)}
}

// release names the distribution and its version: "debian-12".
func release() string {
	data, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return runtime.GOOS
	}
	values := map[string]string{}
	for line := range strings.Lines(string(data)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		values[name] = strings.Trim(value, `"'`)
	}
	return strings.Trim(values["ID"]+"-"+values["VERSION_ID"], "-")
}

func (u unpacked) server() string { return filepath.Join(u.root, "usr", "bin", "redis-server") }

// present tells whether the packages are in the cache.
func (u unpacked) present() bool { return native.Executable(u.server()) }

// possible tells why the packages cannot be had here.
func (u unpacked) possible() error {
	path := u.host.Env("PATH")
	switch {
	case u.present():
		return nil
	case runtime.GOOS != "linux" || native.Look(path, "apt-get") == "" || native.Look(path, "dpkg-deb") == "":
		return errors.New("this system has no apt-get")
	case u.host.Offline:
		return errors.New("nothing may be fetched")
	}
	return nil
}

// program is the server once it is in the cache.
func (u unpacked) program(ctx context.Context) (program, error) {
	var paths []string
	for _, pattern := range []string{"usr/lib/*-linux-*", "lib/*-linux-*", "usr/lib"} {
		found, _ := filepath.Glob(filepath.Join(u.root, filepath.FromSlash(pattern)))
		paths = append(paths, found...)
	}
	p, err := inspect(ctx, u.host, u.server(), []string{"LD_LIBRARY_PATH=" + strings.Join(paths, ":")})
	p.detail = "redis-server from the packages of " + release()
	return p, err
}

// ensure has the packages in the cache and shows that the server in them runs.
// Of several callers, in several processes, one does the work.
func (u unpacked) ensure(ctx context.Context, addon string) (program, error) {
	if u.present() {
		return u.program(ctx)
	}
	if err := u.possible(); err != nil {
		return program{}, err
	}
	unlock, err := native.Lock(ctx, u.root+".lock")
	if err != nil {
		return program{}, err
	}
	defer unlock()
	if !u.present() {
		if err := u.obtain(ctx, addon); err != nil {
			return program{}, err
		}
	}
	return u.program(ctx)
}

func (u unpacked) obtain(ctx context.Context, addon string) error {
	ctx, done := context.WithTimeoutCause(ctx, fetchLimit, errors.New("it took too long"))
	defer done()
	temp, err := os.MkdirTemp(filepath.Dir(u.root), "part-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	u.host.Report(addon, "fetching redis-server from the packages of "+release()+", once", 0, 0)
	debs, err := u.download(ctx, temp)
	if err != nil {
		return err
	}
	staged := unpacked{host: u.host, root: filepath.Join(temp, "root")}
	for _, deb := range debs {
		if err := u.run(ctx, temp, "dpkg-deb", "-x", deb, staged.root); err != nil {
			return err
		}
	}
	if _, err := staged.program(ctx); err != nil {
		return err
	}
	return os.Rename(staged.root, u.root)
}

// download gets the packages with the system's own client, which checks their
// signatures. A system that has no list of packages yet gets one in the cache,
// not in its own place.
func (u unpacked) download(ctx context.Context, dir string) ([]string, error) {
	get := append([]string{"download"}, packages[:]...)
	if lists, _ := filepath.Glob("/var/lib/apt/lists/*_Packages*"); len(lists) == 0 {
		state := filepath.Join(dir, "apt")
		for _, sub := range []string{"lists/partial", "cache/archives/partial"} {
			if err := os.MkdirAll(filepath.Join(state, filepath.FromSlash(sub)), 0o755); err != nil {
				return nil, err
			}
		}
		own := []string{"-o", "Dir::State::lists=" + state + "/lists", "-o", "Dir::Cache=" + state + "/cache", "-o", "Debug::NoLocking=1"}
		if err := u.run(ctx, dir, "apt-get", append(own, "update")...); err != nil {
			return nil, err
		}
		get = append(own, get...)
	}
	if err := u.run(ctx, dir, "apt-get", get...); err != nil {
		return nil, err
	}
	debs, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	if err == nil && len(debs) < len(packages) {
		err = errors.New("apt-get did not write all packages")
	}
	return debs, err
}

func (u unpacked) run(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, native.Look(u.host.Env("PATH"), name), args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	cmd.WaitDelay = 5 * time.Second
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err := cmd.Run()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	tail := native.NewTail(nil)
	_, _ = tail.Write(output.Bytes()) // into memory
	return fmt.Errorf("%s %s: %w: %s", name, args[len(args)-1], err, strings.Join(tail.Lines(1), ""))
}

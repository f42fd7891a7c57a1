package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/internal/native"
)

// oldestMajor is the first version with DROP DATABASE … WITH (FORCE) and all
// else that is used here.
const oldestMajor = 13

// install is a set of server programs of one version.
type install struct {
	bin     string // folder of postgres and initdb
	version string // "15.18"
	major   int
}

var errNotInstalled = errors.New("no `postgres` and `initdb` on PATH or in the usual install folders")

// installed finds the installation to use: the one that INSHORE_POSTGRES_BIN
// names, else of the major version of existing data, else of the one that was
// asked for, else the first on PATH, else the newest.
func installed(ctx context.Context, host addons.Host, spec addons.Spec) (install, error) {
	if bin := host.Env("INSHORE_POSTGRES_BIN"); bin != "" {
		if !complete(bin) {
			return install{}, fmt.Errorf("no `postgres` and `initdb` in INSHORE_POSTGRES_BIN=%s", bin)
		}
		return inspect(ctx, host, bin)
	}
	bins := candidates(host.Env("PATH"))
	wanted := cmp.Or(dataMajor(host.DataDir(spec.Name, addons.Native)), askedMajor(spec))
	if i := slices.IndexFunc(bins, func(bin string) bool { return majorOfPath(bin) == wanted }); wanted > 0 && i > 0 {
		bins[0], bins[i] = bins[i], bins[0]
	}
	var last error
	for _, bin := range bins {
		found, err := inspect(ctx, host, bin)
		if err == nil && found.major >= oldestMajor {
			return found, nil
		}
		last = err
		if err == nil {
			last = fmt.Errorf("PostgreSQL %s in %s is too old, %d is the oldest", found.version, bin, oldestMajor)
		}
	}
	return install{}, cmp.Or(last, errNotInstalled)
}

// candidates are folders with a complete set of programs, PATH first, then the
// usual places from the newest to the oldest.
func candidates(path string) []string {
	var bins []string
	if file := native.Look(path, "postgres"); file != "" {
		// Distributions put links on PATH; the rest lies where they point to.
		if target, err := filepath.EvalSymlinks(file); err == nil {
			bins = append(bins, filepath.Dir(target))
		}
		bins = append(bins, filepath.Dir(file))
	}
	var usual []string
	for _, pattern := range usualPlaces() {
		found, _ := filepath.Glob(pattern)
		usual = append(usual, found...)
	}
	slices.SortStableFunc(usual, func(a, b string) int { return majorOfPath(b) - majorOfPath(a) })
	bins = append(bins, usual...)
	var out []string
	for _, bin := range bins {
		if complete(bin) && !slices.Contains(out, bin) {
			out = append(out, bin)
		}
	}
	return out
}

// usualPlaces are patterns of folders that package managers use.
func usualPlaces() []string {
	switch runtime.GOOS {
	case "darwin":
		return []string{
			"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
			"/opt/homebrew/opt/postgresql/bin", "/Applications/Postgres.app/Contents/Versions/*/bin",
		}
	case "windows":
		return []string{`C:\Program Files\PostgreSQL\*\bin`}
	default:
		return []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/lib/postgresql*/bin", "/usr/libexec/postgresql*"}
	}
}

func complete(bin string) bool {
	return native.Look(bin, "postgres") != "" && native.Look(bin, "initdb") != ""
}

var numberInPath = regexp.MustCompile(`\d+`)

// majorOfPath guesses the major version from a folder's name; 0 is unknown.
func majorOfPath(bin string) int {
	for _, text := range numberInPath.FindAllString(bin, -1) {
		if n, _ := strconv.Atoi(text); n >= oldestMajor && n < 100 {
			return n
		}
	}
	return 0
}

// inspect asks the server for its version.
func inspect(ctx context.Context, host addons.Host, bin string) (install, error) {
	text, err := native.Version(ctx, host.CacheDir, native.Look(bin, "postgres"), native.Env(host.Getenv))
	if err != nil {
		return install{}, err
	}
	return parseVersion(bin, text)
}

// parseVersion reads "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)".
func parseVersion(bin, text string) (install, error) {
	fields := strings.Fields(text)
	if len(fields) < 3 {
		return install{}, fmt.Errorf("%s gives no version", filepath.Join(bin, "postgres"))
	}
	major, err := strconv.Atoi(numberInPath.FindString(fields[2]))
	if err != nil {
		return install{}, fmt.Errorf("%s gives no version", filepath.Join(bin, "postgres"))
	}
	return install{bin: bin, version: fields[2], major: major}, nil
}

// dataMajor is the major version of the cluster in dir; 0 when there is none.
func dataMajor(dir string) int {
	data, err := os.ReadFile(filepath.Join(dir, "PG_VERSION"))
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(data)))
	return n
}

// askedMajor is the major version of the option "version"; 0 when none is.
func askedMajor(spec addons.Spec) int {
	n, _ := strconv.Atoi(numberInPath.FindString(spec.Options["version"]))
	return n
}

func (i install) program(name string) string { return native.Look(i.bin, name) }

package postgres

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/emulator/problem"
)

// archive packs files as npm does.
func archive(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var buffer bytes.Buffer
	plain := gzip.NewWriter(&buffer)
	writer := tar.NewWriter(plain)
	for name, content := range files {
		header := &tar.Header{Name: name, Mode: 0o755, Size: int64(len(content)), Typeflag: tar.TypeReg}
		if err := writer.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := writer.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(writer.Close(), plain.Close()); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func TestUnpack_WritesTheNativePartAndItsLinks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	err := unpack(t.Context(), archive(t, map[string]string{
		"package/native/bin/postgres":       "server",
		"package/native/lib/libx.so.1.2":    "library",
		"package/native/lib/libx.a":         "not needed",
		"package/native/pg-symlinks.json":   `[{"source":"native/lib/libx.so.1.2","target":"native/lib/libx.so"}]`,
		"package/scripts/hydrate-things.js": "not native",
	}), dir)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "native", "lib", "libx.so")); string(data) != "library" {
		t.Errorf("link reads %q: %v", data, err)
	}
	for _, name := range []string{"native/lib/libx.a", "scripts"} {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s was unpacked", name)
		}
	}
}

func TestUnpack_RefusesToLeaveItsFolder(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"file":   {"package/native/../../../evil": "x"},
		"target": {"package/native/pg-symlinks.json": `[{"source":"native/a","target":"../../evil"}]`},
		"source": {"package/native/pg-symlinks.json": `[{"source":"/etc/passwd","target":"native/a"}]`},
	} {
		t.Run(name, func(t *testing.T) {
			if err := unpack(t.Context(), archive(t, files), filepath.Join(t.TempDir(), "a", "b", "c")); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestPack_RefusesAnArchiveWithAnotherSum(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pack.tgz")
	if err := os.WriteFile(file, archive(t, map[string]string{"package/native/bin/postgres": "evil"}), 0o600); err != nil {
		t.Fatal(err)
	}
	host := addons.Host{CacheDir: t.TempDir(), Getenv: func(name string) string {
		return map[string]string{packEnv: file}[name]
	}}
	p, err := packFor(host)
	if err != nil {
		t.Skip(err)
	}
	_, err = p.ensure(t.Context(), "main")
	var answer *problem.Problem
	if !errors.As(err, &answer) || answer.Code != "A007" {
		t.Errorf("got %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(host.CacheDir, "runtimes", "part-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestPack_SaysWhyItIsNotPossible(t *testing.T) {
	for name, host := range map[string]addons.Host{
		"offline":   {CacheDir: t.TempDir(), Offline: true},
		"no client": {CacheDir: t.TempDir()},
		"bad local": {CacheDir: t.TempDir(), Getenv: func(string) string { return "/does/not/exist" }},
	} {
		t.Run(name, func(t *testing.T) {
			if p, err := packFor(host); err == nil && p.possible() == nil {
				t.Error("it claims to be possible")
			}
		})
	}
}

func TestDatabaseName_IsAnIdentifier(t *testing.T) {
	for app, want := range map[string]string{
		"shop": "shop", "My Shop": "my_shop", "": "app_", "2048": "app_2048", "postgres": "app_postgres", "--x--": "x",
		"Straße": "stra_e", "template1": "app_template1",
	} {
		if got := databaseName(app); got != want {
			t.Errorf("databaseName(%q) = %q, want %q", app, got, want)
		}
	}
}

func TestParseVersion_ReadsWhatDistributionsPrint(t *testing.T) {
	for text, major := range map[string]int{
		"postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n": 15,
		"postgres (PostgreSQL) 17.10\n":                          17,
		"postgres (PostgreSQL) 18beta1\n":                        18,
		"something else\n":                                       0,
		"":                                                       0,
	} {
		got, err := parseVersion("/bin", text)
		if got.major != major || (err == nil) != (major > 0) {
			t.Errorf("parseVersion(%q) = %+v, %v", text, got, err)
		}
	}
}

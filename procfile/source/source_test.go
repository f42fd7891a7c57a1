package source_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/procfile/source"
)

func limits() source.Limits {
	return source.Limits{Name: "Procfile", Missing: "P001", Encoding: "P007", Unreadable: "P009"}
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "Procfile")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRead_ReturnsTextAsItIs(t *testing.T) {
	want := "\ufeffweb: caf\u00e9\r\n"
	got, refused := source.Read(write(t, want), limits())
	if refused != nil || string(got) != want {
		t.Fatalf("got %q, %v; want %q", got, refused, want)
	}
}

func TestRead_RefusesWhatIsNoText(t *testing.T) {
	cases := []struct{ name, content, code, words string }{
		{"UTF-16 little endian", "\xff\xfew\x00e\x00b\x00", "P007", "UTF-16 (starts with FF FE)"},
		{"UTF-16 big endian", "\xfe\xff\x00w\x00e\x00b", "P007", "UTF-16 (starts with FE FF)"},
		{"UTF-32", "\xff\xfe\x00\x00w\x00\x00\x00", "P007", "UTF-32"},
		{"UTF-16 without a mark", "w\x00e\x00b\x00:\x00", "P007", "UTF-16LE"},
		{"NUL", "web: a\nworker: \x00", "P007", "NUL"},
		{"binary", "\x7fELF\x02\x01\x01\x00\xff\xfe\x80", "P007", "binary"},
		{"too large", strings.Repeat("a", source.DefaultMaxBytes+1), "P009", "larger than 1024 KiB"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, refused := source.Read(write(t, c.content), limits())
			if refused == nil || refused.Code != c.code || !strings.Contains(refused.Message, c.words) {
				t.Fatalf("got %v, want %s %q", refused, c.code, c.words)
			}
			if refused.Place.File != "Procfile" {
				t.Errorf("place %v does not name the file", refused.Place)
			}
		})
	}
}

func TestRead_SaysWhenTheFileIsMissing(t *testing.T) {
	_, refused := source.Read(filepath.Join(t.TempDir(), "none"), limits())
	if refused == nil || refused.Code != "P001" || !errors.Is(refused, fs.ErrNotExist) {
		t.Fatalf("got %v", refused)
	}
}

func TestRead_RefusesAFolder(t *testing.T) {
	_, refused := source.Read(t.TempDir(), limits())
	if refused == nil || refused.Code != "P009" {
		t.Fatalf("got %v", refused)
	}
}

func TestRead_NamesThePathWhenThereIsNoName(t *testing.T) {
	_, refused := source.Read("no/such/file", source.Limits{Missing: "E008"})
	if refused == nil || refused.Place.File != "no/such/file" {
		t.Fatalf("got %v", refused)
	}
}

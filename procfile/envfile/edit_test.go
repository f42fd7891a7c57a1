package envfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/procfile/envfile"
)

func TestEdit_KeepsEverythingElse(t *testing.T) {
	cases := []struct{ name, src, want string }{
		{"empty file", "", "A=new\n"},
		{"appended", "# c\nB=1\n", "# c\nB=1\nA=new\n"},
		{"appended to an open line", "B=1", "B=1\nA=new\n"},
		{"appended with CRLF", "B=1\r\n", "B=1\r\nA=new\r\n"},
		{"replaced", "# c\n\nA=old\nB=1\n", "# c\n\nA=new\nB=1\n"},
		{"comment kept", "A=old # why\nB=1\n", "A=new # why\nB=1\n"},
		{"comment behind quotes kept", "A='old'# why\n", "A=new # why\n"},
		{"export and indent kept", "  export A = old\n", "  export A = new\n"},
		{"CRLF kept", "A=old\r\nB=1\r\n", "A=new\r\nB=1\r\n"},
		{"mixed line ends kept", "B=1\nA=old\r\nC=1\n", "B=1\nA=new\r\nC=1\n"},
		{"byte-order mark kept", "\ufeffA=old\n", "\ufeffA=new\n"},
		{"several lines", "A=\"l1\nl2\" # c\nB=1\n", "A=new # c\nB=1\n"},
		{"the last one counts", "A=1\nA=2\n", "A=1\nA=new\n"},
		{"colon", "A: old\n", "A=new\n"},
		{"unterminated", "A=\"old\nB=1\n", "A=new\nB=1\n"},
		{"text behind quotes", "A=\"old\"x\nB=1\n", "A=new\nB=1\n"},
		{"comment that looks like it", "# A=old\n", "# A=old\nA=new\n"},
		{"no newline at the end", "A=old", "A=new"},
		{"similar name", "AA=1\n", "AA=1\nA=new\n"},
	}
	for _, c := range cases {
		if got := string(envfile.Edit([]byte(c.src), "A", "new")); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestEdit_RefusesWhatNoFileCanHold(t *testing.T) {
	for name, value := range map[string]string{"A B": "x", "": "x", "A": "x\x00"} {
		if got := string(envfile.Edit([]byte("B=1\n"), name, value)); got != "B=1\n" {
			t.Errorf("%q: got %q", name, got)
		}
	}
}

func TestRemove_DropsEveryAssignmentOfTheName(t *testing.T) {
	cases := []struct{ src, want string }{
		{"A=1\nB=2\n export A=\"x\ny\" # c\n# A=3\n", "B=2\n# A=3\n"},
		{"\ufeffA=1\nB=2\n", "\ufeffB=2\n"},
		{"B=2\nA=1", "B=2\n"},
		{"B=2\n", "B=2\n"},
	}
	for _, c := range cases {
		if got := string(envfile.Remove([]byte(c.src), "A")); got != c.want {
			t.Errorf("%q: got %q, want %q", c.src, got, c.want)
		}
	}
}

func TestSet_WritesAFileThatOnlyItsOwnerReads(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".env")
	if err := envfile.Set(path, "A", "it's $5"); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := envfile.Set(path, "B", "2"); err != nil {
		t.Fatal(err)
	}
	vars, problems := envfile.Load(path)
	if problems.Failed() || show(vars) != `A="it's $5" B="2"` {
		t.Fatalf("got %s, %v", show(vars), problems)
	}
	info, err := os.Stat(path)
	if err != nil || (os.PathSeparator == '/' && info.Mode().Perm() != 0o600) {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".env-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestSet_KeepsASymbolicLink(t *testing.T) {
	dir := t.TempDir()
	target := write(t, dir, "real", "A=1\n")
	link := filepath.Join(dir, ".env")
	if err := os.Symlink(target, link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	if err := envfile.Set(link, "A", "2"); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", info, err)
	}
	if got, _ := os.ReadFile(target); string(got) != "A=2\n" {
		t.Errorf("got %q", got)
	}
}

func TestSet_WritesNothingWhenTheValueWouldBeHidden(t *testing.T) {
	src := "{\"a\": 1}"
	path := write(t, t.TempDir(), ".env", src)
	if err := envfile.Set(path, "B", "s3cr3t"); err == nil || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("got %v", err)
	}
	if got, _ := os.ReadFile(path); string(got) != src {
		t.Errorf("got %q", got)
	}
}

func TestUnset_RemovesTheName(t *testing.T) {
	path := write(t, t.TempDir(), ".env", "A=1\nB=2\n")
	if err := envfile.Unset(path, "A"); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "B=2\n" {
		t.Errorf("got %q", got)
	}
	if err := envfile.Unset(filepath.Join(t.TempDir(), "none"), "A"); err != nil {
		t.Errorf("a missing file: %v", err)
	}
}

// Edits change one variable and no other, whatever the file looks like, as long
// as it is well formed.
func FuzzEdit(f *testing.F) {
	f.Add("# c\nA='x' # d\nB=\"l1\nl2\"\r\n", "it's")
	f.Add("\ufeffexport A = 1\nA=2", "$")
	f.Fuzz(func(t *testing.T, src, value string) {
		before, problems := envfile.Parse(".env", []byte(src))
		if problems.Failed() || strings.Contains(value, "\x00") || strings.Contains(src, "$") || strings.HasPrefix(strings.TrimSpace(src), "{") {
			t.Skip()
		}
		edited := envfile.Edit([]byte(src), "A", value)
		after, _ := envfile.Parse(".env", edited)
		if got, ok := after.Value("A"); !ok || got != value {
			t.Fatalf("%q with A=%q became %q: A is %q", src, value, edited, got)
		}
		for _, v := range before.All() {
			if got, _ := after.Value(v.Name); v.Name != "A" && got != v.Value {
				t.Fatalf("%q with A=%q became %q: %s is %q", src, value, edited, v.Name, got)
			}
		}
		removed, _ := envfile.Parse(".env", envfile.Remove(edited, "A"))
		if _, ok := removed.Get("A"); ok {
			t.Fatalf("%q still holds A", edited)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("A=1\n export B: 'x\ny' # c\nC=\"${A:-${B}}$\\n\n"))
	f.Add([]byte("\ufeff{\"a\":[1,{\"b\":null}]}"))
	f.Fuzz(func(t *testing.T, src []byte) {
		vars, problems := envfile.Parse(".env", src)
		for _, p := range problems {
			_ = p.Text(nil)
		}
		again, found := envfile.Parse(".env", envfile.Encode(vars))
		if found.Failed() || show(again) != show(vars) {
			t.Fatalf("read back %s, want %s: %v", show(again), show(vars), found)
		}
	})
}

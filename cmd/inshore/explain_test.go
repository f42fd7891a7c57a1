package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// quotedCode is an error code as it stands in our source.
var quotedCode = regexp.MustCompile(`"([CPJEDAXRWS]\d{3})"`)

func TestExplain_HasAPageForEveryCodeInTheSource(t *testing.T) {
	known := map[string]bool{}
	for _, p := range pages() {
		if known[p.Code] {
			t.Errorf("%s is explained twice", p.Code)
		}
		if p.Title == "" || p.Text == "" {
			t.Errorf("%s has no title or no text", p.Code)
		}
		known[p.Code] = true
	}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root) {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range quotedCode.FindAllStringSubmatch(string(src), -1) {
			if !known[m[1]] {
				t.Errorf("%s uses %s, which explain.txt does not explain", path, m[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

package detect

import (
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// maxBytes is how much of a file is read, maxFiles how many files, maxEntries
// how many entries of a folder are looked at.
const (
	maxBytes   = 256 << 10
	maxFiles   = 400
	maxEntries = 2000
)

// folder reads an app's files, each at most once, and counts them.
type folder struct {
	fsys  fs.FS
	lines map[string][]string
	reads int
}

// has tells whether a regular file is there.
func (f *folder) has(name string) bool {
	info, err := fs.Stat(f.fsys, name)
	return err == nil && info.Mode().IsRegular()
}

// hasDir tells whether a folder is there.
func (f *folder) hasDir(name string) bool {
	info, err := fs.Stat(f.fsys, name)
	return err == nil && info.IsDir()
}

// first returns the first of the names that is a regular file.
func (f *folder) first(names ...string) (string, bool) {
	for _, name := range names {
		if f.has(name) {
			return name, true
		}
	}
	return "", false
}

// read returns the lines of a file; nothing when it is absent, irregular or the
// budget is spent.
func (f *folder) read(name string) []string {
	if lines, ok := f.lines[name]; ok {
		return lines
	}
	if f.lines == nil {
		f.lines = make(map[string][]string)
	}
	f.lines[name] = nil
	// The mode is asked for before the file is opened: opening a pipe would wait.
	if f.reads >= maxFiles || !f.has(name) {
		return nil
	}
	f.reads++
	file, err := f.fsys.Open(name)
	if err != nil {
		return nil
	}
	defer func() { _ = file.Close() }()
	src, err := io.ReadAll(io.LimitReader(file, maxBytes))
	if err != nil {
		return nil
	}
	text := strings.TrimPrefix(strings.ReplaceAll(string(src), "\r\n", "\n"), "\ufeff")
	f.lines[name] = strings.Split(text, "\n")
	return f.lines[name]
}

func (f *folder) text(name string) string { return strings.Join(f.read(name), "\n") }

// find returns the number of the first line that matches, its submatches
// included.
func (f *folder) find(name string, pattern *regexp.Regexp) (line int, match []string) {
	for i, text := range f.read(name) {
		if m := pattern.FindStringSubmatch(text); m != nil {
			return i + 1, m
		}
	}
	return 0, nil
}

// seek is find for literal text.
func (f *folder) seek(name, text string) int {
	for i, line := range f.read(name) {
		if strings.Contains(line, text) {
			return i + 1
		}
	}
	return 0
}

// findWord is find among the lines that hold a word, in any case; it spares the
// pattern most lines.
func (f *folder) findWord(name, word string, pattern *regexp.Regexp) int {
	for i, line := range f.read(name) {
		if strings.Contains(strings.ToLower(line), word) && pattern.MatchString(line) {
			return i + 1
		}
	}
	return 0
}

// list names the entries of a folder, sorted.
func (f *folder) list(dir string) []fs.DirEntry {
	opened, err := f.fsys.Open(dir)
	if err != nil {
		return nil
	}
	defer func() { _ = opened.Close() }()
	reader, ok := opened.(fs.ReadDirFile)
	if !ok {
		return nil
	}
	entries, err := reader.ReadDir(maxEntries)
	if err != nil {
		return nil
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries
}

// below finds a file with that name in the folder or one level down, where
// Python and .NET projects keep theirs.
func (f *folder) below(match func(name string) bool) []string {
	var found []string
	for _, entry := range f.list(".") {
		switch {
		case !entry.IsDir() && match(entry.Name()):
			found = append(found, entry.Name())
		case entry.IsDir() && !skipped(entry.Name()):
			for _, inner := range f.list(entry.Name()) {
				if !inner.IsDir() && match(inner.Name()) {
					found = append(found, path.Join(entry.Name(), inner.Name()))
				}
			}
		}
	}
	return found
}

// skipped tells whether a folder holds nothing of the project's own.
func skipped(name string) bool {
	switch name {
	case "node_modules", "vendor", "venv", "env", "target", "build", "dist", "deps", "tmp", "log", "bin", "obj",
		"test", "tests", "docs", "examples", "__pycache__":
		return true
	}
	return strings.HasPrefix(name, ".")
}

// majorMinor cuts a version or a range of versions down to its first two
// numbers.
func majorMinor(version string) string {
	return regexp.MustCompile(`\d+(?:\.\d+)?`).FindString(version)
}

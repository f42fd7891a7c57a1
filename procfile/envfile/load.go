package envfile

import (
	"path/filepath"

	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/procfile/source"
)

// Load reads files in order; a later one overrides an earlier one. A missing
// file is problem E008 wrapping fs.ErrNotExist; the others are still read.
// Folders, pipes, devices, files over 1 MiB and UTF-16 are refused.
func Load(paths ...string) (Vars, problem.List) {
	return LoadIn("", Options{}, paths...)
}

// LoadIn is Load for files named relative to a folder, with options; problems
// and Var.File use the names as given. An empty folder is the working
// directory.
func LoadIn(dir string, opts Options, names ...string) (Vars, problem.List) {
	var all Vars
	var problems problem.List
	all.Merge(opts.Earlier)
	var result Vars
	for _, name := range names {
		path := name
		if dir != "" && !filepath.IsAbs(name) {
			path = filepath.Join(dir, name)
		}
		src, refused := readFile(path, name)
		if refused != nil {
			problems = append(problems, refused)
			continue
		}
		vars, found := ParseWith(name, src, Options{Lookup: opts.Lookup, Earlier: all})
		problems = append(problems, found...)
		all.Merge(vars)
		result.Merge(vars)
	}
	return result, problems
}

func readFile(path, name string) ([]byte, *problem.Problem) {
	return source.Read(path, source.Limits{
		Name:       name,
		Missing:    codeMissing,
		Encoding:   codeEncoding,
		Unreadable: codeUnreadable,
		AllowNUL:   true,
	})
}

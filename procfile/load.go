package procfile

import (
	"cmp"

	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/procfile/source"
)

// Load reads a Procfile from disk. A missing file is problem P001 wrapping
// fs.ErrNotExist. Folders, pipes, devices, files over 1 MiB, UTF-16 and binary
// files are refused with one problem and nothing is parsed.
func Load(path string, opts Options) (*Procfile, problem.List) {
	name := cmp.Or(opts.Name, path)
	src, refused := source.Read(path, source.Limits{
		Name:       name,
		Missing:    codeMissing,
		Encoding:   codeEncoding,
		Unreadable: codeUnreadable,
	})
	if refused != nil {
		return &Procfile{Name: name}, problem.List{refused}
	}
	return Parse(name, src, opts)
}

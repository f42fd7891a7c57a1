package appjson

import (
	"strings"

	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/procfile/source"
)

// Parse reads the text of an app.json; name is what problems call the file. The
// Manifest is never nil and holds whatever could be read. A file of another tool
// gives its Kind, no content and one note of severity Info.
func Parse(name string, src []byte) (*Manifest, problem.List) {
	m := &Manifest{File: name, Kind: Unknown}
	if len(src) > source.DefaultMaxBytes {
		return m, problem.List{problem.Newf(codeUnreadable, "%s is larger than %d KiB", name, source.DefaultMaxBytes>>10).
			At(problem.Place{File: name})}
	}
	if refused := source.CheckText(name, src, codeEncoding); refused != nil {
		return m, problem.List{refused}
	}
	p := &parser{}
	body := strings.TrimPrefix(string(src), "\ufeff")
	if len(body) != len(src) {
		p.report(problem.Newf(codeMark, "%s starts with a byte-order mark", name).Warn().
			At(problem.Place{File: name, Line: 1}).
			Note("note", "Heroku refuses the file with it").
			Fix("save it as UTF-8 without BOM"))
	}
	p.document = newDocument(name, body)
	root, found := readJSON(p.document)
	for _, f := range found {
		p.report(f)
	}
	if root == nil {
		return m, p.problems.List()
	}
	if root.shape != object {
		p.report(problem.Newf(codeShape, "%s holds %s where an object is expected", name, root.shape).
			At(p.shown(root.start, root.start+1)))
		return m, p.problems.List()
	}
	m.Kind = kindOf(root)
	if note := foreign(m); note != nil {
		m.Name, _ = nameOf(root)
		p.report(note)
		return m, p.problems.List()
	}
	p.checkLineEnds()
	p.manifest(m, root, true)
	return m, p.problems.List()
}

// Load reads an app.json from disk and names it by its path. A missing file is
// problem J001 wrapping fs.ErrNotExist. Folders, pipes, devices, files over
// 1 MiB, UTF-16 and binary files are refused with one problem.
func Load(path string) (*Manifest, problem.List) { return LoadAs(path, path) }

// LoadAs is Load with the name that problems use for the file.
func LoadAs(path, name string) (*Manifest, problem.List) {
	src, refused := source.Read(path, source.Limits{
		Name:       name,
		Missing:    codeMissing,
		Encoding:   codeEncoding,
		Unreadable: codeUnreadable,
	})
	if refused != nil {
		return &Manifest{File: name, Kind: Unknown}, problem.List{refused}
	}
	return Parse(name, src)
}

// parser turns the JSON of a Heroku app.json into a Manifest.
type parser struct {
	*document
	problems source.Problems
	secret   bool // inside "env", whose values no problem shows
}

func (p *parser) report(found *problem.Problem) { p.problems.Add(found) }

// at is the place of a node, with its source line outside "env".
func (p *parser) at(n *node) problem.Place { return p.span(n.start, n.end) }

func (p *parser) span(start, end int) problem.Place {
	if p.secret {
		return p.place(start, end)
	}
	place := p.shown(start, end)
	// A value outside "env" is no secret, unless its line holds more than that.
	if line := p.line(place.Line); !strings.Contains(line, `"env"`) {
		place.Source = line
	}
	return place
}

func (p *parser) checkLineEnds() {
	if strings.Contains(p.src, "\r\n") {
		p.report(problem.Newf(codeLineEnds, "%s has CRLF line ends", p.file).Hint().
			At(problem.Place{File: p.file}))
	}
}

// wrong reports a value of the wrong shape, which is then ignored.
func (p *parser) wrong(n *node, what, want string) {
	p.report(problem.Newf(codeShape, "%s is %s where %s is expected", what, n.shape, want).Warn().
		At(p.at(n)).Note("note", "ignored"))
}

// odd reports a value that the schema does not allow and that is read anyway.
func (p *parser) odd(n *node, what, reading string) {
	p.report(problem.Newf(codeOdd, "%s is %s", what, n.shape).Warn().
		At(p.at(n)).Note("note", "%s", reading))
}

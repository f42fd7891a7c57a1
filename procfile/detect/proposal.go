// Package detect guesses how to run an app that has no Procfile, from the files
// that its ecosystem's tools leave in the folder. It reads a bounded number of
// bytes of a bounded number of files, never runs project code and writes
// nothing; what to do with a Proposal is the caller's decision.
package detect

import "io/fs"

// Confidence says how sure a proposal is.
type Confidence int

// The confidences, weakest first. The zero value means that nothing was found.
const (
	Nothing Confidence = iota
	Maybe              // "might be"
	Likely             // "looks like"
)

// String is the phrase shown to people.
func (c Confidence) String() string {
	switch c {
	case Likely:
		return "looks like"
	case Maybe:
		return "might be"
	default:
		return "nothing found"
	}
}

// Proposal is what an app seems to need. It is data; no file is touched.
type Proposal struct {
	Stack      string // "Django", "Rails", … ; empty when nothing was found
	Version    string // of the stack, when a file pins it
	Confidence Confidence
	Evidence   []Evidence // why this stack
	Processes  []Process  // for Procfile.dev, in order; release included
	Production []Process  // what Heroku would run where it differs; may be empty
	AddOns     []AddOn
	Env        []Env    // config vars that development wants
	Notes      []string // remarks for a person
	Looked     []string // files that were looked for, for the message when nothing was found
}

// Evidence is one reason with its place.
type Evidence struct {
	Text string // "django in requirements.txt:3"
	File string
	Line int // 0 means the whole file
}

// Process is one proposed Procfile line.
type Process struct {
	Type    string
	Command string
	Why     string
}

// AddOn is one proposed add-on.
type AddOn struct {
	Plan string // "heroku-postgresql"
	Why  string
}

// Env is one proposed development setting.
type Env struct {
	Name, Value, Why string
}

// Detect looks at an app's folder. It never fails: what cannot be read counts
// as absent.
func Detect(fsys fs.FS) Proposal { return Proposal{} }

// Procfile is the text of the proposed Procfile.dev.
func (p Proposal) Procfile() []byte { return nil }

// AppJSON is the text of the proposed app.json; nil when it would be empty.
func (p Proposal) AppJSON() []byte { return nil }

package procfile

import (
	"strings"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// The well-known readers of Procfiles, as problems and check name them.
const (
	Cedar       = "cedar"        // Heroku's slug compiler
	Fir         = "fir"          // Heroku's Cloud Native Buildpacks
	HerokuLocal = "heroku-local" // heroku local, node-foreman
	Foreman     = "foreman"
	Honcho      = "honcho"
	Hivemind    = "hivemind"
	Overmind    = "overmind"
)

// readersLabel is the label of the note that names readers.
const readersLabel = "readers"

func withReaders(p *problem.Problem, readers ...string) *problem.Problem {
	return p.Note(readersLabel, "%s", strings.Join(readers, ", "))
}

// Readers names the well-known readers that read the place of a problem
// otherwise than we do, or fail on it. It is nil when the problem says nothing
// about readers.
func Readers(p *problem.Problem) []string {
	for _, note := range p.Notes {
		if note.Label == readersLabel {
			return strings.Split(note.Text, ", ")
		}
	}
	return nil
}

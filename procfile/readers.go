package procfile

import (
	"strings"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// readersLabel is the label of the note that names readers.
const readersLabel = "readers"

// Readers names the well-known readers that read the place of a problem
// otherwise than we do: "cedar" (Heroku's slug compiler), "fir" (Heroku's Cloud
// Native Buildpacks), "heroku-local", "foreman", "hivemind", "overmind" and
// "honcho". It is nil when the problem says nothing about readers.
func Readers(p *problem.Problem) []string {
	for _, note := range p.Notes {
		if note.Label == readersLabel {
			return strings.Split(note.Text, ", ")
		}
	}
	return nil
}

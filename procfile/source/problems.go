package source

import (
	"slices"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// maxProblems is how many problems one file gets; a hostile file has a million
// and nobody reads more than a screenful.
const maxProblems = 200

// Problems collects what is wrong with one file and keeps only so many. The
// zero value is empty and usable.
type Problems struct {
	list    problem.List
	dropped int
	worst   problem.Severity // of the dropped ones
}

// Add keeps a problem, or counts it when there are too many already.
func (p *Problems) Add(found *problem.Problem) {
	if len(p.list) < maxProblems {
		p.list = append(p.list, found)
		return
	}
	if p.dropped == 0 || found.Severity < p.worst {
		p.worst = found.Severity
	}
	p.dropped++
}

// Has tells whether a problem with that code has been kept.
func (p *Problems) Has(code string) bool {
	for _, found := range p.list {
		if found.Code == code {
			return true
		}
	}
	return false
}

// List returns the problems in the order in which they were added. When some
// were dropped, a last one says how many; it is as bad as the worst of them.
func (p *Problems) List() problem.List {
	if p.dropped == 0 {
		return p.list
	}
	first := p.list[0]
	rest := problem.Newf(first.Code, "%d more problems in %s are not listed", p.dropped, first.Place.File).
		At(problem.Place{File: first.Place.File})
	rest.Severity = p.worst
	return append(slices.Clip(p.list), rest)
}

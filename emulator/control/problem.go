package control

import "github.com/inshore-dev/inshore/emulator/problem"

// Problem is a problem.Problem as JSON.
type Problem struct {
	Code      string `json:"code"`
	Severity  string `json:"severity"`
	Message   string `json:"message"`
	File      string `json:"file,omitempty"`
	Line      int    `json:"line,omitempty"`
	Column    int    `json:"column,omitempty"`
	EndColumn int    `json:"end_column,omitempty"`
	Source    string `json:"source,omitempty"`
	Caret     string `json:"caret,omitempty"`
	Notes     []Note `json:"notes,omitempty"`
}

// Note is a problem.Note as JSON.
type Note struct {
	Label string   `json:"label"`
	Text  string   `json:"text"`
	Lines []string `json:"lines,omitempty"`
}

// NewProblem is the form in which a problem travels. The wrapped error stays
// behind.
func NewProblem(p *problem.Problem) Problem {
	wire := Problem{
		Code: p.Code, Severity: p.Severity.String(), Message: p.Message,
		File: p.Place.File, Line: p.Place.Line, Column: p.Place.Column, EndColumn: p.Place.EndColumn,
		Source: p.Place.Source, Caret: p.Place.Caret,
	}
	for _, n := range p.Notes {
		wire.Notes = append(wire.Notes, Note(n))
	}
	return wire
}

// NewProblems converts a list.
func NewProblems(list problem.List) []Problem {
	wire := make([]Problem, 0, len(list))
	for _, p := range list {
		wire = append(wire, NewProblem(p))
	}
	return wire
}

// Problem is the problem that was sent.
func (w Problem) Problem() *problem.Problem {
	p := problem.New(w.Code, w.Message).At(problem.Place{
		File: w.File, Line: w.Line, Column: w.Column, EndColumn: w.EndColumn,
		Source: w.Source, Caret: w.Caret,
	})
	switch w.Severity {
	case problem.Warning.String():
		p.Severity = problem.Warning
	case problem.Info.String():
		p.Severity = problem.Info
	}
	for _, n := range w.Notes {
		p.Notes = append(p.Notes, problem.Note(n))
	}
	return p
}

package control

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// The kinds of document beside those of the verbs.
const (
	kindError = "error"
	kindEnd   = "end" // last line of a stream that ended well
)

// document is one answer, or one line of a stream.
type document struct {
	Schema   int             `json:"schema"`
	Kind     string          `json:"kind"`
	Data     json.RawMessage `json:"data,omitempty"`
	Message  string          `json:"message,omitempty"`  // of an error that is no problem
	Problems []Problem       `json:"problems,omitempty"` // of an error that is
}

// newDocument wraps data.
func newDocument(kind string, data any) (document, error) {
	raw, err := json.Marshal(data)
	if err != nil {
		return document{}, fmt.Errorf("encode %s: %w", kind, err)
	}
	return document{Schema: Schema, Kind: kind, Data: raw}, nil
}

// errorDocument wraps an error.
func errorDocument(err error) document {
	doc := document{Schema: Schema, Kind: kindError}
	list := problem.Of(err)
	if len(list) == 0 {
		doc.Message = err.Error()
		return doc
	}
	doc.Problems = NewProblems(list)
	return doc
}

// err is the error inside a document, if it holds one.
func (d document) err() error {
	if d.Schema != Schema {
		return problem.Newf("S006", "the inshore that runs here speaks version %d of the control protocol, this one %d", d.Schema, Schema).
			Fix("stop it with the inshore that started it, then start it again")
	}
	if d.Kind != kindError {
		return nil
	}
	switch len(d.Problems) {
	case 0:
		return errors.New(d.Message)
	case 1:
		return d.Problems[0].Problem()
	}
	list := make(problem.List, 0, len(d.Problems))
	for _, p := range d.Problems {
		list = append(list, p.Problem())
	}
	return list
}

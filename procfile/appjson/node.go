package appjson

import (
	"slices"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// shape is what kind of JSON value a node is.
type shape int

const (
	null shape = iota
	text
	number
	boolean
	list
	object
)

// String is the word for a person.
func (s shape) String() string {
	switch s {
	case text:
		return "a string"
	case number:
		return "a number"
	case boolean:
		return "true or false"
	case list:
		return "a list"
	case object:
		return "an object"
	default:
		return "null"
	}
}

// node is a JSON value with its place.
type node struct {
	shape   shape
	text    string // of a string; the literal of a number or boolean
	members []member
	items   []*node
	start   int // byte offsets in the text
	end     int
}

// member is one key of an object with its value.
type member struct {
	key   string
	value *node
	start int // of the key, its quote included
	end   int
}

// get returns the value of a key; a repeated key gives the last one, as JSON
// readers do.
func (n *node) get(key string) *node {
	for _, m := range slices.Backward(n.members) {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

// scalar is the text of a string, number or boolean.
func (n *node) scalar() (string, bool) {
	switch n.shape {
	case text, number, boolean:
		return n.text, true
	default:
		return "", false
	}
}

// place is the position of a stretch of the text without its source line.
func (d *document) place(start, end int) problem.Place {
	line, column := d.position(start)
	place := problem.Place{File: d.file, Line: line, Column: column}
	if last, endColumn := d.position(end); last == line {
		place.EndColumn = endColumn
	}
	return place
}

// shown is place with the source line, in which the values of keys are masked
// unless the caller knows them to be harmless: app.json may hold secrets.
func (d *document) shown(start, end int) problem.Place {
	place := d.place(start, end)
	place.Source = mask(d.line(place.Line))
	return place
}

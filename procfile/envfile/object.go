package envfile

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// maxDepth bounds the nesting of an env file that is a JSON object.
const maxDepth = 100

// object reads a file that is a JSON object, as heroku local does: names of
// nested keys are joined with "_" and upper-cased, items of a list are
// numbered. It returns false when the file is no such object, which then is
// read line by line.
func (r *reader) object(text string) bool {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	o := &objectReader{decoder: decoder, text: text, file: r.name}
	if !json.Valid([]byte(text)) || !o.value("", 0) {
		return false
	}
	r.report(withReaders(
		problem.Newf(codeObject, "%s is a JSON object", r.name).Warn().
			At(problem.Place{File: r.name, Line: 1}).
			Note("note", "heroku local reads such a file; most other tools do not"),
		"foreman", "compose", "dotenv"))
	for _, v := range o.found {
		if !Valid(v.Name) {
			r.report(problem.New(codeEmptyName, "a key of the object cannot be a variable name").
				At(problem.Place{File: r.name, Line: v.Line}))
			continue
		}
		r.vars.Set(v)
	}
	return true
}

type objectReader struct {
	decoder *json.Decoder
	text    string
	file    string
	found   []Var
}

// value reads the next value under a joined name.
func (o *objectReader) value(name string, depth int) bool {
	if depth > maxDepth {
		return false
	}
	token, err := o.decoder.Token()
	if err != nil {
		return false
	}
	switch t := token.(type) {
	case json.Delim:
		return o.members(name, t == '{', depth)
	case string:
		o.add(name, t)
	case json.Number:
		o.add(name, t.String())
	case bool:
		o.add(name, strconv.FormatBool(t))
	default:
		o.add(name, "")
	}
	return true
}

func (o *objectReader) members(name string, keyed bool, depth int) bool {
	for i := 0; o.decoder.More(); i++ {
		key := strconv.Itoa(i)
		if keyed {
			token, err := o.decoder.Token()
			if err != nil {
				return false
			}
			key, _ = token.(string)
		}
		key = strings.ToUpper(key)
		if name != "" {
			key = name + "_" + key
		}
		if !o.value(key, depth+1) {
			return false
		}
	}
	_, err := o.decoder.Token()
	return err == nil
}

func (o *objectReader) add(name, value string) {
	line := 1 + strings.Count(o.text[:o.decoder.InputOffset()], "\n")
	o.found = append(o.found, Var{Name: name, Value: value, File: o.file, Line: line})
}

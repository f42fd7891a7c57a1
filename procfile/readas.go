package procfile

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
)

// Difference is what a well-known reader makes of a whole Procfile when that is
// not what Parse makes of it.
type Difference struct {
	Reader    string            // Cedar, Fir, …
	Processes map[string]string // command by process type; nil when Err is set
	Err       error             // why the reader refuses the file
}

// Differences reads a Procfile as each of the well-known readers does and
// returns those that find other processes or other commands, in the order
// Cedar, Fir, HerokuLocal, Foreman, Honcho, Hivemind, Overmind. Commands count
// as other also when only blanks at their end differ.
func Differences(src []byte) []Difference {
	file, _ := Parse("", src, Options{})
	ours := make(map[string]string, len(file.Entries))
	for _, e := range file.Entries {
		ours[e.Type] = e.Command
	}
	var found []Difference
	for _, reader := range []string{Cedar, Fir, HerokuLocal, Foreman, Honcho, Hivemind, Overmind} {
		theirs, err := ReadAs(reader, src)
		if err != nil || !maps.Equal(ours, theirs) {
			found = append(found, Difference{reader, theirs, err})
		}
	}
	return found
}

var (
	// classicLine is the rule of Heroku's slug compiler: the colon is optional,
	// the blank is not.
	classicLine = regexp.MustCompile(`^[\s\v]*([a-zA-Z0-9_-]+):?[\s\v]+(.*)$`)
	// foremanLine is the rule of foreman, honcho and heroku local.
	foremanLine = regexp.MustCompile(`^([A-Za-z0-9_-]+):[\s\v]*(.+)$`)
	// hivemindLine is the rule of hivemind and overmind.
	hivemindLine = regexp.MustCompile(`^([\w-]+):[\s\v]+(.+)$`)
)

var errNoEntry = errors.New("no entry in the file")

// ReadAs reads a Procfile as a well-known reader does. The error says why that
// reader refuses the file, or that it is not known here. foreman runs both of
// two equal names; the map holds the first, which it finds by name.
func ReadAs(reader string, src []byte) (map[string]string, error) {
	switch reader {
	case Cedar:
		return readLines(src, classicLine, lastWins), nil
	case Foreman:
		m := readLines(src, foremanLine, firstWins)
		if len(m) == 0 {
			return nil, errNoEntry
		}
		return m, nil
	case Fir:
		return readFir(src)
	case HerokuLocal:
		return readHerokuLocal(src)
	case Honcho:
		return readUnique(src, foremanLine)
	case Hivemind, Overmind:
		return readUnique(src, hivemindLine)
	default:
		return nil, fmt.Errorf("unknown reader %q", reader)
	}
}

// onRepeat says which of two equal names counts.
type onRepeat bool

const (
	firstWins onRepeat = false
	lastWins  onRepeat = true
)

func readLines(src []byte, rule *regexp.Regexp, repeat onRepeat) map[string]string {
	m := make(map[string]string)
	for _, l := range splitLines(src) {
		f := rule.FindStringSubmatch(l.text)
		if f == nil {
			continue
		}
		if _, ok := m[f[1]]; !ok || repeat == lastWins {
			m[f[1]] = strings.TrimRight(f[2], "\r")
		}
	}
	return m
}

// readUnique refuses equal names and files without an entry.
func readUnique(src []byte, rule *regexp.Regexp) (map[string]string, error) {
	m := make(map[string]string)
	for _, l := range splitLines(src) {
		f := rule.FindStringSubmatch(l.text)
		if f == nil {
			continue
		}
		if _, ok := m[f[1]]; ok {
			return nil, fmt.Errorf("line %d: name %s is not unique", l.number, f[1])
		}
		m[f[1]] = f[2]
	}
	if len(m) == 0 {
		return nil, errNoEntry
	}
	return m, nil
}

// readFir corrects keys where it can and refuses every other line.
func readFir(src []byte) (map[string]string, error) {
	m := make(map[string]string)
	for _, l := range splitLines(src) {
		if l.blank() || l.comment() {
			continue
		}
		key, command, ok := strings.Cut(l.text, ":")
		name, command := firName(key), strings.Trim(command, blanks)
		if !ok || !validFirName(name) || command == "" {
			return nil, fmt.Errorf("line %d: no entry", l.number)
		}
		m[name] = command
	}
	return m, nil
}

// readHerokuLocal skips lines that are empty or start with "#" and stumbles over
// any other line that is no entry. The CR of a CRLF is a character to it.
func readHerokuLocal(src []byte) (map[string]string, error) {
	m := make(map[string]string)
	for i, text := range strings.Split(string(src), "\n") {
		if text == "" || text[0] == '#' {
			continue
		}
		f := foremanLine.FindStringSubmatch(text)
		if len(f) == 0 || strings.TrimSpace(f[2]) == "" {
			return nil, fmt.Errorf("line %d: parse error", i+1)
		}
		m[f[1]] = strings.TrimSpace(f[2])
	}
	return m, nil
}

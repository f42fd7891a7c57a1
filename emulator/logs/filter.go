package logs

import (
	"path"
	"slices"
	"strings"
	"time"
)

// Filter chooses lines. The zero Filter matches all of them; all set parts must match.
type Filter struct {
	Sources   []Source  // any of them
	Processes []string  // any of these globs; a bare type such as "web" matches web.1 and web.2
	Streams   []Stream  // any of them
	Since     time.Time // not older
	After     uint64    // with a greater number
	Query     *Query    // nil matches
}

// all tells whether the filter lets everything through.
func (f *Filter) all() bool {
	return len(f.Sources) == 0 && len(f.Processes) == 0 && len(f.Streams) == 0 &&
		f.Since.IsZero() && f.After == 0 && f.Query == nil
}

// Match tells whether the filter lets the line through.
func (f *Filter) Match(line *Line) bool {
	if line.Seq <= f.After && f.After > 0 {
		return false
	}
	if len(f.Sources) > 0 && !slices.Contains(f.Sources, line.Source) {
		return false
	}
	if len(f.Streams) > 0 && !slices.Contains(f.Streams, line.Stream) {
		return false
	}
	if !f.Since.IsZero() && line.Time.Before(f.Since) {
		return false
	}
	if len(f.Processes) > 0 && !slices.ContainsFunc(f.Processes, func(glob string) bool { return matchProcess(glob, line.Process) }) {
		return false
	}
	return f.Query.Match(line)
}

// matchProcess matches a name against a glob or a bare process type.
func matchProcess(glob, process string) bool {
	if glob == process {
		return true
	}
	if kind, _, dotted := strings.Cut(process, "."); dotted && kind == glob {
		return true
	}
	if !strings.ContainsAny(glob, `*?[\`) {
		return false
	}
	ok, err := path.Match(glob, process)
	return ok && err == nil
}

// ParseSource reads the word of a source.
func ParseSource(word string) (Source, bool) {
	for _, s := range Sources() {
		if s.String() == word {
			return s, true
		}
	}
	return App, false
}

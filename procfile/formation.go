package procfile

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// The codes of everything that can be said about a formation.
const (
	codeUnknownType  = "C004"
	codeFormation    = "C011"
	codeNothingToRun = "C012"
)

// all is the word for every type that is not named.
const all = "all"

// release is the one process type that is never scaled (Dev Center "Release
// Phase").
const release = "release"

// maxQuantity keeps the ports of one type inside the hundred that it owns.
const maxQuantity = 100

// Scale is one wish about a process type: a set or relative quantity, a size,
// or both.
type Scale struct {
	Type     string // "all" stands for every type that is not named
	Quantity int    // dynos wanted, or the difference when Relative
	Relative bool   // "web+1", "web-1"
	Size     string // dyno size such as "standard-2x"; empty when not given
}

// Formation is what the text of -m, -c or of a list such as web=2,worker=1
// asks for, in the order written; a repeated type keeps its last wish.
type Formation []Scale

var (
	// formationWord is one part of the foreman form.
	formationWord = regexp.MustCompile(`^([\w-]+)(?:\s*=\s*(\d+))?$`)
	// scaleWord is the token of ps:scale in the Heroku CLI.
	scaleWord = regexp.MustCompile(`^([\w-]+)([=+-])(\d+)(?::([\w-]+))?$`)
)

// ParseFormation reads "web=2,worker=1,all=1", the form of -m and -c. A bare
// name means one. Blanks around names, signs and commas and a comma at the end
// are accepted. Anything else, or a negative quantity, is problem C011. Empty
// text is an empty Formation, which means one of each type.
func ParseFormation(text string) (Formation, problem.List) {
	var f Formation
	var problems problem.List
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	parts := strings.Split(text, ",")
	if last := len(parts) - 1; last > 0 && strings.TrimSpace(parts[last]) == "" {
		parts = parts[:last]
	}
	for _, part := range parts {
		part = strings.TrimSpace(part)
		m := formationWord.FindStringSubmatch(part)
		if m == nil {
			problems = append(problems, badWord(part))
			continue
		}
		quantity, found := parseQuantity(part, m[2])
		if found != nil {
			problems = append(problems, found)
			continue
		}
		problems = append(problems, f.add(Scale{Type: m[1], Quantity: quantity})...)
	}
	return f, problems
}

// ParseScale reads the words of ps:scale: "web=2", "worker+1", "clock-1",
// "web=2:standard-2x". Unlike the Heroku CLI, which drops a word it does not
// understand, a bad word is problem C011.
func ParseScale(words []string) (Formation, problem.List) {
	var f Formation
	var problems problem.List
	for _, word := range words {
		m := scaleWord.FindStringSubmatch(word)
		if m == nil {
			problems = append(problems, badWord(word).
				Fix("name=number, name+number or name-number, for example web=2"))
			continue
		}
		quantity, found := parseQuantity(word, m[3])
		if found != nil {
			problems = append(problems, found)
			continue
		}
		if m[2] == "-" {
			quantity = -quantity
		}
		problems = append(problems, f.add(Scale{Type: m[1], Quantity: quantity, Relative: m[2] != "=", Size: m[4]})...)
	}
	return f, problems
}

func badWord(word string) *problem.Problem {
	return problem.Newf(codeFormation, "cannot read %q as a process type and a number", word).
		Note("note", "examples: web=2 · web=2,worker=1 · all=1,web=2")
}

func parseQuantity(word, digits string) (int, *problem.Problem) {
	if digits == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n > maxQuantity {
		return 0, problem.Newf(codeFormation, "%q asks for more than %d dynos of one type", word, maxQuantity)
	}
	return n, nil
}

func (f *Formation) add(s Scale) problem.List {
	for i, earlier := range *f {
		if earlier.Type == s.Type {
			(*f)[i] = s
			return problem.List{problem.Newf(codeFormation, "%q is given twice", s.Type).Warn().
				Note("note", "the last one counts")}
		}
	}
	*f = append(*f, s)
	return nil
}

// Find returns the wish about a type.
func (f Formation) Find(processType string) (Scale, bool) {
	for _, s := range f {
		if s.Type == processType {
			return s, true
		}
	}
	return Scale{}, false
}

// Quantities works out how many dynos of each declared type to run. current is
// what runs now; nil means that nothing does, and then a formation without
// "all" starts only the types it names, as foreman does, and an empty one
// starts one of each. With a current, types that are not named keep their
// number. "release" is never counted. An undeclared type is problem C004, a
// formation that starts nothing C012.
func (f Formation) Quantities(types []string, current map[string]int) (map[string]int, problem.List) {
	problems := f.checkTypes(types)
	quantities := make(map[string]int, len(types))
	total := 0
	for _, t := range types {
		if t == release {
			continue
		}
		n, found := f.quantity(t, current)
		if found != nil {
			problems = append(problems, found)
		}
		quantities[t] = n
		total += n
	}
	if current == nil && total == 0 && !problems.Failed() {
		problems = append(problems, problem.New(codeNothingToRun, "nothing to run: every process type is at 0").
			Note("note", "process types here: %s", strings.Join(types, ", ")))
	}
	return quantities, problems
}

func (f Formation) quantity(processType string, current map[string]int) (int, *problem.Problem) {
	s, named := f.Find(processType)
	if !named {
		s, named = f.Find(all)
	}
	now := current[processType]
	switch {
	case !named && current != nil:
		return now, nil
	case !named && len(f) == 0:
		return 1, nil
	case !named:
		return 0, nil
	case !s.Relative:
		return s.Quantity, nil
	}
	n := now + s.Quantity
	if n > maxQuantity {
		return now, problem.Newf(codeFormation, "%s would run more than %d dynos", processType, maxQuantity)
	}
	return max(0, n), nil
}

// checkTypes reports names that the Procfile does not declare.
func (f Formation) checkTypes(types []string) problem.List {
	var problems problem.List
	known := make(map[string]bool, len(types))
	for _, t := range types {
		known[t] = true
	}
	for _, s := range f {
		switch {
		case s.Type == release:
			problems = append(problems, problem.New(codeFormation, "release cannot be scaled").
				Note("note", "it runs once before the other processes start"))
		case s.Type != all && !known[s.Type]:
			problems = append(problems, unknownType(s.Type, types))
		}
	}
	return problems
}

func unknownType(name string, types []string) *problem.Problem {
	p := problem.Newf(codeUnknownType, "no process type %q", name)
	if near := problem.Nearest(name, types); near != "" {
		p.Note("did you mean", "%q?", near)
	}
	return p.Note("note", "process types here: %s", strings.Join(types, ", "))
}

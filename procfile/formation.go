package procfile

import "github.com/inshore-dev/inshore/emulator/problem"

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

// ParseFormation reads "web=2,worker=1,all=1", the form of -m and -c. A bare
// name means one. Blanks around names, signs and commas and a comma at the end
// are accepted. Anything else, or a negative quantity, is problem C011. Empty
// text is an empty Formation, which means one of each type.
func ParseFormation(text string) (Formation, problem.List) {
	return nil, nil
}

// ParseScale reads the words of ps:scale: "web=2", "worker+1", "clock-1",
// "web=2:standard-2x". Unlike the Heroku CLI, which drops a word it does not
// understand, a bad word is problem C011.
func ParseScale(words []string) (Formation, problem.List) {
	return nil, nil
}

// Quantities works out how many dynos of each declared type to run. current is
// what runs now, for relative wishes; nil means one of each. When the formation
// sets types without naming "all", types that it does not name get 0 in the
// start form (current nil) and keep their number otherwise. An undeclared type
// is problem C004, a formation of nothing but zeros C012.
func (f Formation) Quantities(types []string, current map[string]int) (map[string]int, problem.List) {
	return nil, nil
}

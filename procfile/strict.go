package procfile

import (
	"strings"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// strict reads a line by the rules of the Fir generation: the key is everything
// before the first colon, corrected where that is possible and refused
// otherwise.
func (p *parser) strict(l line) {
	key, command, ok := strings.Cut(strings.TrimLeft(l.text, blanks), ":")
	if !ok {
		p.reject(l)
		return
	}
	name := firName(key)
	if !validFirName(name) {
		p.rejectKey(l, key, name)
		return
	}
	start := l.indent()
	f := fields{name: key, command: strings.Trim(command, blanks)}
	f.at = start + len(key) + 1 + len(command) - len(strings.TrimLeft(command, blanks))
	if f.command == "" {
		p.reportEmpty(l, f)
		return
	}
	if name != key || start > 0 {
		p.report(problem.Newf(codeSpelling, "process name %q is read as %q", l.text[:start+len(key)], name).Warn().
			At(p.place(l, 0, start+len(key))).
			Fix("%s: %s", name, f.command))
	}
	p.add(l, f, name)
}

// rejectKey reports a key that cannot be corrected.
func (p *parser) rejectKey(l line, key, name string) {
	if len(name) > maxName && validFirName(name[:maxName]) {
		p.report(problem.Newf(codeLength, "process name has %d characters, at most %d are allowed", len(name), maxName).
			At(p.place(l, l.indent(), l.indent()+len(key))))
		return
	}
	if strings.HasPrefix(name, "-") || strings.HasSuffix(name, "-") {
		p.report(problem.Newf(codeName, "process name %q does not begin and end with a letter or digit", key).
			At(p.place(l, l.indent(), l.indent()+len(key))))
		return
	}
	p.reject(l)
}

// firName spells a key the way the Fir generation does.
func firName(key string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimLeft(key, blanks)), "_", "-")
}

// validFirName checks a corrected key: 1 to 63 of a-z, 0-9 and "-", which
// stands neither first nor last.
func validFirName(name string) bool {
	if name == "" || len(name) > maxName || name[0] == '-' || name[len(name)-1] == '-' {
		return false
	}
	for i := range len(name) {
		b := name[i]
		if b != '-' && (b < '0' || b > '9') && (b < 'a' || b > 'z') {
			return false
		}
	}
	return true
}

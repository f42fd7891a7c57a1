// Package procfile reads a Procfile: which process types an app declares and
// the command of each. It knows syntax only; starting anything is not its work.
//
// There is no single Procfile grammar. The default one takes every line that
// the classic Heroku slug compiler, foreman and their relatives agree on, plus
// the forms that only some of them take (no blank after the colon, blanks
// before the name), and warns about each place that a well-known reader reads
// otherwise: such a problem carries a note labelled "readers", which Readers
// decodes. Options.Strict asks for the rules of Heroku's Fir generation.
//
//	pf, problems := procfile.Load("Procfile", procfile.Options{})
//	if problems.Failed() { … }
//	web, ok := pf.Find("web")
//
// Sources: Dev Center "The Procfile"; the written format of Heroku's Cloud
// Native Buildpack for Procfiles.
package procfile

// Options says how to read a Procfile. The zero value is the default grammar.
type Options struct {
	// Strict applies the key rules of the Fir generation: a line that is no
	// entry is an error, keys are lower-cased and "_" becomes "-", each with a
	// warning.
	Strict bool
	// Name is how Load names the file in problems and in Procfile.Name; empty
	// means the path as given.
	Name string
}

// Procfile is what a Procfile declares. The zero value declares nothing.
type Procfile struct {
	Name    string  // the file's name as the user would write it
	Entries []Entry // one per process type, in the order in which the names first appear
}

// Entry is one process type.
type Entry struct {
	Type          string // the name before the colon, for example "web"
	Command       string // opaque text for a shell, without blanks at its ends; never empty
	Line          int    // from 1; where the command that counts stands
	Column        int    // of the name, in runes from 1
	CommandColumn int    // of the command, in runes from 1
	Source        string // the whole line without its line end and byte-order mark
}

// Find returns the entry of a process type. Names are compared byte for byte,
// as Heroku does.
func (p *Procfile) Find(processType string) (Entry, bool) {
	if p == nil {
		return Entry{}, false
	}
	for _, e := range p.Entries {
		if e.Type == processType {
			return e, true
		}
	}
	return Entry{}, false
}

// Types lists the process types in file order.
func (p *Procfile) Types() []string {
	if p == nil {
		return nil
	}
	types := make([]string, 0, len(p.Entries))
	for _, e := range p.Entries {
		types = append(types, e.Type)
	}
	return types
}

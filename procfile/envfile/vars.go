package envfile

// Var is one variable and where it was read.
type Var struct {
	Name  string
	Value string
	File  string // as the user would name it; empty when set by code
	Line  int    // from 1; 0 when set by code
}

// Vars is an ordered set of variables: names are unique, in the order in which
// they first appear. The zero value is empty and usable. Not safe for
// concurrent use.
type Vars struct {
	list  []Var
	index map[string]int
}

// Len is the number of variables.
func (v Vars) Len() int { return len(v.list) }

// All lists the variables in order; the slice belongs to the caller.
func (v Vars) All() []Var { return append([]Var(nil), v.list...) }

// Get returns the variable of that name.
func (v Vars) Get(name string) (Var, bool) {
	i, ok := v.index[name]
	if !ok {
		return Var{}, false
	}
	return v.list[i], true
}

// Value returns the value of that name, and whether there is one.
func (v Vars) Value(name string) (string, bool) {
	found, ok := v.Get(name)
	return found.Value, ok
}

// Set adds a variable or replaces the one of the same name in its place.
func (v *Vars) Set(item Var) {
	if i, ok := v.index[item.Name]; ok {
		v.list[i] = item
		return
	}
	if v.index == nil {
		v.index = make(map[string]int)
	}
	v.index[item.Name] = len(v.list)
	v.list = append(v.list, item)
}

// Merge sets every variable of other, which therefore wins.
func (v *Vars) Merge(other Vars) {
	for _, o := range other.list {
		v.Set(o)
	}
}

// Map copies names and values.
func (v Vars) Map() map[string]string {
	m := make(map[string]string, len(v.list))
	for _, x := range v.list {
		m[x.Name] = x.Value
	}
	return m
}

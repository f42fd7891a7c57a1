// Package startup keeps testcontainers-go from walking over every process of
// the machine each time inshore starts.
//
// That module looks for its parent process in its init, through gopsutil, which
// costs between 20 and 200 ms before main has begun, in every command and in
// every re-executed child. gopsutil reads the folder that HOST_PROC names. This
// package names an empty one while packages are being initialised: the search
// fails at once, and the module falls back to a random session id, which is all
// that inshore, with labels of its own, needs.
//
// It works because Go initialises packages in the order of their import paths
// as soon as all they import is initialised: this one imports only os and comes
// before github.com/shirou and github.com/testcontainers. The container package
// calls Done in its own initialisation, which comes after theirs.
package startup

import "os"

const variable = "HOST_PROC"

// hidden is what Done has to put back.
var hidden = hide()

type setting struct {
	value string
	set   bool
}

func hide() setting {
	value, set := os.LookupEnv(variable)
	_ = os.Setenv(variable, os.DevNull) // if it fails, starting only takes longer
	return setting{value, set}
}

// Done gives HOST_PROC back its value. It returns true, so that it can be the
// initial value of a variable.
func Done() bool {
	if hidden.set {
		_ = os.Setenv(variable, hidden.value) // it was possible before
	} else {
		_ = os.Unsetenv(variable)
	}
	return true
}

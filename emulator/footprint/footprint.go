// Package footprint keeps a resident process small: it gives back to the system
// the memory that only the start of the program needed.
//
// inshore is one binary with a good many libraries in it. Their initialisation
// touches a large part of the program file and leaves garbage on the heap, in
// the main process as well as in the sentinel, which then do little for hours.
package footprint

import "runtime/debug"

// Trim collects garbage, returns free heap to the system and forgets the
// program pages mapped so far; those that are needed come back from the page
// cache by themselves. It takes a few milliseconds and may be called at any
// time; once, when a long quiet phase begins, is enough.
func Trim() {
	debug.FreeOSMemory()
	forgetProgram()
}

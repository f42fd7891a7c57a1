package native

const exeSuffix = ".exe"

// exists is not known here; the server decides by its own lock.
func exists(int) bool { return false }

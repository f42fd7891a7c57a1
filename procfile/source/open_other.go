//go:build !unix

package source

import "os"

func open(path string) (*os.File, error) { return os.Open(path) }

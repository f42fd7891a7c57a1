//go:build !unix

package router

// descriptorLimit is how many files this process may open; 0 means unknown.
func descriptorLimit() int { return 0 }

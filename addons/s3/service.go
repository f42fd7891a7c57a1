// Package s3 is the object store of add-ons such as bucketeer on this machine.
package s3

import "github.com/inshore-dev/inshore/addons"

// Service describes bucketeer with the drivers of this build.
func Service() *addons.Service {
	return &addons.Service{Slug: "bucketeer", Kind: "s3"}
}

// Main is the hidden command "__s3": it serves one gateway and returns the
// exit status. It must be called with the arguments after the command's name.
func Main(args []string) int { return 1 }

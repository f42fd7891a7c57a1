package logs

import (
	"hash/fnv"
	"strings"
)

// Colors is the number of colours that ColorIndex chooses from. The first five
// are meant as cyan, yellow, green, magenta and blue, the others as the same in
// bold: base colours only, which follow the user's theme, and never red, which
// is for errors.
const Colors = 10

// ColorIndex gives a process a colour number from 0 to Colors-1. It depends on
// the process type only ("web" for web.2), so a process keeps its colour for
// ever; the usual names have colours of their own.
func ColorIndex(process string) int {
	kind, _, _ := strings.Cut(process, ".")
	switch kind {
	case "web":
		return 0
	case "worker":
		return 1
	case "clock":
		return 2
	case "router":
		return 3
	case "release":
		return 4
	case "inshore", "api":
		return 5
	case "redis", "heroku-redis":
		return 6
	case "run":
		return 7
	case "s3", "bucketeer":
		return 8
	case "postgres", "heroku-postgres", "heroku-postgresql":
		return 9
	}
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(kind))
	return int(sum.Sum32() % Colors)
}

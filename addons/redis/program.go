package redis

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/internal/native"
)

// program is a server program and how to run it.
type program struct {
	argv    []string // without the configuration file
	env     []string // on top of the usual environment
	version string
	detail  string
	limits  []string
	limited bool // our own small server
}

var errNotInstalled = errors.New("no `valkey-server` or `redis-server` on PATH or in the usual install folders")

// usualPlaces are searched after PATH.
const usualPlaces = "/usr/bin:/usr/local/bin:/opt/homebrew/bin:/usr/sbin:/usr/local/sbin"

// installed finds the server program of this machine.
func installed(ctx context.Context, host addons.Host) (program, error) {
	for _, path := range []string{host.Env("PATH"), usualPlaces} {
		for _, name := range []string{"valkey-server", "redis-server"} {
			if file := native.Look(path, name); file != "" {
				return inspect(ctx, host, file, nil)
			}
		}
	}
	return program{}, errNotInstalled
}

var versionText = regexp.MustCompile(`v=(\d[0-9A-Za-z.\-]*)`)

// inspect asks the program for its version, which also shows that it runs.
func inspect(ctx context.Context, host addons.Host, file string, env []string) (program, error) {
	text, err := native.Version(ctx, host.CacheDir, file, native.Env(host.Getenv, env...))
	if err != nil {
		return program{}, err
	}
	found := versionText.FindStringSubmatch(text)
	if found == nil {
		return program{}, fmt.Errorf("%s gives no version", file)
	}
	return program{argv: []string{file}, env: env, version: found[1], detail: filepath.Clean(file)}, nil
}

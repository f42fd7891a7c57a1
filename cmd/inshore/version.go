package main

import (
	"context"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"
)

// release is the version of a released build; the linker sets it.
var release = "" //nolint:gochecknoglobals // -ldflags "-X main.release=1.2.3"

// version is what this build calls itself.
func version() string {
	if release != "" {
		return release
	}
	return "0.1.0-dev"
}

func (inv *invocation) versionCommand() *cli.Command {
	return &cli.Command{
		Name:      "version",
		Category:  categoryOther,
		Usage:     "print the version",
		UsageText: "inshore version\ninshore version --json",
		Action:    wrap(inv.version),
	}
}

func (inv *invocation) version(context.Context, *cli.Context) error {
	if inv.json {
		return inv.out.json("version", map[string]string{
			"version": version(), "revision": revision(), "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH,
		})
	}
	inv.out.line("inshore %s %s/%s", version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

// revision is the commit that was built; empty when the build does not tell.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}

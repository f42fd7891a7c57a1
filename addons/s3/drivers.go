package s3

import (
	"context"
	"errors"
	"regexp"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/internal/native"
)

// gatewayVersion is that of the gateway in our own binary.
const gatewayVersion = "1.8.0"

// drivers of this build, in the order in which auto asks them.
func drivers() []addons.Driver { return driversAs(slug) }

// driversAs are the drivers for a service of that slug.
func driversAs(service string) []addons.Driver {
	return []addons.Driver{Container(), nativeDriver{service}, embeddedDriver{service}}
}

// Native runs a versitygw that is installed on this machine.
func Native() addons.Driver { return nativeDriver{slug} }

type nativeDriver struct{ service string }

func (nativeDriver) Mode() addons.Mode { return addons.Native }

// Probe looks for the program.
func (nativeDriver) Probe(ctx context.Context, host addons.Host, _ addons.Spec) (addons.Offer, error) {
	p, err := installed(ctx, host)
	if err != nil {
		return addons.Offer{}, err
	}
	return addons.Offer{Version: p.version, Detail: p.detail}, nil
}

// Provision starts the program on folders of its own.
func (d nativeDriver) Provision(ctx context.Context, host addons.Host, spec addons.Spec) (addons.Resource, error) {
	p, err := installed(ctx, host)
	if err != nil {
		return nil, err
	}
	return start(ctx, host, spec, d.service, addons.Native, p)
}

var versionText = regexp.MustCompile(`\d+\.\d+\.\d+`)

// installed finds the program and asks for its version.
func installed(ctx context.Context, host addons.Host) (program, error) {
	file := native.Look(host.Env("PATH"), "versitygw")
	if file == "" {
		return program{}, errors.New("no `versitygw` on PATH")
	}
	text, err := native.Version(ctx, host.CacheDir, file, native.Env(host.Getenv))
	if err != nil {
		return program{}, err
	}
	argv := func(port string, g gateway) []string {
		return []string{
			file, "--port", "127.0.0.1:" + port, "--region", g.region, "--health", healthPath,
			"--cors-allow-origin", "*", "--iam-dir", g.state + "/iam", "--quiet", "--keep-alive",
			"posix", "--sidecar", g.state + "/meta", "--versioning-dir", g.state + "/versions", g.data,
		}
	}
	return program{argv: argv, version: versionText.FindString(text), detail: file}, nil
}

// Embedded runs the gateway in our own binary as a child.
func Embedded() addons.Driver { return embeddedDriver{slug} }

type embeddedDriver struct{ service string }

func (embeddedDriver) Mode() addons.Mode { return addons.Embedded }

// Probe only fails when the engine does not know its own program.
func (embeddedDriver) Probe(_ context.Context, host addons.Host, _ addons.Spec) (addons.Offer, error) {
	if host.Executable == "" {
		return addons.Offer{}, errors.New("the built-in server needs inshore's own program")
	}
	p := builtIn(host)
	return addons.Offer{Version: p.version, Detail: p.detail}, nil
}

// Provision starts the child on folders of its own.
func (d embeddedDriver) Provision(ctx context.Context, host addons.Host, spec addons.Spec) (addons.Resource, error) {
	if host.Executable == "" {
		return nil, errors.New("the built-in server needs inshore's own program")
	}
	return start(ctx, host, spec, d.service, addons.Embedded, builtIn(host))
}

func builtIn(host addons.Host) program {
	argv := func(port string, g gateway) []string {
		return []string{
			host.Executable, Command, "--port", port, "--region", g.region, "--data", g.data, "--state", g.state,
		}
	}
	return program{argv: argv, version: gatewayVersion, detail: "built-in server (versitygw)"}
}

package redis

import (
	"context"
	"fmt"

	"github.com/inshore-dev/inshore/addons"
)

// drivers of this build, in the order in which auto asks them.
func drivers() []addons.Driver {
	return []addons.Driver{Container(), Native(), Embedded()}
}

// Native runs the server that is installed on this machine.
func Native() addons.Driver { return nativeDriver{} }

type nativeDriver struct{}

func (nativeDriver) Mode() addons.Mode { return addons.Native }

// Probe looks for the program.
func (nativeDriver) Probe(ctx context.Context, host addons.Host, _ addons.Spec) (addons.Offer, error) {
	p, err := installed(ctx, host)
	if err != nil {
		return addons.Offer{}, err
	}
	return addons.Offer{Version: p.version, Detail: p.detail}, nil
}

// Provision starts the server on a data directory of its own.
func (nativeDriver) Provision(ctx context.Context, host addons.Host, spec addons.Spec) (addons.Resource, error) {
	p, err := installed(ctx, host)
	if err != nil {
		return nil, err
	}
	return provision(ctx, host, spec, addons.Native, p)
}

// Embedded runs the server of the distribution's packages where they can be
// had, else our own limited one.
func Embedded() addons.Driver { return embeddedDriver{} }

// Limited is Embedded without the packages: always our own small server.
func Limited() addons.Driver { return embeddedDriver{onlyLimited: true} }

type embeddedDriver struct{ onlyLimited bool }

func (embeddedDriver) Mode() addons.Mode { return addons.Embedded }

// Probe tells which of the two it would be. It never fails.
func (d embeddedDriver) Probe(ctx context.Context, host addons.Host, _ addons.Spec) (addons.Offer, error) {
	u := unpackedFor(host)
	if !d.onlyLimited && u.present() {
		if p, err := u.program(ctx); err == nil {
			return addons.Offer{Version: p.version, Detail: p.detail}, nil
		}
	}
	if !d.onlyLimited && u.possible() == nil {
		return addons.Offer{Detail: "redis-server from the packages of " + release() + ", fetched once (1.4 MB)"}, nil
	}
	if host.Executable == "" {
		return addons.Offer{}, fmt.Errorf("the built-in server needs inshore's own program")
	}
	p := limited(host)
	return addons.Offer{Version: p.version, Detail: p.detail, Limits: p.limits}, nil
}

// Provision starts the better of the two. Keys that the limited server has
// saved move over to the real one as soon as it can be had.
func (d embeddedDriver) Provision(ctx context.Context, host addons.Host, spec addons.Spec) (addons.Resource, error) {
	if d.onlyLimited {
		return provision(ctx, host, spec, addons.Embedded, limited(host))
	}
	u := unpackedFor(host)
	announced := u.possible() != nil // then Probe has named the limits
	p, err := u.ensure(ctx, spec.Name)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if !announced {
			host.Tell(fmt.Sprintf("%s: redis-server cannot be had from the packages (%v), a built-in server with a subset of the commands runs instead", spec.Name, err))
		}
		return provision(ctx, host, spec, addons.Embedded, limited(host))
	}
	return provision(ctx, host, spec, addons.Embedded, p)
}

package postgres

import (
	"context"

	"github.com/inshore-dev/inshore/addons"
)

// drivers of this build, in the order in which auto asks them.
func drivers() []addons.Driver {
	return []addons.Driver{Container(), Native(), Embedded()}
}

// Native runs the programs of a PostgreSQL that is installed on this machine.
func Native() addons.Driver { return nativeDriver{} }

type nativeDriver struct{}

func (nativeDriver) Mode() addons.Mode { return addons.Native }

// Probe looks for the programs.
func (nativeDriver) Probe(ctx context.Context, host addons.Host, spec addons.Spec) (addons.Offer, error) {
	inst, err := installed(ctx, host, spec)
	if err != nil {
		return addons.Offer{}, err
	}
	if _, err := newCluster(ctx, host, spec, addons.Native, inst); err != nil {
		return addons.Offer{}, err
	}
	return addons.Offer{Version: inst.version, Detail: inst.bin}, nil
}

// Provision starts a server on the add-on's own cluster.
func (d nativeDriver) Provision(ctx context.Context, host addons.Host, spec addons.Spec) (addons.Resource, error) {
	inst, err := installed(ctx, host, spec)
	if err != nil {
		return nil, err
	}
	return provision(ctx, host, spec, addons.Native, inst, addons.Offer{Detail: inst.bin})
}

// Embedded runs the programs of a pack that is fetched once.
func Embedded() addons.Driver { return embeddedDriver{} }

type embeddedDriver struct{}

func (embeddedDriver) Mode() addons.Mode { return addons.Embedded }

// Probe tells whether the pack is here or could be fetched.
func (embeddedDriver) Probe(ctx context.Context, host addons.Host, spec addons.Spec) (addons.Offer, error) {
	p, err := packFor(host)
	if err != nil {
		return addons.Offer{}, err
	}
	if err := p.possible(); err != nil {
		return addons.Offer{}, err
	}
	if _, err := newCluster(ctx, host, spec, addons.Embedded, install{}); err != nil {
		return addons.Offer{}, err
	}
	return p.offer(), nil
}

// Provision fetches the pack if it is not here yet and starts a server of it.
func (embeddedDriver) Provision(ctx context.Context, host addons.Host, spec addons.Spec) (addons.Resource, error) {
	p, err := packFor(host)
	if err != nil {
		return nil, err
	}
	inst, err := p.ensure(ctx, spec.Name)
	if err != nil {
		return nil, err
	}
	return provision(ctx, host, spec, addons.Embedded, inst, p.offer())
}

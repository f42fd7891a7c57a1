package container

import (
	"context"
	"errors"
	"fmt"

	"github.com/docker/docker/api/types/volume"
)

func (d *docker) Volume(ctx context.Context, name string) (Volume, error) {
	v, err := d.client.VolumeInspect(ctx, name)
	if err != nil {
		return Volume{}, fmt.Errorf("inspect volume: %w", d.translate(err))
	}
	return Volume{Name: v.Name, Labels: v.Labels}, nil
}

func (d *docker) Volumes(ctx context.Context, labels map[string]string) ([]Volume, error) {
	list, err := d.client.VolumeList(ctx, volume.ListOptions{Filters: labelFilter(labels)})
	if err != nil {
		return nil, fmt.Errorf("list volumes: %w", d.translate(err))
	}
	var found []Volume
	for _, v := range list.Volumes {
		if v != nil {
			found = append(found, Volume{Name: v.Name, Labels: v.Labels})
		}
	}
	return found, nil
}

func (d *docker) CreateVolume(ctx context.Context, name string, labels map[string]string) error {
	if _, err := d.client.VolumeCreate(ctx, volume.CreateOptions{Name: name, Labels: labels}); err != nil {
		return fmt.Errorf("create volume: %w", d.translate(err))
	}
	return nil
}

func (d *docker) RemoveVolume(ctx context.Context, name string) error {
	err := d.translate(d.client.VolumeRemove(ctx, name, false))
	if err == nil || errors.Is(err, ErrNotFound) {
		return nil
	}
	return fmt.Errorf("remove volume: %w", err)
}

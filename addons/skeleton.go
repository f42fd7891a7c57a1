package addons

import (
	"context"

	"github.com/inshore-dev/inshore/emulator/problem"
)

func parseEngine(text string) (Engine, error) { return Engine(text), nil }
func provision(ctx context.Context, host Host, requests []Request, engine Engine) ([]Resource, []Notice, error) {
	return nil, nil, nil
}
func (c *Catalogue) requests(wants []Want) ([]Request, problem.List) { return nil, nil }
func saveBackup(ctx context.Context, host Host, r Resource, reason string) (Backup, error) {
	return Backup{}, nil
}
func listBackups(host Host, name string) ([]Backup, error)                     { return nil, nil }
func resetResource(ctx context.Context, host Host, r Resource) (Backup, error) { return Backup{}, nil }
func destroyResource(ctx context.Context, host Host, r Resource) (Backup, error) {
	return Backup{}, nil
}
func shelve(host Host, name, reason string) (Backup, error) { return Backup{}, nil }

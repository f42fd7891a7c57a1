// Package postgres is the add-on heroku-postgresql on this machine.
package postgres

import "github.com/inshore-dev/inshore/addons"

// Service describes heroku-postgresql with the drivers of this build.
func Service() *addons.Service {
	return &addons.Service{Slug: "heroku-postgresql", Kind: "postgres"}
}

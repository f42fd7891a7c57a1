// Package redis is the add-on heroku-redis on this machine.
package redis

import "github.com/inshore-dev/inshore/addons"

// Service describes heroku-redis with the drivers of this build.
func Service() *addons.Service {
	return &addons.Service{Slug: "heroku-redis", Kind: "redis"}
}

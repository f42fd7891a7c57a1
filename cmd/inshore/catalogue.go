package main

import (
	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/postgres"
	"github.com/inshore-dev/inshore/addons/redis"
	"github.com/inshore-dev/inshore/addons/s3"
)

// newCatalogue registers the add-on services of this build.
func newCatalogue() *addons.Catalogue {
	c := &addons.Catalogue{}
	c.Register(postgres.Service())
	c.Register(redis.Service())
	c.Register(s3.Service())
	c.Register(s3.Cloudcube())
	return c
}

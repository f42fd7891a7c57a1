package main

import (
	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/postgres"
	"github.com/inshore-dev/inshore/addons/redis"
	"github.com/inshore-dev/inshore/addons/s3"
	"github.com/inshore-dev/inshore/emulator/app"
)

// newCatalogue registers the add-on services of this build.
func newCatalogue() *addons.Catalogue {
	c := &addons.Catalogue{}
	c.Register(postgres.Service())
	c.Register(redis.Service())
	c.Register(s3.Service())
	return c
}

// addOnVars names the config vars that an add-on of the app will set.
func addOnVars(catalogue *addons.Catalogue) func(app.AddOn) []string {
	return func(a app.AddOn) []string {
		service, _, err := catalogue.Resolve(a.Plan)
		if err != nil || service.VarNames == nil {
			return nil
		}
		attachment := a.As
		if attachment == "" {
			attachment = service.DefaultAttachment
		}
		return service.VarNames(attachment)
	}
}

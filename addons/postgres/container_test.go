package postgres_test

import (
	"testing"

	"github.com/inshore-dev/inshore/addons/addonstest"
	"github.com/inshore-dev/inshore/addons/addonstest/containertest"
	"github.com/inshore-dev/inshore/addons/postgres"
)

func TestContainer(t *testing.T) {
	containertest.Need(t, "postgres")
	addonstest.Run(t, addonstest.Suite{
		Driver: containertest.Isolate(t, postgres.Container()),
		Client: addonstest.Postgres{}, Vars: postgres.Vars, Kill: containertest.Kill,
	})
}

package postgres_test

import (
	"testing"

	"github.com/inshore-dev/inshore/addons/addonstest"
	"github.com/inshore-dev/inshore/addons/postgres"
)

func TestMain(m *testing.M) { addonstest.Main(m) }

func TestNative(t *testing.T) {
	addonstest.Run(t, addonstest.Suite{Driver: postgres.Native(), Client: addonstest.Postgres{}, Vars: postgres.Vars})
}

func TestEmbedded(t *testing.T) {
	addonstest.Run(t, addonstest.Suite{Driver: postgres.Embedded(), Client: addonstest.Postgres{}, Vars: postgres.Vars})
}

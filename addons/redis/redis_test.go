package redis_test

import (
	"testing"

	"github.com/inshore-dev/inshore/addons/addonstest"
	"github.com/inshore-dev/inshore/addons/redis"
)

func TestMain(m *testing.M) {
	addonstest.Main(m, addonstest.Command(redis.Command, redis.Main))
}

func TestNative(t *testing.T) {
	addonstest.Run(t, addonstest.Suite{Driver: redis.Native(), Client: addonstest.Redis{}, Vars: redis.Vars})
}

func TestEmbedded(t *testing.T) {
	addonstest.Run(t, addonstest.Suite{Driver: redis.Embedded(), Client: addonstest.Redis{}, Vars: redis.Vars})
}

func TestLimited(t *testing.T) {
	addonstest.Run(t, addonstest.Suite{Driver: redis.Limited(), Client: addonstest.Redis{}, Vars: redis.Vars, Forgetful: true})
}

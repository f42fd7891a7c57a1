package redis_test

import (
	"testing"

	"github.com/inshore-dev/inshore/addons/addonstest"
	"github.com/inshore-dev/inshore/addons/addonstest/containertest"
	"github.com/inshore-dev/inshore/addons/redis"
)

func TestContainer(t *testing.T) {
	containertest.Need(t, "redis")
	addonstest.Run(t, addonstest.Suite{
		Driver: containertest.Isolate(t, redis.Container()),
		Client: addonstest.Redis{}, Vars: redis.Vars, Kill: containertest.Kill,
	})
}

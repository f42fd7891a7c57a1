package redis_test

import (
	"testing"

	"github.com/inshore-dev/inshore/addons"
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

func TestContainer_Victim(t *testing.T) {
	containertest.Victim(t, redis.Container(), addonstest.NewHost(t).Host, addonstest.Redis{})
}

func TestContainer_IsTakenOverAfterAKill(t *testing.T) {
	containertest.Need(t, "redis")
	containertest.Adoption(t, redis.Container(), addonstest.NewHost(t).Host, addonstest.Redis{})
}

func TestContainer_RunsInTwoCheckoutsSideBySide(t *testing.T) {
	containertest.Need(t, "redis")
	hosts := [2]addons.Host{addonstest.NewHost(t).Host, addonstest.NewHost(t).Host}
	containertest.SideBySide(t, redis.Container(), hosts, addonstest.Redis{})
}

func BenchmarkContainer(b *testing.B) {
	containertest.Need(b, "redis")
	containertest.BenchmarkStart(b, redis.Container(), addonstest.NewHost(b).Host)
}

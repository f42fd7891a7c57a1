package s3_test

import (
	"testing"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/addonstest"
	"github.com/inshore-dev/inshore/addons/addonstest/containertest"
	"github.com/inshore-dev/inshore/addons/s3"
)

func TestContainer(t *testing.T) {
	containertest.Need(t, "s3")
	addonstest.Run(t, addonstest.Suite{
		Driver: containertest.Isolate(t, s3.Container()),
		Client: addonstest.S3{}, Vars: s3.Vars, Kill: containertest.Kill,
	})
}

func TestContainer_Victim(t *testing.T) {
	containertest.Victim(t, s3.Container(), addonstest.NewHost(t).Host, addonstest.S3{})
}

func TestContainer_IsTakenOverAfterAKill(t *testing.T) {
	containertest.Need(t, "s3")
	containertest.Adoption(t, s3.Container(), addonstest.NewHost(t).Host, addonstest.S3{})
}

func TestContainer_RunsInTwoCheckoutsSideBySide(t *testing.T) {
	containertest.Need(t, "s3")
	hosts := [2]addons.Host{addonstest.NewHost(t).Host, addonstest.NewHost(t).Host}
	containertest.SideBySide(t, s3.Container(), hosts, addonstest.S3{})
}

func BenchmarkContainer(b *testing.B) {
	containertest.Need(b, "s3")
	containertest.BenchmarkStart(b, s3.Container(), addonstest.NewHost(b).Host)
}

package s3_test

import (
	"testing"

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

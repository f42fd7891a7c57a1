package s3_test

import (
	"testing"

	"github.com/inshore-dev/inshore/addons/addonstest"
	"github.com/inshore-dev/inshore/addons/s3"
)

func TestMain(m *testing.M) {
	addonstest.Main(m, addonstest.Command(s3.Command, s3.Main))
}

func TestNative(t *testing.T) {
	addonstest.Run(t, addonstest.Suite{Driver: s3.Native(), Client: addonstest.S3{}, Vars: s3.Vars})
}

func TestEmbedded(t *testing.T) {
	addonstest.Run(t, addonstest.Suite{Driver: s3.Embedded(), Client: addonstest.S3{}, Vars: s3.Vars})
}

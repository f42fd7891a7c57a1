package container

import "github.com/inshore-dev/inshore/addons/internal/container/startup"

// testcontainers-go is initialised by now; see package startup.
var _ = startup.Done()

package container

import (
	"io/fs"
	"os"
	"strings"
)

// systemSockets are where an engine listens that belongs to the machine.
func systemSockets() []string {
	return []string{"npipe:////./pipe/docker_engine", "npipe:////./pipe/dockerDesktopLinuxEngine"}
}

// lastSockets are tried when nothing else is there.
func lastSockets() []string {
	return []string{"npipe:////./pipe/podman-machine-default"}
}

func checkPipe(host string) error {
	path := strings.ReplaceAll(strings.TrimPrefix(host, "npipe://"), "/", `\`)
	if _, err := os.Stat(path); err != nil {
		return fs.ErrNotExist
	}
	return nil
}

//go:build !windows

package container

// systemSockets are where an engine listens that belongs to the machine.
func systemSockets() []string {
	return []string{"unix:///var/run/docker.sock"}
}

// lastSockets are tried when nothing else is there.
func lastSockets() []string {
	return []string{"unix:///run/podman/podman.sock"}
}

func checkPipe(host string) error { return &remoteError{Host: host} }

package container

// socketRights says why a pipe may not be used.
func socketRights(path string) string {
	return path + " may be opened only by members of docker-users"
}

package container

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Place is where an engine is looked for. Its zero value looks only at the
// system's own sockets.
type Place struct {
	Getenv func(name string) string // nil reads nothing
	// System holds the sockets to look at last, as addresses; nil is what this
	// operating system has.
	System []string
}

func (p Place) env(name string) string {
	if p.Getenv == nil {
		return ""
	}
	return p.Getenv(name)
}

func (p Place) home() string {
	if home := p.env("HOME"); home != "" {
		return home
	}
	return p.env("USERPROFILE")
}

// endpoint is one address where an engine may listen.
type endpoint struct {
	host     string // "unix:///var/run/docker.sock"
	source   string // for people
	explicit bool   // the user asked for this one: no other is tried
	// fromEnvironment leaves the client to read DOCKER_HOST and its companions.
	fromEnvironment bool
	err             error // found, but not usable
}

// endpoints lists the addresses in the order in which they are tried.
func endpoints(place Place) []endpoint {
	if host := place.env("DOCKER_HOST"); host != "" {
		return []endpoint{{host: host, source: "DOCKER_HOST", explicit: true, fromEnvironment: host == os.Getenv("DOCKER_HOST")}}
	}
	var found []endpoint
	if e, ok := contextEndpoint(place); ok {
		found = append(found, e)
	}
	for _, host := range wellKnown(place) {
		found = append(found, endpoint{host: host, source: strings.TrimPrefix(host, "unix://")})
	}
	return found
}

// wellKnown are the sockets of the usual engines, the user's own before the
// system's.
func wellKnown(place Place) []string {
	var paths []string
	runtime, home := place.env("XDG_RUNTIME_DIR"), place.home()
	if runtime != "" {
		paths = append(paths, filepath.Join(runtime, "docker.sock"))
	}
	if home != "" {
		paths = append(paths, filepath.Join(home, ".docker", "run", "docker.sock"))
	}
	hosts := unixHosts(paths)
	hosts = append(hosts, system(place)...)
	paths = nil
	if home != "" {
		paths = append(paths,
			filepath.Join(home, ".docker", "desktop", "docker.sock"),
			filepath.Join(home, ".colima", "default", "docker.sock"),
			filepath.Join(home, ".orbstack", "run", "docker.sock"),
			filepath.Join(home, ".rd", "docker.sock"),
			filepath.Join(home, ".local", "share", "containers", "podman", "machine", "podman.sock"))
	}
	if runtime != "" {
		paths = append(paths, filepath.Join(runtime, "podman", "podman.sock"))
	}
	hosts = append(hosts, unixHosts(paths)...)
	if place.System == nil {
		hosts = append(hosts, lastSockets()...)
	}
	return hosts
}

func system(place Place) []string {
	if place.System != nil {
		return place.System
	}
	return systemSockets()
}

func unixHosts(paths []string) []string {
	hosts := make([]string, 0, len(paths))
	for _, p := range paths {
		hosts = append(hosts, "unix://"+p)
	}
	return hosts
}

// contextEndpoint reads the context that "docker context use" has chosen. The
// client library does not do that.
func contextEndpoint(place Place) (endpoint, bool) {
	dir := place.env("DOCKER_CONFIG")
	if dir == "" {
		if place.home() == "" {
			return endpoint{}, false
		}
		dir = filepath.Join(place.home(), ".docker")
	}
	name := place.env("DOCKER_CONTEXT")
	if name == "" {
		name = currentContext(filepath.Join(dir, "config.json"))
	}
	if name == "" || name == "default" {
		return endpoint{}, false
	}
	e := endpoint{source: "context " + name, explicit: true}
	e.host, e.err = contextHost(dir, name)
	return e, true
}

func currentContext(path string) string {
	var config struct {
		CurrentContext string `json:"currentContext"`
	}
	data, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(data, &config) != nil {
		// A broken file is the business of docker itself, which reports it.
		return ""
	}
	return config.CurrentContext
}

func contextHost(dir, name string) (string, error) {
	// Docker names the folder of a context after the hash of its name.
	sum := sha256.Sum256([]byte(name))
	data, err := os.ReadFile(filepath.Join(dir, "contexts", "meta", hex.EncodeToString(sum[:]), "meta.json"))
	if err != nil {
		return "", fmt.Errorf("docker context %q is not known here", name)
	}
	var meta struct {
		Endpoints map[string]struct{ Host string }
	}
	if err := json.Unmarshal(data, &meta); err != nil {
		return "", fmt.Errorf("docker context %q cannot be read: %w", name, err)
	}
	host := meta.Endpoints["docker"].Host
	if host == "" {
		return "", fmt.Errorf("docker context %q names no engine", name)
	}
	return host, nil
}

// check finds out what can be found out without talking to the engine.
func (e endpoint) check() error {
	if e.err != nil {
		return e.err
	}
	u, err := url.Parse(e.host)
	if err != nil {
		return fmt.Errorf("%s is not an address: %w", e.source, err)
	}
	switch u.Scheme {
	case "unix":
		_, err := os.Stat(u.Path)
		if errors.Is(err, fs.ErrPermission) {
			return err
		}
		if err != nil {
			return fs.ErrNotExist
		}
		return nil
	case "npipe":
		return checkPipe(e.host)
	case "tcp", "http", "https":
		if !loopback(u.Hostname()) {
			return &remoteError{Host: e.host}
		}
		return nil
	default:
		return &remoteError{Host: e.host}
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// older compares two versions of the API. An unknown version is not old.
func older(version, than string) bool {
	major, minor, ok := apiVersion(version)
	wantMajor, wantMinor, _ := apiVersion(than)
	return ok && (major < wantMajor || major == wantMajor && minor < wantMinor)
}

func apiVersion(text string) (major, minor int, ok bool) {
	a, b, found := strings.Cut(text, ".")
	major, errMajor := strconv.Atoi(a)
	minor, errMinor := strconv.Atoi(b)
	return major, minor, found && errMajor == nil && errMinor == nil
}

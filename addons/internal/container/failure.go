package container

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/containerd/errdefs"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// failure is an endpoint that did not lead to an engine.
type failure struct {
	endpoint endpoint
	err      error
}

// tooOldError is an engine whose API is older than oldestAPI.
type tooOldError struct{ API string }

func (e *tooOldError) Error() string {
	return fmt.Sprintf("the engine speaks version %s of the API, %s is needed", e.API, oldestAPI)
}

// remoteError is an engine on another machine: its ports are not ours.
type remoteError struct{ Host string }

func (e *remoteError) Error() string { return e.Host + " is not an engine of this machine" }

// unreachable is the problem that tells most among the failures.
func unreachable(place Place, failures []failure) error {
	var refused, absent []failure
	for _, f := range failures {
		var old *tooOldError
		var remote *remoteError
		switch {
		case errors.As(f.err, &old):
			return problem.Newf("D005", "the container engine is too old: it speaks API %s, inshore needs %s", old.API, oldestAPI).
				Note("from", "%s", f.endpoint.source).
				Fix("update Docker to 20.10 or newer, or continue without it: inshore up --engine native").Wrap(f.err)
		case errors.As(f.err, &remote):
			return problem.Newf("D008", "the container engine of %s is on another machine", f.endpoint.source).
				Cause("add-ons must be reachable on 127.0.0.1").
				Fix("choose a local engine: docker context use default, or unset DOCKER_HOST").Wrap(f.err)
		case errors.Is(f.err, fs.ErrPermission), errdefs.IsPermissionDenied(f.err):
			return forbidden(f)
		case errors.Is(f.err, fs.ErrNotExist):
			absent = append(absent, f)
		default:
			refused = append(refused, f)
		}
	}
	if len(refused) > 0 {
		f := refused[0]
		return problem.New("D001", "Docker is installed but not running").
			Cause("%s (%s)", firstLine(f.err), f.endpoint.source).
			Fix("%s, or continue without it: inshore up --engine native", howToStart()).Wrap(f.err)
	}
	return absentProblem(place, absent)
}

func absentProblem(place Place, absent []failure) error {
	where := fmt.Sprintf("no socket at the %d usual places; DOCKER_HOST is unset", len(absent))
	if len(absent) == 1 && absent[0].endpoint.explicit {
		where = fmt.Sprintf("no socket at %s (%s)", absent[0].endpoint.host, absent[0].endpoint.source)
	}
	if path, err := lookPath(place, "dockerd"); err == nil {
		return problem.New("D001", "Docker is installed but not running").
			Cause("%s is there, but %s", path, where).
			Fix("%s, or continue without it: inshore up --engine native", howToStart())
	}
	return problem.Newf("D003", "no container engine is running here").
		Cause("%s", where).
		Fix("start Docker Desktop, colima or podman, or continue without: inshore up --engine native")
}

// lookPath searches the PATH of the place, not that of this process.
func lookPath(place Place, name string) (string, error) {
	for _, dir := range filepath.SplitList(place.env("PATH")) {
		if dir == "" {
			continue
		}
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}

func forbidden(f failure) error {
	path := f.endpoint.host
	if u, err := url.Parse(path); err == nil && u.Path != "" {
		path = u.Path
	}
	return problem.New("D002", "you may not use the Docker socket").
		Cause("%s", socketRights(path)).
		Fix("sudo usermod -aG docker $USER, then log in again, or use rootless docker or podman").
		Fix("or continue without it: inshore up --engine native").Wrap(f.err)
}

func howToStart() string {
	switch runtime.GOOS {
	case "darwin":
		return "start Docker Desktop (open -a Docker)"
	case "windows":
		return "start Docker Desktop"
	default:
		return "start it (sudo systemctl start docker)"
	}
}

// vanished is the problem of an engine that has answered before.
func vanished(about About, err error) error {
	return problem.New("D006", "the container engine does not answer any more").
		Cause("%s refuses the connection", about.Endpoint).
		Fix("%s; inshore goes on when it is back", howToStart()).Wrap(err)
}

// unpullable is the problem of an image that is neither here nor to be had.
func unpullable(image string, err error) error {
	p := problem.Newf("D004", "cannot pull %s - %s", image, pullReason(err)).
		Note("note", "no local copy of %s was found; add-ons whose image is here start offline", image).
		Fix("check network and proxy (HTTPS_PROXY), or load the image: docker load -i FILE").
		Fix("or continue without it: inshore up --engine native")
	if err != nil {
		p = p.Wrap(err)
	}
	return p
}

func pullReason(err error) string {
	if err == nil {
		return "nothing may be fetched (offline)"
	}
	text := strings.ToLower(err.Error())
	for _, hint := range []struct{ mark, reason string }{
		{"no such host", "the image registry cannot be reached"},
		{"lookup ", "the image registry cannot be reached"},
		{"timeout", "the image registry cannot be reached"},
		{"deadline exceeded", "the image registry cannot be reached"},
		{"connection refused", "the image registry cannot be reached"},
		{"unreachable", "the image registry cannot be reached"},
		{"toomanyrequests", "the image registry has had too many requests from here"},
		{"not found", "the image registry does not have it"},
		{"manifest unknown", "the image registry does not have it"},
		{"denied", "the image registry does not allow it"},
		{"unauthorized", "the image registry does not allow it"},
	} {
		if strings.Contains(text, hint.mark) {
			return hint.reason
		}
	}
	return firstLine(err)
}

// portTaken recognises the engine's many ways to say so.
func portTaken(err error) bool {
	text := err.Error()
	return strings.Contains(text, "port is already allocated") ||
		strings.Contains(text, "address already in use") ||
		strings.Contains(text, "ports are not available")
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	return line
}

// isConflict tells whether the engine refused something because of a name.
func isConflict(err error) bool { return errdefs.IsConflict(err) }

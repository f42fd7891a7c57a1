package container

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// fakeEngine answers the part of Docker's API that is used, on a unix socket.
// The tests of a process share one address, because testcontainers looks for
// the engine once in the life of a process.
type fakeEngine struct {
	mutex      sync.Mutex
	server     *http.Server
	path       string
	api        string // version it claims
	forbidden  bool
	images     map[string]bool
	containers map[string]*fakeContainer
	volumes    map[string]map[string]string
	log        string            // output of every container
	pull       string            // answer to a pull; "" is a failure
	portTaken  map[string]bool   // by published port
	created    []json.RawMessage // bodies of POST /containers/create
	calls      []string          // "POST /containers/create" …
	onStart    func(*fakeContainer)
	onCreate   func()
	next       int
}

type fakeContainer struct {
	id, name string
	config   fakeConfig
	running  bool
	oom      bool
	exit     int
	ended    chan struct{}
}

type fakeConfig struct {
	Labels     map[string]string
	HostConfig struct {
		PortBindings map[string][]struct{ HostIp, HostPort string } //nolint:revive // the API's spelling
		Mounts       []struct{ Type, Source, Target string }
	}
}

// theFake is set by TestMain.
var theFake *fakeEngine

// fresh empties the fake and returns it.
func fresh(t *testing.T) *fakeEngine {
	t.Helper()
	f := theFake
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, c := range f.containers {
		f.end(c)
	}
	f.api, f.forbidden, f.log, f.pull = "1.51", false, "", ""
	f.images = map[string]bool{"postgres:17": true}
	f.containers, f.volumes = map[string]*fakeContainer{}, map[string]map[string]string{}
	f.portTaken, f.created, f.calls, f.onStart, f.onCreate = map[string]bool{}, nil, nil, nil, nil
	return f
}

func (f *fakeEngine) place() Place {
	return Place{Getenv: func(name string) string {
		if name == "DOCKER_HOST" {
			return "unix://" + f.path
		}
		return ""
	}}
}

// dial connects to the fake.
func (f *fakeEngine) dial(t *testing.T) Engine {
	t.Helper()
	engine, err := Dial(t.Context(), f.place())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	return engine
}

// up makes the fake answer.
func (f *fakeEngine) up() error {
	listener, err := net.Listen("unix", f.path)
	if err != nil {
		return err
	}
	f.mutex.Lock()
	f.server = &http.Server{Handler: f.handler()}
	server := f.server
	f.mutex.Unlock()
	go func() { _ = server.Serve(listener) }() // ends with down
	return nil
}

// down drops every connection and the socket, as an engine does that is killed.
func (f *fakeEngine) down() error {
	f.mutex.Lock()
	server := f.server
	f.mutex.Unlock()
	return server.Close()
}

// end marks a container as ended. The mutex is held.
func (f *fakeEngine) end(c *fakeContainer) {
	if c.running {
		c.running = false
		close(c.ended)
	}
}

// crash ends a container as the kernel would.
func (f *fakeEngine) crash(id string, oom bool) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	c := f.containers[id]
	c.oom, c.exit = oom, 137
	f.end(c)
}

// count tells how often a call was made.
func (f *fakeEngine) count(call string) int {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	n := 0
	for _, c := range f.calls {
		if strings.HasPrefix(c, call) {
			n++
		}
	}
	return n
}

// add puts a container of somebody's into the engine.
func (f *fakeEngine) add(name string, labels map[string]string, volume string, running bool) string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.next++
	c := &fakeContainer{id: fmt.Sprintf("%064x", f.next), name: name, running: running, ended: make(chan struct{})}
	c.config.Labels = labels
	c.config.HostConfig.Mounts = append(c.config.HostConfig.Mounts, struct{ Type, Source, Target string }{"volume", volume, "/data"})
	f.containers[c.id] = c
	return c.id
}

func (f *fakeEngine) ids() []string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return slices.Sorted(maps.Keys(f.containers))
}

func (f *fakeEngine) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /info", f.text(`{"ServerVersion":"28.5.1","OperatingSystem":"fake"}`))
	mux.HandleFunc("GET /networks", f.text(`[{"Name":"bridge","Id":"1"}]`))
	mux.HandleFunc("GET /images/{name...}", f.image)
	mux.HandleFunc("POST /images/create", f.pullImage)
	mux.HandleFunc("POST /containers/create", f.create)
	mux.HandleFunc("GET /containers/json", f.list)
	mux.HandleFunc("GET /containers/{id}/json", f.with(f.inspect))
	mux.HandleFunc("PUT /containers/{id}/archive", f.with(f.archive))
	mux.HandleFunc("POST /containers/{id}/start", f.with(f.start))
	mux.HandleFunc("POST /containers/{id}/stop", f.with(f.stop))
	mux.HandleFunc("POST /containers/{id}/wait", f.wait)
	mux.HandleFunc("GET /containers/{id}/logs", f.with(f.logs))
	mux.HandleFunc("DELETE /containers/{id}", f.with(f.remove))
	mux.HandleFunc("POST /volumes/create", f.createVolume)
	mux.HandleFunc("GET /volumes/{name}", f.volume)
	mux.HandleFunc("DELETE /volumes/{name}", f.removeVolume)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mutex.Lock()
		api, forbidden := f.api, f.forbidden
		f.mutex.Unlock()
		w.Header().Set("Api-Version", api)
		w.Header().Set("Content-Type", "application/json")
		if forbidden {
			refuse(w, http.StatusForbidden, "not for you")
			return
		}
		if strings.HasSuffix(r.URL.Path, "/_ping") {
			say(w, "OK")
			return
		}
		if rest, ok := strings.CutPrefix(r.URL.Path, "/v1."); ok {
			r.URL.Path = rest[strings.IndexByte(rest, '/'):]
			r.URL.RawPath = ""
		}
		f.mutex.Lock()
		f.calls = append(f.calls, r.Method+" "+r.URL.Path)
		f.mutex.Unlock()
		mux.ServeHTTP(w, r)
	})
}

// say and encode write an answer; a client that has gone does not matter.
func say(w io.Writer, text string) { _, _ = io.WriteString(w, text) }

func encode(w io.Writer, v any) { _ = json.NewEncoder(w).Encode(v) }

func refuse(w http.ResponseWriter, status int, message string) {
	w.WriteHeader(status)
	encode(w, map[string]string{"message": message})
}

func (f *fakeEngine) text(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { say(w, body) }
}

// with finds the container and holds the lock.
func (f *fakeEngine) with(do func(http.ResponseWriter, *http.Request, *fakeContainer)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f.mutex.Lock()
		defer f.mutex.Unlock()
		c := f.containers[r.PathValue("id")]
		if c == nil {
			refuse(w, http.StatusNotFound, "no such container")
			return
		}
		do(w, r, c)
	}
}

func (f *fakeEngine) image(w http.ResponseWriter, r *http.Request) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if !f.images[strings.TrimSuffix(r.PathValue("name"), "/json")] {
		refuse(w, http.StatusNotFound, "no such image")
		return
	}
	say(w, `{"Id":"sha256:1","Config":{}}`)
}

func (f *fakeEngine) pullImage(w http.ResponseWriter, r *http.Request) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.pull == "" {
		refuse(w, http.StatusInternalServerError, "dial tcp: lookup registry.example: no such host")
		return
	}
	f.images[r.URL.Query().Get("fromImage")+":"+r.URL.Query().Get("tag")] = true
	say(w, f.pull)
}

func (f *fakeEngine) create(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.onCreate != nil {
		f.onCreate()
	}
	name := r.URL.Query().Get("name")
	for _, c := range f.containers {
		if c.name == name {
			refuse(w, http.StatusConflict, "the container name is already in use")
			return
		}
	}
	f.next++
	c := &fakeContainer{id: fmt.Sprintf("%064x", f.next), name: name, ended: make(chan struct{})}
	if err := json.Unmarshal(body, &c.config); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	f.created = append(f.created, body)
	f.containers[c.id] = c
	w.WriteHeader(http.StatusCreated)
	encode(w, map[string]string{"Id": c.id})
}

func (f *fakeEngine) list(w http.ResponseWriter, r *http.Request) {
	var filters struct{ Label map[string]bool }
	if err := json.Unmarshal([]byte(r.URL.Query().Get("filters")), &filters); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	found := []map[string]string{}
	for _, c := range f.containers {
		if c.carries(filters.Label) {
			found = append(found, map[string]string{"Id": c.id})
		}
	}
	encode(w, found)
}

func (c *fakeContainer) carries(labels map[string]bool) bool {
	for label := range labels {
		name, value, _ := strings.Cut(label, "=")
		if c.config.Labels[name] != value {
			return false
		}
	}
	return true
}

func (f *fakeEngine) inspect(w http.ResponseWriter, _ *http.Request, c *fakeContainer) {
	mounts := []map[string]string{}
	for _, m := range c.config.HostConfig.Mounts {
		mounts = append(mounts, map[string]string{"Type": m.Type, "Name": m.Source, "Destination": m.Target})
	}
	encode(w, map[string]any{
		"Id": c.id, "Name": "/" + c.name, "Mounts": mounts,
		"State":           map[string]any{"Running": c.running, "OOMKilled": c.oom, "ExitCode": c.exit},
		"Config":          map[string]any{"Labels": c.config.Labels},
		"HostConfig":      map[string]any{"PortBindings": c.config.HostConfig.PortBindings},
		"NetworkSettings": map[string]any{"Ports": c.config.HostConfig.PortBindings},
	})
}

func (f *fakeEngine) archive(w http.ResponseWriter, r *http.Request, _ *fakeContainer) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
	}
}

func (f *fakeEngine) start(w http.ResponseWriter, _ *http.Request, c *fakeContainer) {
	for _, bindings := range c.config.HostConfig.PortBindings {
		for _, b := range bindings {
			if f.portTaken[b.HostPort] {
				refuse(w, http.StatusInternalServerError, "driver failed: Bind for 127.0.0.1:"+b.HostPort+" failed: port is already allocated")
				return
			}
		}
	}
	if !c.running {
		c.running, c.oom, c.exit, c.ended = true, false, 0, make(chan struct{})
	}
	if f.onStart != nil {
		f.onStart(c)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (f *fakeEngine) stop(w http.ResponseWriter, _ *http.Request, c *fakeContainer) {
	f.end(c)
	w.WriteHeader(http.StatusNoContent)
}

func (f *fakeEngine) wait(w http.ResponseWriter, r *http.Request) {
	f.mutex.Lock()
	c := f.containers[r.PathValue("id")]
	f.mutex.Unlock()
	if c == nil {
		refuse(w, http.StatusNotFound, "no such container")
		return
	}
	f.mutex.Lock()
	ended, running := c.ended, c.running
	f.mutex.Unlock()
	w.WriteHeader(http.StatusOK)
	w.(http.Flusher).Flush()
	if running {
		select {
		case <-ended:
		case <-r.Context().Done():
			return
		}
	}
	say(w, `{"StatusCode":0}`)
}

func (f *fakeEngine) logs(w http.ResponseWriter, _ *http.Request, _ *fakeContainer) {
	var header [8]byte
	header[0] = 1
	binary.BigEndian.PutUint32(header[4:], uint32(len(f.log)))
	say(w, string(header[:])+f.log)
}

func (f *fakeEngine) remove(w http.ResponseWriter, _ *http.Request, c *fakeContainer) {
	f.end(c)
	delete(f.containers, c.id)
	w.WriteHeader(http.StatusNoContent)
}

func (f *fakeEngine) createVolume(w http.ResponseWriter, r *http.Request) {
	var v struct {
		Name   string
		Labels map[string]string
	}
	if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.volumes[v.Name] == nil {
		f.volumes[v.Name] = v.Labels
	}
	encode(w, v)
}

func (f *fakeEngine) volume(w http.ResponseWriter, r *http.Request) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	labels, ok := f.volumes[r.PathValue("name")]
	if !ok {
		refuse(w, http.StatusNotFound, "no such volume")
		return
	}
	encode(w, map[string]any{"Name": r.PathValue("name"), "Labels": labels})
}

func (f *fakeEngine) removeVolume(w http.ResponseWriter, r *http.Request) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	delete(f.volumes, r.PathValue("name"))
	w.WriteHeader(http.StatusNoContent)
}

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "inshore-engine")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	theFake = &fakeEngine{path: filepath.Join(dir, "docker.sock"), api: "1.51"}
	if err := theFake.up(); err != nil {
		// Sockets of this kind do not exist everywhere.
		theFake = nil
	}
	status := m.Run()
	if theFake != nil {
		_ = theFake.down()
	}
	if status == 0 && !settled() {
		return 1
	}
	return status
}

package container

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// deadline of everything that is waited for here.
const deadline = 10 * time.Second

// eventually waits for a condition.
func eventually(t *testing.T, what string, met func() bool) {
	t.Helper()
	for end := time.Now().Add(deadline); !met(); {
		if time.Now().After(end) {
			t.Fatalf("not met within %s: %s", deadline, what)
		}
		pause()
	}
}

// pause is the one place where the tests sleep.
func pause() { <-time.After(5 * time.Millisecond) }

// settled waits for the goroutines of the tests to end.
func settled() bool {
	for end := time.Now().Add(deadline); runtime.NumGoroutine() > 2; pause() {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<20)
			fmt.Fprintf(os.Stderr, "goroutines left:\n%s\n", stacks[:runtime.Stack(stacks, true)])
			return false
		}
	}
	return true
}

func code(err error) string {
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		return p.Code
	}
	return ""
}

func database() Service {
	return Service{
		Checkout: "c0ffee", App: "Shop", Addon: "postgres", Image: "postgres:17",
		Env:  map[string]string{"POSTGRES_PASSWORD": "secret"},
		Args: []string{"postgres", "-c", "ssl=on"}, Port: 5432, DataPath: "/data",
		Files:        []File{{Path: "/etc/inshore/start.sh", Content: []byte("#!/bin/sh\n"), Mode: 0o755}},
		Capabilities: []string{"CHOWN", "SETUID"},
	}
}

// options of a server that answers as soon as its container runs.
func options() Options {
	return Options{
		Port: func(_ context.Context, preferred int) (int, error) {
			if preferred != 0 {
				return preferred, nil
			}
			return 54101, nil
		},
		Ready: func(context.Context, int) error { return nil },
	}
}

func start(t *testing.T, engine Engine, service Service, options Options) *Server {
	t.Helper()
	server, err := Start(t.Context(), engine, service, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), deadline)
		defer cancel()
		if err := server.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return server
}

func TestStart_PublishesOnLoopbackOnlyAndConfinesTheContainer(t *testing.T) {
	f := fresh(t)
	start(t, f.dial(t), database(), options())
	if len(f.created) != 1 {
		t.Fatalf("%d containers created, want 1", len(f.created))
	}
	var got struct {
		Image      string
		Env        []string
		Labels     map[string]string
		HostConfig struct {
			PortBindings map[string][]struct{ HostIp, HostPort string } //nolint:revive // the API's spelling
			Mounts       []struct{ Type, Source, Target string }
			Binds        []string
			Privileged   bool
			NetworkMode  string
			CapDrop      []string
			CapAdd       []string
			SecurityOpt  []string
			PidsLimit    int64
			Memory       int64
		}
	}
	if err := json.Unmarshal(f.created[0], &got); err != nil {
		t.Fatal(err)
	}
	host := got.HostConfig
	if len(host.PortBindings) != 1 || len(host.PortBindings["5432/tcp"]) != 1 {
		t.Fatalf("port bindings %v, want one for 5432/tcp", host.PortBindings)
	}
	if b := host.PortBindings["5432/tcp"][0]; b.HostIp != "127.0.0.1" || b.HostPort != "54101" {
		t.Errorf("published on %s:%s, want 127.0.0.1:54101", b.HostIp, b.HostPort)
	}
	if host.Privileged || host.NetworkMode == "host" {
		t.Errorf("privileged %v, network %q", host.Privileged, host.NetworkMode)
	}
	if strings.Contains(string(f.created[0]), "docker.sock") || len(host.Binds) > 0 {
		t.Errorf("something of the machine is mounted: %s", f.created[0])
	}
	// The client spells names out.
	if !slices.Equal(host.CapDrop, []string{"ALL"}) || !slices.Equal(host.CapAdd, []string{"CAP_CHOWN", "CAP_SETUID"}) {
		t.Errorf("capabilities -%v +%v", host.CapDrop, host.CapAdd)
	}
	if !slices.Equal(host.SecurityOpt, []string{"no-new-privileges"}) {
		t.Errorf("security options %v", host.SecurityOpt)
	}
	if host.PidsLimit <= 0 || host.Memory <= 0 {
		t.Errorf("limits: %d processes, %d bytes", host.PidsLimit, host.Memory)
	}
	name := database().Name()
	if len(host.Mounts) != 1 || host.Mounts[0].Type != "volume" || host.Mounts[0].Source != name || host.Mounts[0].Target != "/data" {
		t.Errorf("mounts %v, want the volume %s at /data", host.Mounts, name)
	}
	for label, want := range map[string]string{
		LabelCheckout: "c0ffee", LabelAddon: "postgres", LabelApp: "Shop", LabelEphemeral: "false",
	} {
		if got.Labels[label] != want || label != LabelSpec && f.volumes[name][label] != want {
			t.Errorf("label %s: container %q, volume %q, want %q", label, got.Labels[label], f.volumes[name][label], want)
		}
	}
	if f.count("PUT /containers/") != 1 {
		t.Errorf("files were copied %d times, want once", f.count("PUT /containers/"))
	}
}

func TestStart_LeavesTheEnvironmentAsItWas(t *testing.T) {
	f := fresh(t)
	before := os.Environ()
	start(t, f.dial(t), database(), options())
	after := os.Environ()
	slices.Sort(before)
	slices.Sort(after)
	if !slices.Equal(before, after) {
		t.Errorf("environment changed: dynos would inherit it\n before %v\n after  %v", before, after)
	}
}

func TestDial_SaysWhyThereIsNoEngine(t *testing.T) {
	f := fresh(t)
	dead := filepath.Join(t.TempDir(), "dead.sock")
	listener, err := net.Listen("unix", dead)
	if err != nil {
		t.Fatal(err)
	}
	listener.(*net.UnixListener).SetUnlinkOnClose(false)
	listener.Close()
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "dockerd"), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	none := []string{"unix://" + filepath.Join(t.TempDir(), "none.sock")}
	for _, tt := range []struct {
		name   string
		env    map[string]string
		system []string
		set    func()
		want   string
	}{
		{name: "no socket", system: none, want: "D003"},
		{name: "no socket but the program", system: none, env: map[string]string{"PATH": bin}, want: "D001"},
		{name: "nobody listens", system: []string{"unix://" + dead}, want: "D001"},
		{name: "DOCKER_HOST nobody listens", env: map[string]string{"DOCKER_HOST": "unix://" + dead}, want: "D001"},
		{name: "DOCKER_HOST elsewhere", env: map[string]string{"DOCKER_HOST": "tcp://192.0.2.1:2375"}, want: "D008"},
		{name: "DOCKER_HOST by ssh", env: map[string]string{"DOCKER_HOST": "ssh://box"}, want: "D008"},
		{name: "forbidden", system: []string{"unix://" + f.path}, set: func() { f.forbidden = true }, want: "D002"},
		{name: "API 1.24", system: []string{"unix://" + f.path}, set: func() { f.api = "1.24" }, want: "D005"},
		{name: "API 1.40", system: []string{"unix://" + f.path}, set: func() { f.api = "1.40" }, want: "D005"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fresh(t)
			if tt.set != nil {
				tt.set()
			}
			place := Place{Getenv: func(name string) string { return tt.env[name] }, System: tt.system}
			_, err := Dial(t.Context(), place)
			if code(err) != tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}

func TestDial_SaysSoWhenTheSocketMayNotBeOpened(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may open every socket; the refusal by the engine itself is tested above")
	}
	f := fresh(t)
	if err := os.Chmod(f.path, 0); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Chmod(f.path, 0o600) }()
	_, err := Dial(t.Context(), Place{System: []string{"unix://" + f.path}})
	if code(err) != "D002" {
		t.Errorf("error %v, want D002", err)
	}
}

func TestDial_NegotiatesTheVersion(t *testing.T) {
	for _, tt := range []struct{ engine, want string }{{"1.41", "1.41"}, {"1.44", "1.44"}, {"1.60", "1.51"}} {
		f := fresh(t)
		f.api = tt.engine
		if got := f.dial(t).About().API; got != tt.want {
			t.Errorf("engine of version %s: %s is spoken, want %s", tt.engine, got, tt.want)
		}
	}
}

func TestDial_FollowsTheCurrentContext(t *testing.T) {
	f := fresh(t)
	home := t.TempDir()
	sum := sha256.Sum256([]byte("colima"))
	meta := filepath.Join(home, ".docker", "contexts", "meta", hex.EncodeToString(sum[:]))
	if err := os.MkdirAll(meta, 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(home, ".docker", "config.json"), `{"currentContext":"colima"}`)
	write(filepath.Join(meta, "meta.json"), `{"Name":"colima","Endpoints":{"docker":{"Host":"unix://`+f.path+`"}}}`)
	place := Place{
		Getenv: func(name string) string { return map[string]string{"HOME": home}[name] },
		System: []string{"unix:///nowhere.sock"},
	}
	engine, err := Dial(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	if about := engine.About(); about.Source != "context colima" {
		t.Errorf("engine found by %q, want the context", about.Source)
	}
}

func TestDial_RefusesAnEngineThatHangs(t *testing.T) {
	hang := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}))
	defer slow.Close()
	defer close(hang)
	begun := time.Now()
	_, err := Dial(t.Context(), Place{Getenv: func(name string) string {
		if name == "DOCKER_HOST" {
			return "tcp://" + slow.Listener.Addr().String()
		}
		return ""
	}})
	if code(err) != "D001" {
		t.Errorf("error %v, want D001", err)
	}
	if took := time.Since(begun); took > 8*time.Second {
		t.Errorf("it took %s to give up", took)
	}
}

func TestStart_TakesOverWhatAKilledRunLeftBehind(t *testing.T) {
	f := fresh(t)
	engine := f.dial(t)
	first := start(t, engine, database(), options())
	again := options()
	again.Preferred = first.Port()
	second := start(t, f.dial(t), database(), again)
	if second.ID() != first.ID() || second.Port() != first.Port() {
		t.Errorf("container %.12s at %d became %.12s at %d", first.ID(), first.Port(), second.ID(), second.Port())
	}
	if n := f.count("POST /containers/create"); n != 1 {
		t.Errorf("%d containers were made, want 1", n)
	}
}

func TestStart_StartsAStoppedContainerAgain(t *testing.T) {
	f := fresh(t)
	first := start(t, f.dial(t), database(), options())
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-first.Done()
	again := options()
	again.Preferred = first.Port()
	second := start(t, f.dial(t), database(), again)
	if second.ID() != first.ID() || f.count("POST /containers/create") != 1 {
		t.Errorf("container %.12s became %.12s", first.ID(), second.ID())
	}
}

func TestStart_ReplacesAContainerThatDiffersAndKeepsTheVolume(t *testing.T) {
	f := fresh(t)
	first := start(t, f.dial(t), database(), options())
	changed := database()
	changed.Args = append(changed.Args, "-c", "max_connections=20")
	again := options()
	again.Preferred = first.Port()
	second := start(t, f.dial(t), changed, again)
	if second.ID() == first.ID() {
		t.Error("the container was not replaced")
	}
	if got := f.ids(); len(got) != 1 {
		t.Errorf("%d containers are left, want 1", len(got))
	}
	if f.count("DELETE /volumes/") != 0 || f.count("POST /volumes/create") != 1 {
		t.Error("the volume was not kept")
	}
}

func TestStart_NeverTouchesForeignContainers(t *testing.T) {
	f := fresh(t)
	service := database()
	// Our labels on somebody else's container: another checkout, then another
	// volume, then another name.
	foreign := []string{
		f.add("someone", map[string]string{LabelCheckout: "other", LabelAddon: "postgres"}, service.Name(), true),
		f.add("someone-else", map[string]string{LabelCheckout: "c0ffee", LabelAddon: "postgres"}, "their-data", true),
		f.add("third", map[string]string{LabelCheckout: "c0ffee", LabelAddon: "postgres"}, service.Name(), true),
	}
	server := start(t, f.dial(t), service, options())
	if err := server.Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
	left := f.ids()
	slices.Sort(foreign)
	if !slices.Equal(left, foreign) {
		t.Errorf("left are %v, want %v", left, foreign)
	}
	for _, id := range foreign {
		if f.count("POST /containers/"+id+"/stop") > 0 || f.count("DELETE /containers/"+id) > 0 {
			t.Errorf("foreign container %.12s was touched", id)
		}
	}
}

func TestStart_SaysSoWhenItsNameIsUsedByAForeignContainer(t *testing.T) {
	f := fresh(t)
	id := f.add(database().Name(), map[string]string{}, "their-data", true)
	_, err := Start(t.Context(), f.dial(t), database(), options())
	if code(err) != "D007" {
		t.Errorf("error %v, want D007", err)
	}
	if !slices.Equal(f.ids(), []string{id}) {
		t.Error("the foreign container is gone")
	}
}

func TestStart_SaysSoWhenItsVolumeIsSomebodyElses(t *testing.T) {
	f := fresh(t)
	f.volumes[database().Name()] = map[string]string{"owner": "they"}
	_, err := Start(t.Context(), f.dial(t), database(), options())
	if code(err) != "D007" {
		t.Errorf("error %v, want D007", err)
	}
	if len(f.volumes) != 1 {
		t.Error("the foreign volume is gone")
	}
}

func TestStart_TakesAnotherPortWhenTheFirstIsTaken(t *testing.T) {
	f := fresh(t)
	f.portTaken["54101"] = true
	o := options()
	o.Preferred = 54101
	o.Port = func(_ context.Context, preferred int) (int, error) {
		if preferred != 0 {
			return preferred, nil
		}
		return 54102, nil
	}
	server := start(t, f.dial(t), database(), o)
	if server.Port() != 54102 {
		t.Errorf("port %d, want 54102", server.Port())
	}
	if got := f.ids(); len(got) != 1 {
		t.Errorf("%d containers are left, want 1", len(got))
	}
}

func TestStart_LeavesNothingWhenTheContextEnds(t *testing.T) {
	f := fresh(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("enough")
	o := options()
	o.Ready = func(context.Context, int) error {
		cancel(stop)
		return errors.New("not yet")
	}
	_, err := Start(ctx, f.dial(t), database(), o)
	if !errors.Is(err, stop) {
		t.Errorf("error %v, want the cause of the cancellation", err)
	}
	if len(f.ids()) != 0 || len(f.volumes) != 0 {
		t.Errorf("left are containers %v and volumes %v", f.ids(), f.volumes)
	}
}

func TestStart_LeavesNothingWhenTheContextEndsDuringTheCreation(t *testing.T) {
	f := fresh(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("enough")
	f.onCreate = func() { cancel(stop) }
	_, err := Start(ctx, f.dial(t), database(), options())
	if !errors.Is(err, stop) {
		t.Errorf("error %v, want the cause of the cancellation", err)
	}
	if f.count("POST /containers/create") != 1 || len(f.ids()) != 0 || len(f.volumes) != 0 {
		t.Errorf("left are containers %v and volumes %v", f.ids(), f.volumes)
	}
}

func TestStart_QuotesTheLastLinesOfAServerThatEnds(t *testing.T) {
	f := fresh(t)
	for i := range 30 {
		f.log += fmt.Sprintf("line %d\n", i)
	}
	f.log += "FATAL: no\n"
	f.onStart = func(c *fakeContainer) {
		c.exit = 1
		f.end(c)
	}
	o := options()
	o.Ready = func(context.Context, int) error { return errors.New("connection refused") }
	o.Explain = func(lines []string) (string, string) {
		if lines[len(lines)-1] == "FATAL: no" {
			return "it said no", "say yes"
		}
		return "", ""
	}
	_, err := Start(t.Context(), f.dial(t), database(), o)
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != "A002" {
		t.Fatalf("error %v, want A002", err)
	}
	var labels []string
	for _, note := range p.Notes {
		labels = append(labels, note.Label)
		if note.Label == "output" && (len(note.Lines) != 20 || note.Lines[19] != "FATAL: no") {
			t.Errorf("quoted are %d lines: %v", len(note.Lines), note.Lines)
		}
	}
	if want := []string{"output", "cause", "fix", "cause"}; !slices.Equal(labels, want) {
		t.Errorf("notes %v, want %v", labels, want)
	}
}

func TestStart_GivesUpAtOnceOnAPermanentError(t *testing.T) {
	f := fresh(t)
	o := options()
	o.Ready = func(context.Context, int) error { return Permanent(errors.New("wrong password")) }
	_, err := Start(t.Context(), f.dial(t), database(), o)
	if code(err) != "A002" || strings.Contains(err.Error(), "secret") {
		t.Errorf("error %v, want A002 without a secret", err)
	}
}

func TestStart_PullsAMissingImageWithProgress(t *testing.T) {
	f := fresh(t)
	f.images = map[string]bool{}
	f.pull = `{"status":"Pulling fs layer","id":"a"}
{"status":"Downloading","id":"a","progressDetail":{"current":50,"total":100}}
{"status":"Downloading","id":"b","progressDetail":{"current":10,"total":300}}
{"status":"Download complete","id":"a"}
{"status":"Extracting","id":"a","progressDetail":{"current":1,"total":100}}
{"status":"Download complete","id":"b"}
`
	var seen [][2]int64
	o := options()
	o.Progress = func(_ string, done, total int64) { seen = append(seen, [2]int64{done, total}) }
	start(t, f.dial(t), database(), o)
	if len(seen) == 0 || seen[len(seen)-1] != [2]int64{400, 400} {
		t.Errorf("progress %v, want it to end with 400 of 400", seen)
	}
	for i := 1; i < len(seen); i++ {
		if seen[i][0] < seen[i-1][0] {
			t.Errorf("progress goes down: %v", seen)
		}
	}
}

func TestStart_SaysD004WhenTheImageCannotBeHad(t *testing.T) {
	for _, offline := range []bool{false, true} {
		f := fresh(t)
		f.images = map[string]bool{}
		o := options()
		o.Offline = offline
		_, err := Start(t.Context(), f.dial(t), database(), o)
		if code(err) != "D004" {
			t.Errorf("offline %v: error %v, want D004", offline, err)
		}
		if tried := f.count("POST /images/create"); offline && tried > 0 {
			t.Error("it tried to pull although it is offline")
		}
	}
}

func TestServer_OutlastsTheEngine(t *testing.T) {
	f := fresh(t)
	var mutex sync.Mutex
	var told []string
	o := options()
	o.Tell = func(text string) {
		mutex.Lock()
		defer mutex.Unlock()
		told = append(told, text)
	}
	heard := func(part string) func() bool {
		return func() bool {
			mutex.Lock()
			defer mutex.Unlock()
			return slices.ContainsFunc(told, func(s string) bool { return strings.Contains(s, part) })
		}
	}
	engine := f.dial(t)
	server := start(t, engine, database(), o)
	id, port := server.ID(), server.Port()
	eventually(t, "the container is waited for", func() bool { return f.count("POST /containers/"+id+"/wait") > 0 })
	if err := f.down(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the loss is told", heard("add-on lost"))
	if err := engine.Ping(t.Context()); code(err) != "D006" {
		t.Errorf("error %v, want D006", err)
	}
	// Containers end with an engine that is killed.
	f.mutex.Lock()
	f.end(f.containers[id])
	f.mutex.Unlock()
	if err := f.up(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the return is told", heard("is back"))
	if server.ID() != id || server.Port() != port || len(f.ids()) != 1 || f.count("POST /containers/create") != 1 {
		t.Error("the add-on is not the same as before")
	}
	select {
	case <-server.Done():
		t.Error("the server counts as gone")
	default:
	}
}

func TestServer_IsStartedOnceMoreWhenItsMemoryIsUsedUp(t *testing.T) {
	f := fresh(t)
	var mutex sync.Mutex
	var told []string
	o := options()
	o.Tell = func(text string) {
		mutex.Lock()
		defer mutex.Unlock()
		told = append(told, text)
	}
	server := start(t, f.dial(t), database(), o)
	f.crash(server.ID(), true)
	eventually(t, "it is started again", func() bool { return f.count("POST /containers/"+server.ID()+"/start") == 2 })
	eventually(t, "it is waited for again", func() bool { return f.count("POST /containers/"+server.ID()+"/wait") == 2 })
	f.crash(server.ID(), true)
	select {
	case <-server.Done():
	case <-time.After(deadline):
		t.Fatal("the second end was not noticed")
	}
	mutex.Lock()
	defer mutex.Unlock()
	if len(told) != 1 || !strings.Contains(told[0], "OOMKilled") {
		t.Errorf("told %q, want one message that names the cause", told)
	}
}

func TestServer_DoneIsClosedWhenTheContainerEnds(t *testing.T) {
	f := fresh(t)
	server := start(t, f.dial(t), database(), options())
	f.crash(server.ID(), false)
	select {
	case <-server.Done():
	case <-time.After(deadline):
		t.Fatal("the end was not noticed")
	}
}

func TestServer_DestroyLeavesNothing(t *testing.T) {
	f := fresh(t)
	server := start(t, f.dial(t), database(), options())
	for range 2 {
		if err := server.Destroy(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(f.ids()) != 0 || len(f.volumes) != 0 {
		t.Errorf("left are containers %v and volumes %v", f.ids(), f.volumes)
	}
}

func TestServer_RefillKeepsThePort(t *testing.T) {
	f := fresh(t)
	server := start(t, f.dial(t), database(), options())
	id, port := server.ID(), server.Port()
	if err := server.Refill(t.Context(), "/data", strings.NewReader("")); err != nil {
		t.Fatal(err)
	}
	if server.ID() == id || server.Port() != port {
		t.Errorf("container %.12s at %d became %.12s at %d", id, port, server.ID(), server.Port())
	}
	if f.count("DELETE /volumes/") != 1 || len(f.volumes) != 1 {
		t.Error("the volume was not made anew")
	}
	// The next start must recognise the container.
	again := options()
	again.Preferred = port
	if next := start(t, f.dial(t), database(), again); next.ID() != server.ID() {
		t.Error("the refilled container was not taken over")
	}
}

func TestService_NamesDifferByCheckout(t *testing.T) {
	a, b := database(), database()
	b.Checkout = "other"
	if a.Name() == b.Name() || !strings.HasPrefix(a.Name(), "inshore-shop-postgres-") {
		t.Errorf("names %q and %q", a.Name(), b.Name())
	}
}

func TestWish_DecidesTheImage(t *testing.T) {
	env := func(name string) string {
		return map[string]string{"INSHORE_IMAGE_REDIS": "mirror/valkey:8"}[name]
	}
	for _, tt := range []struct {
		name string
		wish Wish
		want string
	}{
		{"table", Wish{Kind: "postgres"}, "postgres:17"},
		{"version", Wish{Kind: "postgres", Version: "16"}, "postgres:16"},
		{"recorded", Wish{Kind: "postgres", Recorded: "postgres:15"}, "postgres:15"},
		{"version over recorded", Wish{Kind: "postgres", Version: "16", Recorded: "postgres:15"}, "postgres:16"},
		{"option", Wish{Kind: "postgres", Option: "pgvector/pgvector:pg17", Version: "16"}, "pgvector/pgvector:pg17"},
		{"environment", Wish{Kind: "redis", Version: "7", Getenv: env}, "mirror/valkey:8"},
		{"old redis", Wish{Kind: "redis", Version: "7.2"}, "redis:7.2"},
		{"new redis", Wish{Kind: "redis", Version: "8"}, "valkey/valkey:8"},
		{"s3", Wish{Kind: "s3", Version: "1"}, "versity/versitygw:v1.8.0"},
	} {
		if got := tt.wish.Image(); got != tt.want {
			t.Errorf("%s: image %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestTag_AndMajorOfImages(t *testing.T) {
	for _, tt := range []struct {
		image, tag string
		major      int
	}{
		{"postgres:17", "17", 17},
		{"postgres:17.4-alpine", "17.4-alpine", 17},
		{"pgvector/pgvector:pg16", "pg16", 16},
		{"mirror:5000/postgres", "", 0},
		{"mirror:5000/postgres:18@sha256:abc", "18", 18},
		{"postgres:latest", "latest", 0},
	} {
		if tag := Tag(tt.image); tag != tt.tag || Major(tag) != tt.major {
			t.Errorf("%s: tag %q, major %d", tt.image, tag, Major(tag))
		}
	}
}

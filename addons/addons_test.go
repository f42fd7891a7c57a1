package addons_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/emulator/problem"
)

// driver is a driver without a server.
type driver struct {
	mode   addons.Mode
	probe  error
	offer  addons.Offer
	fail   error
	hang   bool // Provision waits for the end of the context
	events *events
	begin  <-chan struct{} // Provision waits for it, if there is one
	ended  chan<- struct{} // closed by Provision, if there is one
}

type events struct {
	mu   sync.Mutex
	list []string
}

func (e *events) add(text string) {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, text)
}

func (d driver) Mode() addons.Mode { return d.mode }

func (d driver) Probe(context.Context, addons.Host, addons.Spec) (addons.Offer, error) {
	return d.offer, d.probe
}

func (d driver) Provision(ctx context.Context, host addons.Host, spec addons.Spec) (addons.Resource, error) {
	if d.begin != nil {
		<-d.begin
	}
	if d.ended != nil {
		defer close(d.ended)
	}
	if d.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if d.fail != nil {
		return nil, d.fail
	}
	_, err := addons.OpenRecord(host, spec, "svc", d.mode, addons.Record{User: "u", Database: "d"})
	return &resource{driver: d, host: host, spec: spec}, err
}

type resource struct {
	driver driver
	host   addons.Host
	spec   addons.Spec
	broken bool
}

func (r *resource) Info() addons.Info {
	return addons.Info{Name: r.spec.Name, Kind: "svc", Mode: r.driver.mode, Version: "1.2"}
}
func (r *resource) Credentials() addons.Credentials { return addons.Credentials{} }
func (r *resource) Vars() []addons.Var              { return nil }

func (r *resource) Stop(context.Context) error {
	r.driver.events.add("stop " + r.spec.Name)
	return nil
}

func (r *resource) Destroy(context.Context) error {
	r.driver.events.add("destroy " + r.spec.Name)
	return nil
}

func (r *resource) Reset(context.Context) error {
	r.driver.events.add("reset " + r.spec.Name)
	return nil
}

func (r *resource) Backup(_ context.Context, dir string) (addons.Backup, error) {
	r.driver.events.add("backup " + r.spec.Name)
	if r.broken {
		return addons.Backup{}, io.ErrUnexpectedEOF
	}
	return addons.Backup{Format: "f"}, os.WriteFile(filepath.Join(dir, "data"), []byte("x"), 0o600)
}

func (r *resource) Restore(context.Context, addons.Backup) error { return nil }

func service(drivers ...addons.Driver) *addons.Service {
	return &addons.Service{
		Slug: "heroku-postgresql", Aliases: []string{"postgresql"}, Kind: "postgres",
		DefaultAttachment: "DATABASE", ExtraAttachment: "HEROKU_POSTGRESQL", Drivers: drivers,
		VarNames:       func(attachment string) []string { return []string{attachment + "_URL"} },
		UnavailableFix: "install PostgreSQL",
	}
}

func host(t *testing.T) addons.Host {
	t.Helper()
	return addons.Host{Dir: t.TempDir(), App: "shop"}
}

func request(s *addons.Service) addons.Request {
	return addons.Request{
		Service: s, Spec: addons.Spec{Name: "postgres", Attachment: "DATABASE"},
		Place: problem.Place{File: "app.json", Line: 6, Column: 5},
	}
}

func TestChoose_TakesTheFirstPossibleModeAndSaysWhyNotTheOthers(t *testing.T) {
	no := errors.New("no socket")
	s := service(driver{mode: addons.Container, probe: no}, driver{mode: addons.Native, offer: addons.Offer{Version: "15.8"}},
		driver{mode: addons.Embedded})
	r := request(s)
	r.Spec.Options = map[string]string{"version": "16"}
	choice, err := addons.Choose(t.Context(), host(t), r, addons.EngineAuto)
	if err != nil || choice.Driver.Mode() != addons.Native {
		t.Fatalf("got %+v, %v", choice, err)
	}
	var kinds []addons.NoticeKind
	for _, n := range choice.Notices {
		kinds = append(kinds, n.Kind)
	}
	if want := []addons.NoticeKind{addons.NoticeFallback, addons.NoticeVersion}; !slices.Equal(kinds, want) {
		t.Errorf("notices are %v, want %v", choice.Notices, want)
	}
	if text := choice.Notices[0].Text; text != "docker is not possible: no socket" {
		t.Errorf("notice is %q", text)
	}
}

func TestChoose_KeepsTheRecordedModeWhileItIsPossible(t *testing.T) {
	h := host(t)
	container := driver{mode: addons.Container}
	s := service(container, driver{mode: addons.Native})
	if err := addons.SaveRecord(h, "postgres", addons.Record{Mode: addons.Native}); err != nil {
		t.Fatal(err)
	}
	choice, err := addons.Choose(t.Context(), h, request(s), addons.EngineAuto)
	if err != nil || choice.Driver.Mode() != addons.Native || len(choice.Notices) != 0 {
		t.Errorf("got %+v, %v", choice, err)
	}
	choice, err = addons.Choose(t.Context(), h, request(s), addons.EngineDocker)
	if err != nil || choice.Driver.Mode() != addons.Container {
		t.Fatalf("got %+v, %v", choice, err)
	}
	if len(choice.Notices) != 1 || choice.Notices[0].Kind != addons.NoticeMoved || !strings.Contains(choice.Notices[0].Text, "--engine native") {
		t.Errorf("notices are %+v", choice.Notices)
	}
}

func TestProvision_SaysA004WhenNoModeIsPossible(t *testing.T) {
	no := errors.New("no socket")
	s := service(driver{mode: addons.Container, probe: no}, driver{mode: addons.Native, probe: errors.New("no programs")})
	_, _, err := addons.Provision(t.Context(), host(t), []addons.Request{request(s)}, addons.EngineAuto)
	problems := problem.Of(err)
	if len(problems) != 1 || problems[0].Code != "A004" {
		t.Fatalf("got %v", err)
	}
	text := problems[0].Text(nil)
	for _, want := range []string{
		"no way to run the add-on heroku-postgresql", "app.json:6:5", "docker      no socket", "native      no programs",
		"external    DATABASE_URL is not set", "install PostgreSQL", "set DATABASE_URL in .env", "--without postgres",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestProvision_GoesOnToTheNextModeWhenTheEngineCannotPull(t *testing.T) {
	pull := problem.New("D004", "cannot pull postgres:17 - the image registry cannot be reached")
	s := service(driver{mode: addons.Container, fail: pull}, driver{mode: addons.Native, events: &events{}})
	resources, notices, err := addons.Provision(t.Context(), host(t), []addons.Request{request(s)}, addons.EngineAuto)
	if err != nil || len(resources) != 1 {
		t.Fatalf("got %v, %v", resources, err)
	}
	if len(notices) != 1 || !strings.Contains(notices[0].Text, "cannot pull postgres:17") {
		t.Errorf("notices are %+v", notices)
	}
	_, _, err = addons.Provision(t.Context(), host(t), []addons.Request{request(s)}, addons.EngineDocker)
	if problems := problem.Of(err); len(problems) != 1 || problems[0].Code != "D004" {
		t.Errorf("an engine that was asked for was exchanged: %v", err)
	}
}

func TestProvision_StopsTheOthersWhenOneFails(t *testing.T) {
	var seen events
	ready := make(chan struct{})
	fine := service(driver{mode: addons.Native, events: &seen, ended: ready})
	bad := service(driver{mode: addons.Native, fail: errors.New("disk full"), begin: ready})
	slow := service(driver{mode: addons.Native, hang: true})
	requests := []addons.Request{request(fine), request(bad), request(slow)}
	for i, name := range []string{"fine", "bad", "slow"} {
		requests[i].Spec.Name = name
	}
	resources, _, err := addons.Provision(t.Context(), host(t), requests, addons.EngineAuto)
	if resources != nil || err == nil {
		t.Fatalf("got %v, %v", resources, err)
	}
	problems := problem.Of(err)
	if len(problems) != 1 || problems[0].Code != "A002" || problems[0].Place.Line != 6 {
		t.Errorf("got %v", err)
	}
	if !slices.Equal(seen.list, []string{"stop fine"}) {
		t.Errorf("events are %v", seen.list)
	}
}

func TestReset_DoesNothingWhenTheBackupFails(t *testing.T) {
	var seen events
	h := host(t)
	r := &resource{driver: driver{mode: addons.Native, events: &seen}, host: h, spec: addons.Spec{Name: "postgres"}, broken: true}
	if _, err := addons.Reset(t.Context(), h, r); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
	if _, err := addons.Destroy(t.Context(), h, r); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
	if slices.Contains(seen.list, "reset postgres") || slices.Contains(seen.list, "destroy postgres") {
		t.Errorf("events are %v", seen.list)
	}
	left, _ := filepath.Glob(filepath.Join(h.Dir, "backups", "postgres", "*"))
	if len(left) != 0 {
		t.Errorf("an unfinished backup was left: %v", left)
	}
	r.broken = false
	if _, err := addons.Reset(t.Context(), h, r); err != nil {
		t.Error(err)
	}
	if list, err := addons.Backups(h, "postgres"); len(list) != 1 || list[0].Version != "1.2" || err != nil {
		t.Errorf("backups are %+v, %v", list, err)
	}
}

func TestShelve_TurnsTheFolderIntoABackup(t *testing.T) {
	h := host(t)
	if b, err := addons.Shelve(h, "postgres", "reset"); err != nil || b.Dir != "" {
		t.Errorf("of nothing: %+v, %v", b, err)
	}
	if err := addons.SaveRecord(h, "postgres", addons.Record{Mode: addons.Native, Password: "p"}); err != nil {
		t.Fatal(err)
	}
	b, err := addons.Shelve(h, "postgres", "reset")
	if err != nil || b.Format != addons.FormatFolder {
		t.Fatalf("got %+v, %v", b, err)
	}
	if _, err := os.Stat(filepath.Join(b.Dir, "addon", "record.json")); err != nil {
		t.Error(err)
	}
	if r, err := addons.LoadRecord(h, "postgres"); err != nil || r.Password != "" {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestRecord_IsPrivateAndStable(t *testing.T) {
	h := host(t)
	spec := addons.Spec{Name: "postgres", Plan: "mini"}
	first, err := addons.OpenRecord(h, spec, "heroku-postgresql", addons.Native, addons.Record{User: "u"})
	if err != nil {
		t.Fatal(err)
	}
	first, err = addons.KeepRecord(h, "postgres", first, 5432, "15.8")
	if err != nil {
		t.Fatal(err)
	}
	second, err := addons.OpenRecord(h, spec, "heroku-postgresql", addons.Native, addons.Record{User: "other"})
	if err != nil || second.Password != first.Password || second.Port != 5432 || second.User != "u" || len(first.Password) < 20 {
		t.Errorf("got %+v and %+v, %v", first, second, err)
	}
	info, err := os.Stat(filepath.Join(h.AddonDir("postgres"), "record.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v, %v", info.Mode(), err)
	}
}

func TestRecord_ThatIsBrokenIsAProblemAndNotAFreshStart(t *testing.T) {
	h := host(t)
	if err := os.MkdirAll(h.AddonDir("postgres"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"{", `{"format": 99}`} {
		if err := os.WriteFile(filepath.Join(h.AddonDir("postgres"), "record.json"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := addons.LoadRecord(h, "postgres")
		if list := problem.Of(err); len(list) != 1 || list[0].Code != "S010" {
			t.Errorf("%s: got %v", content, err)
		}
	}
}

func TestRecord_RefusesAPortThatIsNone(t *testing.T) {
	for _, port := range []string{"x", "0", "65536", "-1"} {
		_, err := addons.OpenRecord(host(t), addons.Spec{Name: "a", Options: map[string]string{"port": port}}, "s", addons.Native, addons.Record{})
		if list := problem.Of(err); len(list) != 1 || list[0].Code != "A006" {
			t.Errorf("%s: got %v", port, err)
		}
	}
}

func TestRequests_NameAndAttachAsOnThePlatform(t *testing.T) {
	redis := &addons.Service{Slug: "heroku-redis", Kind: "redis", DefaultAttachment: "REDIS", ExtraAttachment: "HEROKU_REDIS"}
	var c addons.Catalogue
	c.Register(service())
	c.Register(redis)
	requests, list := c.Requests([]addons.Want{
		{Plan: "heroku-postgresql:essential-0"},
		{Plan: "heroku-redis"},
		{Plan: "heroku-postgresql", As: "ANALYTICS"},
		{Plan: "postgresql:standard-0"},
		{Plan: "heroku-postgresql", As: "heroku_postgresql_cyan"},
		{Plan: "heroku-postgresql"},
	})
	if len(list) != 0 {
		t.Fatal(list)
	}
	var got []string
	for _, r := range requests {
		got = append(got, r.Spec.Name+" "+r.Spec.Plan+" "+r.Spec.Attachment)
	}
	want := []string{
		"postgres essential-0 DATABASE", "redis  REDIS", "postgres-analytics  ANALYTICS",
		"postgres-onyx standard-0 HEROKU_POSTGRESQL_ONYX", "postgres-cyan  HEROKU_POSTGRESQL_CYAN",
		"postgres-purple  HEROKU_POSTGRESQL_PURPLE",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestRequests_ReportWhatCannotBe(t *testing.T) {
	var c addons.Catalogue
	c.Register(service())
	requests, list := c.Requests([]addons.Want{
		{Plan: "heroku-postgres:mini", Place: problem.Place{File: "app.json", Line: 3}},
		{Plan: "heroku-kafka:basic"},
		{Plan: "heroku-postgresql", As: "A"},
		{Plan: "heroku-postgresql", As: "a"},
		{Plan: "heroku-postgresql", As: "1-x"},
	})
	var codes []string
	for _, p := range list {
		codes = append(codes, p.Code)
	}
	if want := []string{"A003", "A003", "A005", "A005"}; !slices.Equal(codes, want) || len(requests) != 1 {
		t.Errorf("got %v and %d requests, want %v and 1", codes, len(requests), want)
	}
	if text := list[0].Text(nil); !strings.Contains(text, `"heroku-postgresql"?`) {
		t.Errorf("no suggestion in %s", text)
	}
	if text := list[1].Text(nil); strings.Contains(text, "did you mean") {
		t.Errorf("a far-fetched suggestion in %s", text)
	}
}

func TestParseEngine_KnowsTheWords(t *testing.T) {
	for text, want := range map[string]addons.Engine{
		"": addons.EngineAuto, "auto": addons.EngineAuto, "Docker": addons.EngineDocker, "container": addons.EngineDocker,
		"native": addons.EngineNative, "embedded": addons.EngineEmbedded,
	} {
		if got, err := addons.ParseEngine(text); got != want || err != nil {
			t.Errorf("ParseEngine(%q) = %q, %v", text, got, err)
		}
	}
	if _, err := addons.ParseEngine("podman"); problem.Of(err) == nil {
		t.Errorf("podman: %v", err)
	}
}

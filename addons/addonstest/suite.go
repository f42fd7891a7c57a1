package addonstest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/addons"
)

// Client talks to a server as an app would, with a real driver library.
type Client interface {
	// Put stores a value under a key and returns when it was acknowledged.
	Put(ctx context.Context, c addons.Credentials, key, value string) error
	// Get reads it; a key that is not there is "" and no error.
	Get(ctx context.Context, c addons.Credentials, key string) (string, error)
}

// Suite says what to test.
type Suite struct {
	Driver addons.Driver
	Client Client
	Vars   func(attachment string, c addons.Credentials) []addons.Var
	// Forgetful says that a kill may lose what was acknowledged shortly before,
	// as the driver's limits say.
	Forgetful bool
	// Kill ends the server of a resource with force; nil kills the process of
	// its Info.
	Kill func(t *testing.T, resource addons.Resource)
}

// Run runs every check of the suite on the driver.
func Run(t *testing.T, s Suite) {
	t.Helper()
	Need(t, s.Driver)
	t.Run("AnswersARealClientWithItsPasswordOnly", s.checkProvision)
	t.Run("KeepsDataAndURLOverStopAndStart", s.checkRestart)
	t.Run("MovesToAnotherPortWhenItsOwnIsTaken", s.checkPort)
	t.Run("ResetAndRestoreEmptyAndBringBack", s.checkReset)
	t.Run("RestoreWorksInANewAddonWithAnotherPassword", s.checkRestoreElsewhere)
	t.Run("DestroyRemovesDataAndRecord", s.checkDestroy)
	t.Run("TwoAtOnceDoNotClash", s.checkTwo)
	t.Run("CancelledContextLeavesNothingBehind", s.checkCancel)
	t.Run("KillLosesNothingThatWasAcknowledged", s.checkKill)
	t.Run("EndsWhatAKilledEngineLeftAndTakesOver", s.checkTakeOver)
}

func (s Suite) provision(t *testing.T, h *Host, spec addons.Spec) addons.Resource {
	t.Helper()
	r, err := s.Driver.Provision(t.Context(), h.Host, spec)
	if err != nil {
		t.Fatalf("provision %s: %v", spec.Name, err)
	}
	t.Cleanup(func() {
		if err := r.Stop(context.Background()); err != nil {
			t.Errorf("stop %s: %v", spec.Name, err)
		}
	})
	return r
}

func (s Suite) put(t *testing.T, r addons.Resource, key, value string) {
	t.Helper()
	if err := s.Client.Put(t.Context(), r.Credentials(), key, value); err != nil {
		t.Fatalf("put %s: %v", key, err)
	}
}

func (s Suite) wantValue(t *testing.T, r addons.Resource, key, want string) {
	t.Helper()
	got, err := s.Client.Get(t.Context(), r.Credentials(), key)
	if err != nil {
		t.Fatalf("get %s: %v", key, err)
	}
	if got != want {
		t.Errorf("%s is %q, want %q", key, got, want)
	}
}

func stop(t *testing.T, r addons.Resource) {
	t.Helper()
	if err := r.Stop(t.Context()); err != nil {
		t.Fatalf("stop: %v", err)
	}
}

func (s Suite) checkProvision(t *testing.T) {
	h := NewHost(t)
	r := s.provision(t, h, Spec())
	s.put(t, r, "a", "1")
	s.wantValue(t, r, "a", "1")
	if got, want := r.Vars(), s.Vars("MAIN", r.Credentials()); !slices.Equal(got, want) {
		t.Errorf("vars are %v, want %v", got, want)
	}
	info := r.Info()
	if info.Name != "main" || info.Mode != s.Driver.Mode() || info.Addr == "" || info.Attachment != "MAIN" {
		t.Errorf("info is %+v", info)
	}
	if host, _, _ := net.SplitHostPort(info.Addr); host != "127.0.0.1" {
		t.Errorf("address is %s, want one of 127.0.0.1", info.Addr)
	}
	wrong := r.Credentials()
	wrong.Password = "wrong"
	if _, err := s.Client.Get(t.Context(), wrong, "a"); err == nil {
		t.Error("a wrong password was accepted")
	}
	record, err := addons.LoadRecord(h.Host, "main")
	if err != nil || record.Mode != s.Driver.Mode() || record.Port == 0 || record.Password == "" {
		t.Errorf("record of mode %q, port %d: %v", record.Mode, record.Port, err)
	}
}

func (s Suite) checkRestart(t *testing.T) {
	h := NewHost(t)
	r := s.provision(t, h, Spec())
	s.put(t, r, "kept", "yes")
	before := r.Vars()
	stop(t, r)
	stop(t, r) // twice is fine
	if _, err := s.Client.Get(t.Context(), r.Credentials(), "kept"); err == nil {
		t.Error("the server still answers after Stop")
	}
	again := s.provision(t, h.Again(t), Spec())
	if got := again.Vars(); !slices.Equal(got, before) {
		t.Errorf("vars changed from %v to %v", before, got)
	}
	s.wantValue(t, again, "kept", "yes")
}

func (s Suite) checkPort(t *testing.T) {
	h := NewHost(t)
	r := s.provision(t, h, Spec())
	s.put(t, r, "kept", "yes")
	address := r.Info().Addr
	stop(t, r)
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	again := s.provision(t, h, Spec())
	if again.Info().Addr == address {
		t.Errorf("still on %s, which is taken", address)
	}
	s.wantValue(t, again, "kept", "yes")
	if len(h.Notices()) == 0 {
		t.Error("nobody was told of the new port")
	}
}

func (s Suite) checkReset(t *testing.T) {
	h := NewHost(t)
	r := s.provision(t, h, Spec())
	s.put(t, r, "a", "old")
	before := r.Vars()
	backup, err := addons.Reset(t.Context(), h.Host, r)
	if err != nil {
		t.Fatalf("reset: %v", err)
	}
	s.wantValue(t, r, "a", "")
	if got := r.Vars(); !slices.Equal(got, before) {
		t.Errorf("vars changed from %v to %v", before, got)
	}
	list, err := addons.Backups(h.Host, "main")
	if err != nil || len(list) != 1 || list[0].Dir != backup.Dir || list[0].Reason != "reset" {
		t.Errorf("backups are %+v: %v", list, err)
	}
	s.put(t, r, "a", "new")
	s.put(t, r, "b", "later")
	if err := addons.Restore(t.Context(), r, backup); err != nil {
		t.Fatalf("restore: %v", err)
	}
	s.wantValue(t, r, "a", "old")
	s.wantValue(t, r, "b", "")
	if got := r.Vars(); !slices.Equal(got, before) {
		t.Errorf("vars changed from %v to %v", before, got)
	}
	stop(t, r)
	again := s.provision(t, h, Spec())
	s.wantValue(t, again, "a", "old")
}

func (s Suite) checkRestoreElsewhere(t *testing.T) {
	h := NewHost(t)
	r := s.provision(t, h, Spec())
	s.put(t, r, "a", "1")
	backup, err := addons.Destroy(t.Context(), h.Host, r)
	if err != nil {
		t.Fatalf("destroy: %v", err)
	}
	fresh := s.provision(t, h, Spec())
	if fresh.Credentials().Password == r.Credentials().Password {
		t.Error("the new add-on has the old password")
	}
	s.wantValue(t, fresh, "a", "")
	if err := addons.Restore(t.Context(), fresh, backup); err != nil {
		t.Fatalf("restore: %v", err)
	}
	bucket := fresh.Credentials().Database == r.Credentials().Database
	if bucket {
		s.wantValue(t, fresh, "a", "1")
	}
}

func (s Suite) checkDestroy(t *testing.T) {
	h := NewHost(t)
	r := s.provision(t, h, Spec())
	s.put(t, r, "a", "1")
	if _, err := addons.Destroy(t.Context(), h.Host, r); err != nil {
		t.Fatalf("destroy: %v", err)
	}
	if _, err := os.Stat(h.AddonDir("main")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the add-on's folder is still there: %v", err)
	}
	if _, err := s.Client.Get(t.Context(), r.Credentials(), "a"); err == nil {
		t.Error("the server still answers")
	}
	if err := r.Destroy(t.Context()); err != nil {
		t.Errorf("a second destroy: %v", err)
	}
}

func (s Suite) checkTwo(t *testing.T) {
	h := NewHost(t)
	specs := []addons.Spec{{Name: "main", Attachment: "MAIN"}, {Name: "other", Attachment: "OTHER"}}
	service := &addons.Service{Slug: "test", Kind: "test", Drivers: []addons.Driver{s.Driver}}
	var requests []addons.Request
	for _, spec := range specs {
		requests = append(requests, addons.Request{Service: service, Spec: spec})
	}
	resources, _, err := addons.Provision(t.Context(), h.Host, requests, addons.EngineAuto)
	if err != nil {
		t.Fatalf("provision: %v", err)
	}
	t.Cleanup(func() {
		if err := addons.StopAll(context.Background(), resources); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	for i, r := range resources {
		s.put(t, r, "who", fmt.Sprint(i))
	}
	for i, r := range resources {
		s.wantValue(t, r, "who", fmt.Sprint(i))
	}
	if resources[0].Credentials().Password == resources[1].Credentials().Password {
		t.Error("both have the same password")
	}
}

// checkCancel ends the context at different moments of the first start.
func (s Suite) checkCancel(t *testing.T) {
	for _, after := range []time.Duration{0, 30 * time.Millisecond, 150 * time.Millisecond} {
		h := NewHost(t)
		ctx, cancel := context.WithTimeout(t.Context(), after)
		r, err := s.Driver.Provision(ctx, h.Host, Spec())
		cancel()
		if err == nil {
			stop(t, r) // it was quicker than the context
			continue
		}
		Until(t, "no process left", func() bool { return len(h.Alive()) == 0 })
		again := s.provision(t, h, Spec())
		s.put(t, again, "a", "1")
		s.wantValue(t, again, "a", "1")
		stop(t, again)
	}
}

func (s Suite) checkKill(t *testing.T) {
	h := NewHost(t)
	r := s.provision(t, h, Spec())
	const rows = 50
	for i := range rows {
		s.put(t, r, fmt.Sprint("row", i), "there")
	}
	before := r.Vars()
	s.kill(t, r)
	if faller, ok := r.(addons.Faller); ok {
		Until(t, "the fall was noticed", func() bool {
			select {
			case <-faller.Done():
				return true
			default:
				return false
			}
		})
	}
	again := s.provision(t, h, Spec())
	if got := again.Vars(); !slices.Equal(got, before) {
		t.Errorf("vars changed from %v to %v", before, got)
	}
	if s.Forgetful {
		return
	}
	for i := range rows {
		s.wantValue(t, again, fmt.Sprint("row", i), "there")
	}
}

func (s Suite) kill(t *testing.T, r addons.Resource) {
	t.Helper()
	if s.Kill != nil {
		s.Kill(t, r)
		return
	}
	process, err := os.FindProcess(r.Info().PID)
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Kill(); err != nil {
		t.Fatal(err)
	}
}

func (s Suite) checkTakeOver(t *testing.T) {
	h := NewHost(t)
	r := s.provision(t, h, Spec())
	s.put(t, r, "a", "1")
	before := r.Vars()
	again := s.provision(t, h.Again(t), Spec())
	s.wantValue(t, again, "a", "1")
	if got := again.Vars(); !slices.Equal(got, before) {
		t.Errorf("vars changed from %v to %v", before, got)
	}
}

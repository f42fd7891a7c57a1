package postgres_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/addonstest"
	"github.com/inshore-dev/inshore/addons/postgres"
	"github.com/inshore-dev/inshore/emulator/problem"
)

// server provisions with whichever of the two server modes is there.
func server(t *testing.T, h *addonstest.Host, spec addons.Spec) addons.Resource {
	t.Helper()
	driver := anyDriver(t, h)
	r, err := driver.Provision(t.Context(), h.Host, spec)
	if err != nil {
		t.Fatalf("provision: %v", err)
	}
	t.Cleanup(func() {
		if err := r.Stop(context.Background()); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return r
}

func anyDriver(t *testing.T, h *addonstest.Host) addons.Driver {
	t.Helper()
	if _, err := postgres.Native().Probe(t.Context(), h.Host, addonstest.Spec()); err == nil {
		return postgres.Native()
	}
	addonstest.Need(t, postgres.Embedded())
	return postgres.Embedded()
}

func query[T any](t *testing.T, c addons.Credentials, settings, sql string) T {
	t.Helper()
	conn, err := addonstest.Postgres{}.Connect(t.Context(), c, settings)
	if err != nil {
		t.Fatalf("connect with %s: %v", settings, err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var value T
	if err := conn.QueryRow(t.Context(), sql).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

func TestServer_SpeaksTLSAndPlainAndMD5(t *testing.T) {
	h := addonstest.NewHost(t)
	r := server(t, h, addonstest.Spec())
	c := r.Credentials()
	const onTLS = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
	if !query[bool](t, c, "sslmode=require", onTLS) {
		t.Error("sslmode=require gave a plain connection")
	}
	if query[bool](t, c, "sslmode=disable", onTLS) {
		t.Error("sslmode=disable gave TLS")
	}
	if got := authMethod(t, c); got != 5 {
		t.Errorf("the server asks for authentication %d, want 5 (MD5)", got)
	}
	if c.Database != "shop_test" {
		t.Errorf("database is %q", c.Database)
	}
	if got := postgres.URL(c); got != r.Vars()[0].Value || !strings.HasPrefix(got, "postgres://inshore:") {
		t.Errorf("URL is %q", got)
	}
	key, err := os.Stat(filepath.Join(r.Info().DataDir, "server.key"))
	if err != nil || key.Mode().Perm() != 0o600 {
		t.Errorf("key is %v: %v", key.Mode(), err)
	}
}

// authMethod starts a session by hand and returns the number of the method that
// the server wants.
func authMethod(t *testing.T, c addons.Credentials) uint32 {
	t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort(c.Host, strconv.Itoa(c.Port)))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := "user\x00" + c.User + "\x00database\x00" + c.Database + "\x00\x00"
	hello := binary.BigEndian.AppendUint32(nil, uint32(len(body)+8))
	hello = binary.BigEndian.AppendUint32(hello, 3<<16)
	if _, err := conn.Write(append(hello, body...)); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 9)
	if _, err := io.ReadFull(conn, answer); err != nil {
		t.Fatal(err)
	}
	return binary.BigEndian.Uint32(answer[5:])
}

func TestServer_TradesOnlyFsyncForSpeedWhenEphemeral(t *testing.T) {
	h := addonstest.NewHost(t)
	kept := server(t, h, addonstest.Spec()).Credentials()
	spec := addonstest.Spec()
	spec.Name, spec.Ephemeral = "thrown", true
	thrown := server(t, h, spec).Credentials()
	for _, row := range []struct {
		name         string
		c            addons.Credentials
		setting, val string
	}{
		{"kept", kept, "fsync", "on"},
		{"kept", kept, "full_page_writes", "on"},
		{"kept", kept, "synchronous_commit", "on"},
		{"kept", kept, "password_encryption", "md5"},
		{"kept", kept, "listen_addresses", "127.0.0.1"},
		{"kept", kept, "unix_socket_directories", ""},
		{"kept", kept, "timezone", "UTC"},
		{"thrown", thrown, "fsync", "off"},
		{"thrown", thrown, "synchronous_commit", "on"},
	} {
		if got := query[string](t, row.c, "sslmode=disable", "SHOW "+row.setting); got != row.val {
			t.Errorf("%s: %s is %q, want %q", row.name, row.setting, got, row.val)
		}
	}
}

func TestServer_StartsDespiteALockFileThatNamesAStranger(t *testing.T) {
	h := addonstest.NewHost(t)
	r := server(t, h, addonstest.Spec())
	lock := filepath.Join(r.Info().DataDir, "postmaster.pid")
	data, err := os.ReadFile(lock)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), "\n")
	// The parent of this test runs, and is no PostgreSQL.
	if err := os.WriteFile(lock, []byte(strconv.Itoa(os.Getppid())+"\n"+rest), 0o600); err != nil {
		t.Fatal(err)
	}
	again := server(t, h, addonstest.Spec())
	if err := (addonstest.Postgres{}).Put(t.Context(), again.Credentials(), "a", "1"); err != nil {
		t.Error(err)
	}
}

func TestServer_RefusesDataOfAnotherMajorVersionInWords(t *testing.T) {
	h := addonstest.NewHost(t)
	driver := anyDriver(t, h)
	dir := h.DataDir("main", driver.Mode())
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := driver.Provision(t.Context(), h.Host, addonstest.Spec())
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != "A002" || len(p.Notes) < 3 {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(p.Notes[0].Text, "PostgreSQL 9") {
		t.Errorf("cause is %q", p.Notes[0].Text)
	}
	if _, err := os.Stat(filepath.Join(dir, "PG_VERSION")); err != nil {
		t.Errorf("the data was touched: %v", err)
	}
}

func TestServer_BringsBackDataOfARestoreThatWasKilled(t *testing.T) {
	h := addonstest.NewHost(t)
	r := server(t, h, addonstest.Spec())
	client := addonstest.Postgres{}
	if err := client.Put(t.Context(), r.Credentials(), "a", "1"); err != nil {
		t.Fatal(err)
	}
	if err := r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	dir := r.Info().DataDir
	if err := os.Rename(dir, dir+".aside"); err != nil {
		t.Fatal(err)
	}
	again := server(t, h, addonstest.Spec())
	if got, err := client.Get(t.Context(), again.Credentials(), "a"); got != "1" {
		t.Errorf("got %q: %v", got, err)
	}
}

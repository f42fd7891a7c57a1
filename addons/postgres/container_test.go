package postgres_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/addonstest"
	"github.com/inshore-dev/inshore/addons/addonstest/containertest"
	"github.com/inshore-dev/inshore/addons/postgres"
	"github.com/inshore-dev/inshore/emulator/problem"
)

func TestContainer(t *testing.T) {
	containertest.Need(t, "postgres")
	addonstest.Run(t, addonstest.Suite{
		Driver: containertest.Isolate(t, postgres.Container()),
		Client: addonstest.Postgres{}, Vars: postgres.Vars, Kill: containertest.Kill,
	})
}

func TestContainer_Victim(t *testing.T) {
	containertest.Victim(t, postgres.Container(), addonstest.NewHost(t).Host, addonstest.Postgres{})
}

func TestContainer_IsTakenOverAfterAKill(t *testing.T) {
	containertest.Need(t, "postgres")
	containertest.Adoption(t, postgres.Container(), addonstest.NewHost(t).Host, addonstest.Postgres{})
}

func TestContainer_RunsInTwoCheckoutsSideBySide(t *testing.T) {
	containertest.Need(t, "postgres")
	hosts := [2]addons.Host{addonstest.NewHost(t).Host, addonstest.NewHost(t).Host}
	containertest.SideBySide(t, postgres.Container(), hosts, addonstest.Postgres{})
}

func BenchmarkContainer(b *testing.B) {
	containertest.Need(b, "postgres")
	containertest.BenchmarkStart(b, postgres.Container(), addonstest.NewHost(b).Host)
}

// Old drivers know neither SCRAM nor a server without TLS, others insist on one
// of them: all get in.
func TestContainer_OffersTLSPlainAndMD5(t *testing.T) {
	containertest.Need(t, "postgres")
	r, err := containertest.Isolate(t, postgres.Container()).Provision(t.Context(), addonstest.NewHost(t).Host, addonstest.Spec())
	if err != nil {
		t.Fatal(err)
	}
	for _, settings := range []string{"sslmode=require", "sslmode=disable"} {
		conn, err := addonstest.Postgres{}.Connect(t.Context(), r.Credentials(), settings)
		if err != nil {
			t.Errorf("%s: %v", settings, err)
			continue
		}
		var secure, md5 bool
		err = conn.QueryRow(t.Context(), `SELECT (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()),
			(SELECT rolpassword LIKE 'md5%' FROM pg_authid WHERE rolname = current_user)`).Scan(&secure, &md5)
		if err != nil || secure != (settings == "sslmode=require") || !md5 {
			t.Errorf("%s: TLS %v, MD5 password %v, error %v", settings, secure, md5, err)
		}
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestContainer_NamesTheVersionOfForeignData(t *testing.T) {
	containertest.Need(t, "postgres")
	host := addonstest.NewHost(t).Host
	driver := containertest.Isolate(t, postgres.Container())
	r, err := driver.Provision(t.Context(), host, addonstest.Spec())
	if err != nil {
		t.Fatal(err)
	}
	// The same image in the place of another version's, which finds data that
	// claims to be of yet another one.
	containertest.Exec(t, r, "sh", "-c", "echo 12 > /var/lib/postgresql/data/PG_VERSION")
	if err := r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = driver.Provision(t.Context(), host, addonstest.Spec())
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != "A002" {
		t.Fatalf("error %v, want A002", err)
	}
	var notes strings.Builder
	for _, note := range p.Notes {
		notes.WriteString(note.Text + "\n" + strings.Join(note.Lines, "\n"))
	}
	if !strings.Contains(notes.String(), "made by version 12") || strings.Contains(notes.String(), r.Credentials().Password) {
		t.Errorf("the problem says: %s", notes.String())
	}
}

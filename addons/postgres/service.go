// Package postgres is the add-on heroku-postgresql on this machine: a cluster
// of its own for every add-on, with the programs of an installed PostgreSQL
// (native) or of a pack of binaries that is fetched once (embedded), and a
// container where there is an engine.
//
// Both server modes share everything but the way to the programs. A new cluster
// is a copy of one that was initialised once per version and user and kept in
// the cache; the first start gives it the add-on's password and database name.
// It listens on 127.0.0.1 only, speaks TLS with a certificate of its own as
// well as plain, and accepts MD5 passwords, which old drivers need.
package postgres

import (
	"net"
	"net/url"
	"strconv"

	"github.com/inshore-dev/inshore/addons"
)

// slug and kind of the service.
const (
	slug = "heroku-postgresql"
	kind = "postgres"
)

// Service describes heroku-postgresql with the drivers of this build. Names and
// shape of the variables follow Dev Center, "Heroku Postgres".
func Service() *addons.Service {
	return &addons.Service{
		Slug:              slug,
		Aliases:           []string{"postgresql", "heroku-postgres"},
		Kind:              kind,
		Title:             "PostgreSQL",
		DefaultAttachment: "DATABASE",
		ExtraAttachment:   "HEROKU_POSTGRESQL",
		Drivers:           drivers(),
		Vars:              Vars,
		VarNames:          func(attachment string) []string { return []string{attachment + "_URL"} },
		UnavailableFix:    "install PostgreSQL (brew install postgresql@17 | apt install postgresql)",
	}
}

// Vars are the config vars under an attachment name: one URL, scheme postgres,
// without sslmode, as on the platform.
func Vars(attachment string, c addons.Credentials) []addons.Var {
	return []addons.Var{{Name: attachment + "_URL", Value: URL(c)}}
}

// URL of a database.
func URL(c addons.Credentials) string {
	u := url.URL{
		Scheme: "postgres",
		User:   url.UserPassword(c.User, c.Password),
		Host:   net.JoinHostPort(c.Host, strconv.Itoa(c.Port)),
		Path:   "/" + c.Database,
	}
	return u.String()
}

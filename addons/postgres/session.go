package postgres

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/internal/native"
)

// errPassword says that the cluster knows another password than the record.
var errPassword = errors.New("the database does not accept the recorded password")

// connect opens one connection with nothing taken from PG… variables or
// password files. The caller closes it.
func connect(ctx context.Context, c addons.Credentials) (*pgx.Conn, error) {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(c.User, c.Password),
		Host:     net.JoinHostPort(c.Host, strconv.Itoa(c.Port)),
		Path:     "/" + c.Database,
		RawQuery: "sslmode=disable&connect_timeout=10&target_session_attrs=any&application_name=inshore&passfile=",
	}
	config, err := pgx.ParseConfig(u.String())
	if err != nil {
		return nil, errors.New("the connection settings cannot be read") // the text could hold the password
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	config.ConnectTimeout = 10 * time.Second
	return pgx.ConnectConfig(ctx, config)
}

// with runs do on a connection of its own.
func with(ctx context.Context, c addons.Credentials, do func(*pgx.Conn) error) error {
	conn, err := connect(ctx, c)
	if err != nil {
		return err
	}
	defer func() {
		// Closing sends a goodbye, which must not hang on a server that is gone.
		ctx, done := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer done()
		_ = conn.Close(ctx)
	}()
	return do(conn)
}

// ping is the readiness test: the app's own login and SELECT 1.
func ping(ctx context.Context, c addons.Credentials) error {
	return with(ctx, c, func(conn *pgx.Conn) error {
		var one int
		return conn.QueryRow(ctx, "SELECT 1").Scan(&one)
	})
}

// ready is the Ready of a start. A fresh copy of the template first gets its
// password and its database name.
func (r *resource) ready(ctx context.Context, port int) error {
	credentials := r.credentials(port)
	if secret, err := os.ReadFile(r.cluster.pending()); err == nil {
		if err := adopt(ctx, credentials, string(secret)); err != nil && !is(err, "28P01") {
			return judge(err)
		}
		// Wrong for the template's password means: set already, or restored.
		os.Remove(r.cluster.pending())
	}
	err := ping(ctx, credentials)
	if is(err, "3D000") {
		if err := adopt(ctx, credentials, credentials.Password); err != nil {
			return judge(err)
		}
		err = ping(ctx, credentials)
	}
	return judge(err)
}

// judge ends the wait when the answer is final.
func judge(err error) error {
	switch {
	case err == nil:
		return nil
	case is(err, "28P01") || is(err, "28000"):
		return native.Permanent(errPassword)
	case is(err, "3D000") || is(err, "42501"):
		return native.Permanent(err)
	default:
		return err
	}
}

// is tells whether the server answered with that SQLSTATE.
func is(err error, state string) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && answer.Code == state
}

// adopt makes a cluster the add-on's: the only database gets its name, the
// superuser its password. It may be repeated.
func adopt(ctx context.Context, c addons.Credentials, secret string) error {
	admin := c
	admin.Password, admin.Database = secret, "postgres"
	return with(ctx, admin, func(conn *pgx.Conn) error {
		var names []string
		err := conn.QueryRow(ctx, `SELECT array_agg(datname::text) FROM pg_database
			WHERE NOT datistemplate AND datname <> 'postgres'`).Scan(&names)
		if err != nil {
			return err
		}
		switch {
		case slices.Contains(names, c.Database):
		case len(names) == 1:
			_, err = conn.Exec(ctx, "ALTER DATABASE "+ident(names[0])+" RENAME TO "+ident(c.Database))
		default:
			_, err = conn.Exec(ctx, "CREATE DATABASE "+ident(c.Database))
		}
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, passwordStatement(c))
		return err
	})
}

// passwordStatement sets the password as the MD5 form that old drivers can log
// in with, so that its clear text is in no log.
func passwordStatement(c addons.Credentials) string {
	sum := md5.Sum([]byte(c.Password + c.User))
	return fmt.Sprintf("ALTER ROLE %s PASSWORD 'md5%s'", ident(c.User), hex.EncodeToString(sum[:]))
}

func ident(name string) string { return pgx.Identifier{name}.Sanitize() }

package addons

import "context"

// Driver runs add-ons of one service in one mode. A driver holds no state: it
// may be used by several goroutines and for several add-ons at once.
type Driver interface {
	Mode() Mode

	// Probe tells whether the driver could run the add-on here and what it would
	// be. It changes nothing and takes less than 200 ms. The error is the reason
	// in one line, fit for a person: "no postgres or initdb on PATH".
	Probe(ctx context.Context, host Host, spec Spec) (Offer, error)

	// Provision takes over, starts or creates the add-on and returns when it
	// answers its own protocol with the app's credentials. It is idempotent:
	// port, password and data of an earlier call are kept. When it fails or the
	// context ends, nothing keeps running.
	Provision(ctx context.Context, host Host, spec Spec) (Resource, error)
}

// Offer is the answer of a Probe that succeeded.
type Offer struct {
	Version string   // of the server: "17.10"; may be empty when only starting it would tell
	Limits  []string // what this mode cannot do, one short sentence each; empty is complete
	Detail  string   // where it comes from: "/usr/lib/postgresql/17/bin", "postgres:17"
}

// Spec says which add-on is wanted.
type Spec struct {
	Name       string            // unique in the app and fit for a folder: "postgres", "postgres-analytics"
	Plan       string            // "essential-0"; empty is the service's default
	Attachment string            // "DATABASE"
	Options    map[string]string // from app.json: "version", "port" and what else the service knows; may be nil
	Ephemeral  bool              // the data will be thrown away: durability may be traded for speed
}

// Resource is a running add-on. Its methods may be called by several
// goroutines; Stop and Destroy may be called more than once.
type Resource interface {
	Info() Info
	Credentials() Credentials
	Vars() []Var

	// Stop ends the server and keeps the data. It returns nil when the server is
	// gone already.
	Stop(ctx context.Context) error

	// Destroy stops the server and removes its data and its record.
	Destroy(ctx context.Context) error
}

// Info is what status and addons show. It holds no secret.
type Info struct {
	Name        string // of the add-on: "postgres"
	Kind        string // of the service: "postgres"
	Service     string // slug: "heroku-postgresql"
	Plan        string
	Attachment  string
	Mode        Mode
	Version     string
	Addr        string   // host:port
	Detail      string   // as in Offer
	Limits      []string // as in Offer
	DataDir     string   // empty when the data is not in a directory of ours
	PID         int      // of the server; 0 in a container
	ContainerID string
}

// Backuper is a Resource that can save its data and get it back.
type Backuper interface {
	// Backup writes the data of the running add-on into dir, an existing empty
	// directory, consistently and without stopping it for longer than a moment.
	Backup(ctx context.Context, dir string) (Backup, error)

	// Restore replaces the data by that of a backup of the same kind. The URL
	// stays the same; the server may restart.
	Restore(ctx context.Context, backup Backup) error
}

// Resetter is a Resource that can empty itself in place, keeping its URL.
type Resetter interface {
	Reset(ctx context.Context) error
}

// Faller is a Resource whose server may end by itself: the channel is closed
// when the server is gone, whatever the reason.
type Faller interface {
	Done() <-chan struct{}
}

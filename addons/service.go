package addons

// Service is one entry of the catalogue, for example heroku-postgresql. It is
// plain data and is not changed after it has been registered.
type Service struct {
	Slug              string   // as in app.json: "heroku-postgresql"
	Aliases           []string // other slugs served by the same stand-in
	Kind              string   // short name: "postgres"; the first add-on of the kind is called that
	Title             string   // for people: "PostgreSQL"
	DefaultAttachment string   // "DATABASE": what the first add-on is attached as
	// ExtraAttachment is the stem of the name of the second and later add-ons,
	// completed by a colour: "HEROKU_POSTGRESQL" gives HEROKU_POSTGRESQL_ONYX.
	// Empty means DefaultAttachment followed by a colour.
	ExtraAttachment string
	Drivers         []Driver // in the order in which auto prefers them
	// Vars are the config vars of an add-on under an attachment name.
	Vars func(attachment string, c Credentials) []Var
	// VarNames are the names of the same vars without a resource; used to tell
	// what the user may set by hand instead. The first is the main one.
	VarNames func(attachment string) []string
	// UnavailableFix completes "any one of: start Docker · …" when no mode is
	// possible: "install PostgreSQL (brew install postgresql@17 | apt install postgresql)".
	UnavailableFix string
}

// Driver of the mode, or nil when the service has none.
func (s *Service) Driver(m Mode) Driver {
	for _, d := range s.Drivers {
		if d.Mode() == m {
			return d
		}
	}
	return nil
}

// Credentials are what an app needs to reach an add-on. They are secret.
type Credentials struct {
	Host     string // "127.0.0.1"
	Port     int
	User     string // access key for S3
	Password string // secret key for S3
	Database string // database, or bucket for S3
	Region   string // S3 only
}

// Var is one config var of an add-on. Its value is secret unless Public.
type Var struct {
	Name   string
	Value  string
	Public bool // harmless to print: a region, a bucket name
}

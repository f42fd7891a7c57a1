package addons

import "github.com/inshore-dev/inshore/emulator/problem"

// Want is an entry of app.json's "addons" before it has names.
type Want struct {
	Plan    string            // "heroku-postgresql:essential-0"
	As      string            // attachment asked for; may be empty
	Options map[string]string // may be nil
	Place   problem.Place
}

// Requests resolves wants against the catalogue and names them: the first of a
// kind is called after it and attached under the service's default name, later
// ones get a colour (Dev Center, "Managing Add-ons"), "as" wins over both. The
// result depends only on the order of the wants. The list holds A003 for every
// unknown service and A005 for an attachment that is used twice or malformed;
// the requests are those that are fine.
func (c *Catalogue) Requests(wants []Want) ([]Request, problem.List) {
	return c.requests(wants)
}

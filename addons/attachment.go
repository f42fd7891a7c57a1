package addons

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// Want is an entry of app.json's "addons" before it has names.
type Want struct {
	Plan    string            // "heroku-postgresql:essential-0"
	As      string            // attachment asked for; may be empty
	Options map[string]string // may be nil
	Place   problem.Place
}

// colors complete the names of second add-ons of a kind. The platform picks one
// at random; here the order is fixed, so that a checkout keeps its names.
var colors = [...]string{
	"ONYX", "CYAN", "PURPLE", "COBALT", "ROSE", "AMBER", "TEAL", "OLIVE", "BRONZE", "SILVER",
	"COPPER", "MAUVE", "JADE", "CRIMSON", "GRAY", "PINK", "NAVY", "PUCE", "IVORY", "AQUA",
}

// attachmentName is the pattern of names (Dev Center, "Managing Add-ons").
var attachmentName = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// Requests resolves wants against the catalogue and names them: the first of a
// kind is called after it and attached under the service's default name, later
// ones get a colour (Dev Center, "Managing Add-ons"), "as" wins over both. The
// result depends only on the order of the wants. The list holds A003 for every
// unknown service and A005 for an attachment that is used twice or malformed;
// the requests are those that are fine.
func (c *Catalogue) Requests(wants []Want) ([]Request, problem.List) {
	var list problem.List
	var requests []Request
	names, attachments := map[string]bool{}, map[string]bool{}
	// Names that are asked for are taken first: a default must not push in
	// front of an "as" further down.
	for _, w := range wants {
		if w.As != "" {
			attachments[strings.ToUpper(w.As)] = false
		}
	}
	for _, w := range wants {
		service, plan, err := c.Resolve(w.Plan)
		if err != nil {
			if unknown, ok := errors.AsType[*UnknownServiceError](err); ok {
				list = append(list, unknown.Problem(w.Place))
			}
			continue
		}
		attachment, err := attach(service, w, attachments)
		if p, ok := errors.AsType[*problem.Problem](err); ok {
			list = append(list, p)
			continue
		}
		requests = append(requests, Request{
			Service: service,
			Place:   w.Place,
			Spec: Spec{
				Name: resourceName(service, attachment, names), Plan: plan, Attachment: attachment, Options: w.Options,
			},
		})
	}
	return requests, list
}

// attach finds the attachment of one want. The map holds true for names in
// use, and false for names that a later want asks for.
func attach(service *Service, w Want, taken map[string]bool) (string, error) {
	if w.As != "" {
		name := strings.ToUpper(w.As)
		switch {
		case !attachmentName.MatchString(name):
			return "", problem.Newf("A005", "attachment %q is not a name", w.As).At(w.Place).
				Note("allowed", "capital letters, digits and _, beginning with a letter")
		case taken[name]:
			return "", problem.Newf("A005", "two add-ons are attached as %s", name).At(w.Place).
				Fix(`give one of them another name with "as"`)
		}
		taken[name] = true
		return name, nil
	}
	name := service.DefaultAttachment
	stem := service.ExtraAttachment
	if stem == "" {
		stem = service.DefaultAttachment
	}
	for i := 0; ; i++ {
		if _, used := taken[name]; !used {
			taken[name] = true
			return name, nil
		}
		name = stem + "_" + colors[i%len(colors)]
		if round := i / len(colors); round > 0 {
			name += fmt.Sprint(round + 1)
		}
	}
}

// resourceName is the name of an add-on on disk and on the command line: the
// kind for one under its default attachment, else with the attachment behind.
func resourceName(service *Service, attachment string, taken map[string]bool) string {
	name := service.Kind
	if attachment != service.DefaultAttachment {
		word := strings.TrimPrefix(attachment, service.ExtraAttachment+"_")
		name += "-" + strings.ToLower(strings.ReplaceAll(word, "_", "-"))
	}
	unique := name
	for i := 2; taken[unique]; i++ {
		unique = fmt.Sprintf("%s-%d", name, i)
	}
	taken[unique] = true
	return unique
}

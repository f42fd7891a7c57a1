// Package templates holds the files that inshore writes or serves: the error
// pages of the router. They are embedded in the binary; nothing is read from
// disk at run time.
//
//	err := templates.Render(w, templates.Development, templates.Page{Code: "H10"})
package templates

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	texttemplate "text/template"
)

// Name is the name of a template.
type Name string

// The error pages. The first three stand for the pages of the platform
// ("Error Pages", Dev Center); the other two explain, as HTML and as text.
const (
	ApplicationError Name = "application-error.html"
	NoSuchApp        Name = "no-such-app.html"
	Maintenance      Name = "maintenance-mode.html"
	Development      Name = "development.html"
	DevelopmentText  Name = "development.txt"
)

// Page is what an error page shows. Empty fields are left out.
type Page struct {
	Code      string // "H10"
	Status    int    // 503
	Title     string // Heroku's text for the code: "App crashed"
	URL       string // config var ERROR_PAGE_URL or MAINTENANCE_PAGE_URL, platform pages only
	Refresh   bool   // ask again by itself: the app may be there soon
	RequestID string
	Dyno      string

	Headline string   // one sentence: what happened
	Detail   string   // a paragraph: why
	Command  string   // the command of the web process
	Output   []string // last lines of output
	Expected string   // where the app should listen
	Found    string   // where it listens instead
	Fixes    []string // things to do
}

//go:embed errorpages
var files embed.FS

var (
	pages = template.Must(template.ParseFS(files, "errorpages/*.html"))
	texts = texttemplate.Must(texttemplate.ParseFS(files, "errorpages/*.txt"))
)

// Render writes a page. The only errors are those of w and an unknown name.
func Render(w io.Writer, name Name, page Page) error {
	if strings.HasSuffix(string(name), ".txt") {
		if err := texts.ExecuteTemplate(w, string(name), page); err != nil {
			return fmt.Errorf("render %s: %w", name, err)
		}
		return nil
	}
	if err := pages.ExecuteTemplate(w, string(name), page); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	return nil
}

package templates

import (
	"strings"
	"testing"
)

var full = Page{
	Code: "H10", Status: 503, Title: "App crashed", URL: "https://shop.test/sorry.html", Refresh: true,
	RequestID: "8601b555-6a83-4c12-8269-97c8e32cdb22", Dyno: "web.1",
	Headline: "web.1 ended with exit code 1", Detail: "0.8 s after its start", Command: "node <server>.js",
	Output: []string{"Error: Cannot find module <express>"}, Expected: "127.0.0.1:41203", Found: "127.0.0.1:3000",
	Fixes: []string{"npm install"},
}

func render(t *testing.T, name Name, page Page) string {
	t.Helper()
	var b strings.Builder
	if err := Render(&b, name, page); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRender_DevelopmentPagesShowEverything(t *testing.T) {
	for _, name := range []Name{Development, DevelopmentText} {
		text := render(t, name, full)
		for _, want := range []string{"H10", "App crashed", "web.1", "exit code 1", "127.0.0.1:41203", "127.0.0.1:3000", "npm install"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in:\n%s", name, want, text)
			}
		}
	}
}

func TestRender_EscapesOutputInHTML(t *testing.T) {
	text := render(t, Development, full)
	if strings.Contains(text, "<express>") || !strings.Contains(text, "&lt;express&gt;") {
		t.Errorf("output is not escaped:\n%s", text)
	}
}

func TestRender_PlatformPagesAreAnIframe(t *testing.T) {
	for name, path := range map[Name]string{
		ApplicationError: "//www.herokucdn.com/error-pages/application-error.html",
		NoSuchApp:        "//www.herokucdn.com/error-pages/no-such-app.html",
		Maintenance:      "//www.herokucdn.com/error-pages/maintenance-mode.html",
	} {
		if text := render(t, name, Page{}); !strings.Contains(text, `<iframe src="`+path+`"`) {
			t.Errorf("%s: no iframe with %s in:\n%s", name, path, text)
		}
		if text := render(t, name, full); !strings.Contains(text, `<iframe src="https://shop.test/sorry.html"`) {
			t.Errorf("%s: the app's own page is not used:\n%s", name, text)
		}
	}
}

func TestRender_LeavesOutWhatIsUnknown(t *testing.T) {
	want := "H14: No web processes running\n"
	if got := render(t, DevelopmentText, Page{Code: "H14", Title: "No web processes running"}); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRender_RefusesAnUnknownName(t *testing.T) {
	if err := Render(&strings.Builder{}, "nothing.html", Page{}); err == nil {
		t.Error("no error")
	}
}

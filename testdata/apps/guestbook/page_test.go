package main

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func TestPage_ShowsEachStateOfAPicture(t *testing.T) {
	page := Page{Welcome: "Ahoy", Count: 12345, Visits: 1, LastBeat: noon, Now: noon, Entries: []Entry{
		{ID: 4, Name: "Ada", Message: "m", PictureState: PictureReady, PictureURL: "https://b/p?a=1&b=2", ThumbnailURL: "https://b/t", SignedAt: noon},
		{ID: 3, Name: "Grace", Message: "m", PictureState: PictureWaiting, SignedAt: noon},
		{ID: 2, Name: "Alan", Message: "m", PictureState: PictureBroken, SignedAt: noon},
		{ID: 1, Name: "Edsger", Message: "m", PictureState: PictureNone, SignedAt: noon},
	}}
	got := rendered(t, page)
	for _, want := range []string{
		`<img src="https://b/t" alt="Picture from Ada"`, "Thumbnail is being made", "could not be read",
		"12,345", "<dt>visit</dt>", `id="entry-1"`, "Ahoy",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestPage_EscapesWhatVisitorsWrite(t *testing.T) {
	evil := `"><script>alert(1)</script>`
	page := Page{
		Form: Form{Name: evil, Message: evil}, Now: noon,
		Entries: []Entry{{Name: evil, Message: evil, PictureState: PictureNone, SignedAt: noon}},
	}
	if got := rendered(t, page); strings.Contains(got, "<script>alert") {
		t.Error("a script got into the page")
	}
}

func TestPage_NamesErrorsAtTheFields(t *testing.T) {
	form := newForm("", "")
	form.Errors["picture"] = "Please choose a picture of at most 5 MB."
	got := rendered(t, Page{Form: form, Now: noon})
	for _, want := range []string{`role="alert"`, `id="name-error"`, `id="message-error"`, `aria-describedby="picture-hint picture-error"`} {
		if !strings.Contains(got, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if !strings.Contains(rendered(t, Page{Now: noon}), "Be the first to sign") {
		t.Error("an empty book does not invite to sign")
	}
}

func TestPage_LoadsNothingFromElsewhere(t *testing.T) {
	err := fs.WalkDir(assetFiles, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".svg") { // SVG names its XML namespace
			return err
		}
		data, err := fs.ReadFile(assetFiles, path)
		if bytes.Contains(data, []byte("://")) {
			t.Errorf("%s holds an address", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := rendered(t, Page{Now: noon}); strings.Contains(got, "://") {
		t.Error("the empty page holds an address")
	}
}

func TestAgo_SaysItAsPeopleDo(t *testing.T) {
	tests := map[time.Duration]string{
		-time.Minute:         "just now",
		0:                    "just now",
		30 * time.Second:     "30 seconds ago",
		90 * time.Second:     "1 minute ago",
		5 * time.Hour:        "5 hours ago",
		49 * time.Hour:       "2 days ago",
		100 * 24 * time.Hour: "21 February 2026",
	}
	for age, want := range tests {
		if got := ago(noon, noon.Add(-age)); got != want {
			t.Errorf("%v: %q, want %q", age, got, want)
		}
	}
}

func rendered(t *testing.T, page Page) string {
	t.Helper()
	var out bytes.Buffer
	if err := page.render(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

package main

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"html/template"
	"io"
	"io/fs"
	"strings"
	"time"
	"unicode/utf8"
)

//go:embed assets
var assetFiles embed.FS

//go:embed page/page.html
var pageSource embed.FS

// Page is what the template shows.
type Page struct {
	Welcome  string
	Form     Form
	Entries  []Entry
	Count    int64
	Visits   int64     // 0 when Redis does not answer
	LastBeat time.Time // zero when the clock never ran
	Now      time.Time
}

var pageTemplate = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"asset":   assetURL,
	"ago":     ago,
	"initial": initial,
	"tone":    tone,
	"thousands": func(n int64) string {
		text := fmt.Sprint(n)
		for i := len(text) - 3; i > 0; i -= 3 {
			text = text[:i] + "," + text[i:]
		}
		return text
	},
	"plural": func(n int64, one, many string) string {
		if n == 1 {
			return one
		}
		return many
	},
	"stamp": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"day":   func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") },
	"types": func() string { return strings.Join(pictureTypes, ",") },
}).ParseFS(pageSource, "page/page.html"))

// render writes the page.
func (p Page) render(w io.Writer) error { return pageTemplate.Execute(w, p) }

// assetURL is the address of a file below assets. The version in it changes with
// the content, so that browsers may keep the file for ever.
func assetURL(name string) (string, error) {
	data, err := fs.ReadFile(assetFiles, "assets/"+name)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return "/assets/" + name + "?v=" + hex.EncodeToString(sum[:6]), nil
}

// ago is a time as people say it.
func ago(now, then time.Time) string {
	unit := func(n int, name string) string {
		if n == 1 {
			return "1 " + name + " ago"
		}
		return fmt.Sprintf("%d %ss ago", n, name)
	}
	switch d := now.Sub(then); {
	case d < 10*time.Second:
		return "just now"
	case d < time.Minute:
		return unit(int(d.Seconds()), "second")
	case d < time.Hour:
		return unit(int(d.Minutes()), "minute")
	case d < 24*time.Hour:
		return unit(int(d.Hours()), "hour")
	case d < 30*24*time.Hour:
		return unit(int(d.Hours()/24), "day")
	default:
		return then.UTC().Format("2 January 2006")
	}
}

// initial is the letter in the circle of an entry without a picture.
func initial(name string) string {
	r, _ := utf8.DecodeRuneInString(name)
	return strings.ToUpper(string(r))
}

const tones = 6

// tone is one of the colours of the style sheet, always the same for a name.
func tone(name string) uint32 {
	sum := fnv.New32a()
	_, _ = io.WriteString(sum, strings.ToLower(name))
	return sum.Sum32() % tones
}

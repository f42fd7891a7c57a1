package main

import (
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The longest a visitor may write, in characters.
const (
	maxName    = 60
	maxMessage = 500
)

// Form is what a visitor filled in, with what is wrong with it.
type Form struct {
	Name    string
	Message string
	Errors  map[string]string // field name to sentence; empty when all is well
}

// newForm cleans the fields and checks them.
func newForm(name, message string) Form {
	f := Form{Name: cleanLine(name), Message: cleanText(message), Errors: map[string]string{}}
	switch n := utf8.RuneCountInString(f.Name); {
	case n == 0:
		f.Errors["name"] = "Please write your name."
	case n > maxName:
		f.Errors["name"] = "Please use at most 60 characters for your name."
	}
	switch n := utf8.RuneCountInString(f.Message); {
	case n == 0:
		f.Errors["message"] = "Please write a message."
	case n > maxMessage:
		f.Errors["message"] = "Please use at most 500 characters for your message."
	}
	return f
}

// Valid tells whether the entry can be stored.
func (f Form) Valid() bool { return len(f.Errors) == 0 }

// checkPicture says what is wrong with a picture of this type and size, or "".
func checkPicture(contentType string, size int64) string {
	switch {
	case !slices.Contains(pictureTypes, contentType):
		return "Please choose a JPEG, PNG, GIF or WebP picture."
	case size <= 0:
		return "This file is empty."
	case size > maxPictureBytes:
		return "Please choose a picture of at most 5 MB."
	default:
		return ""
	}
}

// sniffPicture is the content type that the bytes themselves tell.
func sniffPicture(data []byte) string { return http.DetectContentType(data) }

// cleanLine makes one line: no control characters, single spaces.
func cleanLine(s string) string {
	return strings.Join(strings.Fields(strings.Map(printable, strings.ToValidUTF8(s, ""))), " ")
}

// cleanText keeps line breaks, but no other control characters and no empty
// lines at either end.
func cleanText(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n")
	return strings.TrimSpace(strings.Map(printable, s))
}

// printable drops what Postgres refuses or a page would not show.
func printable(r rune) rune {
	switch {
	case r == '\n':
		return r
	case r == '\t':
		return ' '
	case unicode.IsControl(r):
		return -1
	default:
		return r
	}
}

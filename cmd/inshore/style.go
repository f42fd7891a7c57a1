package main

import (
	"strings"

	"github.com/fatih/color"
)

// colourOn decides whether a stream is coloured: the flag, then what people set
// in their environment, then whether it is a terminal. The order is that of
// `inshore help environment`.
func colourOn(mode string, getenv func(string) string, tty bool) bool {
	switch mode {
	case "always":
		return true
	case "never":
		return false
	}
	switch force := getenv("CLICOLOR_FORCE"); {
	case getenv("NO_COLOR") != "":
		return false
	case getenv("FORCE_COLOR") != "", force != "" && force != "0":
		return true
	case getenv("TERM") == "dumb", getenv("CLICOLOR") == "0":
		return false
	}
	return tty
}

// glyphsOn decides whether signs such as ✓ may be used.
func glyphsOn(getenv func(string) string, tty bool) bool {
	if !tty || getenv("ACCESSIBLE") != "" || getenv("TERM") == "dumb" {
		return false
	}
	locale := getenv("LC_ALL")
	if locale == "" {
		locale = getenv("LC_CTYPE")
	}
	if locale == "" {
		locale = getenv("LANG")
	}
	locale = strings.ToLower(locale)
	return strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
}

// style holds the colours of one stream. Only the eight colours that every
// theme defines are used, and never without a word that says the same.
type style map[string]*color.Color

func newStyle(on bool) style {
	s := style{
		"error":   color.New(color.FgRed, color.Bold),
		"warning": color.New(color.FgYellow, color.Bold),
		"note":    color.New(color.FgCyan, color.Bold),
		"place":   color.New(color.FgCyan),
		"gutter":  color.New(color.FgBlue),
		"caret":   color.New(color.FgYellow),
		"label":   color.New(color.Bold),
		"bold":    color.New(color.Bold),
		"ok":      color.New(color.FgGreen),
		"faint":   color.New(color.Faint),
		"url":     color.New(color.FgCyan),
	}
	for _, c := range s {
		if on {
			c.EnableColor()
		} else {
			c.DisableColor()
		}
	}
	return s
}

// paint colours text for a role; an unknown role leaves it plain.
func (s style) paint(role, text string) string {
	if c, ok := s[role]; ok && text != "" {
		return c.Sprint(text)
	}
	return text
}

// processColours are those of the log's names, chosen by type.
var processColours = []color.Attribute{
	color.FgCyan, color.FgYellow, color.FgGreen, color.FgMagenta, color.FgBlue,
	color.FgHiCyan, color.FgHiYellow, color.FgHiGreen, color.FgHiMagenta, color.FgHiBlue,
}

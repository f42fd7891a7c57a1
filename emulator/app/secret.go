package app

import (
	"net/url"
	"regexp"
	"strings"
)

// Masked stands in output where a secret was.
const Masked = "••••••"

// secretName matches names of config vars whose values are kept out of output.
var secretName = regexp.MustCompile(`(?i)(secret|token|passw|pwd|private|credential|api_?key|access_?key|auth|_key$|_key_|^key$|cookie|salt|dsn)`)

// Secret tells whether a config var must be masked: by its name, or because its
// value is a URL with a password.
func Secret(name, value string) bool {
	return secretName.MatchString(name) || urlPassword(value) != ""
}

// Mask hides a secret in a value: the password of a URL, the whole value
// otherwise. An empty value stays empty, so that its emptiness can be seen.
func Mask(name, value string) string {
	if value == "" || !Secret(name, value) {
		return value
	}
	if password := urlPassword(value); password != "" && !secretName.MatchString(name) {
		return strings.Replace(value, ":"+password+"@", ":"+Masked+"@", 1)
	}
	return Masked
}

// urlPassword is the password of a URL as it is written in it.
func urlPassword(value string) string {
	if !strings.Contains(value, "://") || !strings.Contains(value, "@") {
		return ""
	}
	u, err := url.Parse(value)
	if err != nil {
		// A password that is not escaped keeps the URL from being one, and is a
		// secret all the same.
		_, rest, _ := strings.Cut(value, "://")
		userinfo := rest[:strings.LastIndex(rest, "@")+1]
		_, password, _ := strings.Cut(strings.TrimSuffix(userinfo, "@"), ":")
		return password
	}
	if _, ok := u.User.Password(); !ok {
		return ""
	}
	_, authority, _ := strings.Cut(value, "://")
	if end := strings.IndexAny(authority, "/?#"); end >= 0 {
		authority = authority[:end]
	}
	at := strings.LastIndex(authority, "@")
	if at < 0 {
		return ""
	}
	_, password, _ := strings.Cut(authority[:at], ":")
	return password
}

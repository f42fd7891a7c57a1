package appjson

import (
	"slices"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// herokuKeys are the top-level keys that only Heroku's format (and Dokku's
// extension of it) has.
var herokuKeys = []string{
	"addons", "buildpacks", "env", "environments", "formation", "image", "keywords", "logo", "repository",
	"scripts", "stack", "success_url", "website", "cron", "healthchecks",
}

// kindOf says whose format an object is in.
func kindOf(root *node) Kind {
	has := func(key string) bool { return root.get(key) != nil }
	switch {
	case has("expo"):
		return Expo
	case has("pages"):
		return WeChat
	}
	if slices.ContainsFunc(herokuKeys, has) {
		return Heroku
	}
	switch {
	case has("displayName"):
		return ReactNative
	case has("$schema") || has("properties") && has("type"):
		return JSONSchema
	default:
		return Unknown
	}
}

// foreign is the one note about a file that is not Heroku's.
func foreign(m *Manifest) *problem.Problem {
	var whose string
	switch m.Kind {
	case Heroku:
		return nil
	case Expo:
		whose = "belongs to Expo"
	case ReactNative:
		whose = "belongs to React Native"
	case WeChat:
		whose = "belongs to a WeChat mini program"
	case JSONSchema:
		whose = "is a JSON schema"
	default:
		whose = "has no key that Heroku knows"
	}
	return problem.Newf(codeForeign, "%s %s and is passed over", m.File, whose).Hint().
		At(problem.Place{File: m.File})
}

func nameOf(root *node) (string, bool) {
	if n := root.get("name"); n != nil && n.shape == text {
		return n.text, true
	}
	return "", false
}

// Package redis is the add-on heroku-redis on this machine: valkey-server or
// redis-server where one is installed (native), the same programs out of the
// distribution's packages, unpacked into the cache (embedded), and, where
// neither can be had, a small server of our own that knows a subset of the
// commands and says so (also embedded). A container is used where there is an
// engine.
//
// Real servers write every change to an append-only file, so that a kill loses
// nothing that was acknowledged. All of them listen on 127.0.0.1 only and ask
// for a password.
package redis

import (
	"net"
	"net/url"
	"strconv"

	"github.com/inshore-dev/inshore/addons"
)

// slug and kind of the service.
const (
	slug = "heroku-redis"
	kind = "redis"
)

// Service describes heroku-redis with the drivers of this build. Names and
// shape of the variables follow Dev Center, "Heroku Key-Value Store".
func Service() *addons.Service {
	return &addons.Service{
		Slug:              slug,
		Aliases:           []string{"heroku-key-value-store", "rediscloud", "redisgreen", "openredis", "valkey"},
		Kind:              kind,
		Title:             "Redis",
		DefaultAttachment: "REDIS",
		ExtraAttachment:   "HEROKU_REDIS",
		Drivers:           drivers(),
		Vars:              Vars,
		VarNames:          func(attachment string) []string { return []string{attachment + "_URL"} },
		UnavailableFix:    "install Redis (brew install redis | apt install redis-server)",
	}
}

// Vars are the config vars under an attachment name.
func Vars(attachment string, c addons.Credentials) []addons.Var {
	return []addons.Var{{Name: attachment + "_URL", Value: URL(c)}}
}

// URL has no user name, as on the platform: there is only the default one.
func URL(c addons.Credentials) string {
	u := url.URL{
		Scheme: "redis",
		User:   url.UserPassword("", c.Password),
		Host:   net.JoinHostPort(c.Host, strconv.Itoa(c.Port)),
	}
	return u.String()
}

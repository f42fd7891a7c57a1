package emulator

import (
	"context"
	"net"
	"net/url"
	"slices"
	"time"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/control"
)

// isExternal tells whether the user provides an add-on: its main variable has a
// value that the user wrote down. Nothing is started for it then.
//
// One case is different. Many repositories keep something like
// DATABASE_URL=postgres://localhost:5432/shop in an env file, for a server that
// developers are expected to run themselves. Where nothing listens at such an
// address of this machine, the add-on is provisioned as app.json asks, and its
// variables win.
func (e *Emulator) isExternal(r addons.Request) bool {
	name := mainVar(r)
	value, where := e.givenValue(name)
	if value == "" {
		return false
	}
	if address := localAddress(value, r.Service.Kind); address != "" && !answers(address) {
		e.note("%s: nothing listens at %s, where %s of %s points - providing it instead", r.Spec.Name, address, name, where)
		e.mu.Lock()
		e.config = slices.DeleteFunc(e.config, func(v app.ConfigVar) bool { return v.Name == name })
		e.mu.Unlock()
		return false
	}
	e.note("%s is external: %s is set in %s", r.Spec.Name, name, where)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.externals = append(e.externals, control.AddOn{
		Name: r.Spec.Name, Service: r.Service.Slug, Plan: r.Spec.Plan, Mode: "external", State: "ready",
		Vars: []string{name}, URL: app.Mask(name, value), Detail: name + " is set in " + where,
	})
	return true
}

// givenValue is the value of a config var that the user wrote down, and where.
func (e *Emulator) givenValue(name string) (value, where string) {
	if name == "" {
		return "", ""
	}
	for _, v := range e.Config() {
		if v.Name == name && v.Origin.Layer != app.LayerAppJSON {
			return v.Value, describeOrigin(v.Origin)
		}
	}
	return lookup(e.app.Environ, name), "the environment"
}

func mainVar(r addons.Request) string {
	if r.Service.VarNames == nil {
		return ""
	}
	if names := r.Service.VarNames(r.Spec.Attachment); len(names) > 0 {
		return names[0]
	}
	return ""
}

// defaultPorts are where servers listen whose URL names no port.
var defaultPorts = map[string]string{"postgres": "5432", "redis": "6379"}

// localAddress is the host and port of a URL that points at this machine, and
// empty for every other value.
func localAddress(value, kind string) string {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" {
		return ""
	}
	host, port := u.Hostname(), u.Port()
	if port == "" {
		port = defaultPorts[kind]
	}
	ip := net.ParseIP(host)
	if port == "" || (host != "localhost" && (ip == nil || !ip.IsLoopback())) {
		return ""
	}
	return net.JoinHostPort(host, port)
}

// answers tells whether anybody listens at an address of this machine.
func answers(address string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	connection.Close()
	return true
}

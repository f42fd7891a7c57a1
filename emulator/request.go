package emulator

import (
	"net"
	"strconv"

	"github.com/inshore-dev/inshore/emulator/dyno"
	"github.com/inshore-dev/inshore/emulator/logs"
	"github.com/inshore-dev/inshore/emulator/router"
)

// logRequest writes the router's line of a finished request.
func (e *Emulator) logRequest(entry router.AccessEntry) {
	e.hub.Log(logs.Router, "router", entry.Line())
}

// explain is what the development error page says about the web dynos.
func (e *Emulator) explain(string) router.Explanation {
	var x router.Explanation
	web, ok := e.app.Process(webType)
	if !ok {
		x.Title = "This app has no web process type."
		x.Fixes = []string{"add a line to the Procfile:  web: COMMAND"}
		return x
	}
	x.Command = web.Command
	for _, m := range e.webMembers() {
		status := m.dyno.Status()
		x.Expected = net.JoinHostPort(loopbacks[0], strconv.Itoa(m.Port))
		x.Output = e.lastLines(m.Name)
		switch status.State {
		case dyno.Crashed:
			x.Title = m.Name + " crashed."
			if status.Exit != nil {
				x.Title = m.Name + " crashed with exit status " + itoa(status.Exit.Status()) + "."
			}
			x.Fixes = []string{"inshore logs " + m.Name, "inshore restart " + m.Name}
		case dyno.Starting:
			x.Title = m.Name + " has not opened its port yet."
		case dyno.Up, dyno.Down, dyno.Idle, dyno.Complete:
		}
		if listeners := dyno.Listeners(m.dyno.Tree()); len(listeners) > 0 && status.State == dyno.Starting {
			x.Found = listeners[0].Addr.String()
			x.Fixes = []string{"let the web process listen on $PORT"}
		}
	}
	return x
}

func (e *Emulator) webMembers() []*member {
	e.mu.Lock()
	defer e.mu.Unlock()
	var web []*member
	for _, m := range e.members {
		if m.Type.Name == webType {
			web = append(web, m)
		}
	}
	return web
}

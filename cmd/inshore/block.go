package main

import (
	"strings"

	"github.com/inshore-dev/inshore/emulator/control"
)

// block prints where everything is, the same after `up` and from `status`.
func block(p *printer, s control.Status) {
	if !p.tty {
		plainBlock(p, s)
		return
	}
	p.line("\n  %s", p.paint("bold", s.App+" is up"))
	rows := [][]string{}
	if len(s.URLs) > 0 {
		rows = append(rows, []string{"App", p.paint("url", strings.Join(s.URLs, "   "))})
	}
	for _, a := range s.AddOns {
		rows = append(rows, []string{title(a.Name), addOnAddress(a)})
	}
	rows = append(rows, []string{"Stop", "Ctrl-C or inshore down     Logs of one process: inshore logs NAME -t     Everything else: inshore help"})
	p.table("  ", rows)
	p.line("")
}

func plainBlock(p *printer, s control.Status) {
	word := "up"
	if !s.Ready {
		word = "starting"
	}
	p.line("%-10s %-7s %s", "app", word, strings.Join(append([]string{s.App}, s.URLs...), " "))
	for _, a := range s.AddOns {
		p.line("%-10s %-7s %s %s", "addon", a.State, a.Name, addOnAddress(a))
	}
}

func addOnAddress(a control.AddOn) string {
	if a.URL != "" {
		return a.URL
	}
	return a.Addr
}

// title writes a name with a capital.
func title(name string) string {
	if name == "" {
		return name
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

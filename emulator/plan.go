package emulator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/problem"
)

// Process types with a meaning of their own (Dev Center: "The Procfile").
const (
	webType     = "web"
	releaseType = "release"
)

// plannedDyno is one dyno that should run.
type plannedDyno struct {
	Name string // "web.1"
	Type app.ProcessType
	N    int // from 1
	Port int // where it is asked to listen; may be exchanged for a free one
}

// planFormation says which dynos should run: for every selected process type
// but release, as many as the quantities, the formation or, without either,
// one. The order is that of the Procfile.
func planFormation(processes []app.ProcessType, opts Options, portBase int) []plannedDyno {
	var dynos []plannedDyno
	for _, p := range processes {
		if !selected(p.Name, opts) {
			continue
		}
		for n := 1; n <= quantity(p, opts); n++ {
			dynos = append(dynos, planDyno(p, n, portBase))
		}
	}
	return dynos
}

func planDyno(p app.ProcessType, n, portBase int) plannedDyno {
	return plannedDyno{
		Name: fmt.Sprintf("%s.%d", p.Name, n),
		Type: p,
		N:    n,
		Port: dynoPort(portBase, p.Index, n),
	}
}

// maxPerType bounds the formation. The platform stops at 100 dynos of a type
// (Dev Center: "Scaling Your Dyno Formation"); more than this is a typing error
// that would take the machine down.
const maxPerType = 1000

// checkQuantity refuses a quantity that nobody can mean.
func checkQuantity(processType string, n int) *problem.Problem {
	if n >= 0 && n <= maxPerType {
		return nil
	}
	return problem.Newf("C016", "%s=%d: a process type can have 0 to %d dynos", processType, n, maxPerType).
		Fix("choose a smaller number, in app.json's formation or on the command line")
}

func selected(processType string, opts Options) bool {
	if processType == releaseType || slices.Contains(opts.Except, processType) {
		return false
	}
	return len(opts.Only) == 0 || slices.Contains(opts.Only, processType)
}

func quantity(p app.ProcessType, opts Options) int {
	if n, ok := opts.Quantities[p.Name]; ok {
		return n
	}
	return p.Quantity
}

// wantsPort tells whether a dyno is given $PORT: web always, as on the
// platform; others only when their command asks for it, because people run
// several servers side by side from a Procfile.dev.
func wantsPort(p app.ProcessType) bool {
	return p.Name == webType || strings.Contains(p.Command, "$PORT") || strings.Contains(p.Command, "${PORT")
}

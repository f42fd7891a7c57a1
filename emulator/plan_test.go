package emulator

import (
	"reflect"
	"testing"

	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/problem"
)

func TestPlanFormation_CountsPortsLikeForeman(t *testing.T) {
	processes := []app.ProcessType{
		{Name: "web", Quantity: 2, Index: 0},
		{Name: "release", Index: 1},
		{Name: "worker", Quantity: 1, Index: 2},
		{Name: "clock", Quantity: 0, Index: 3},
	}
	for _, test := range []struct {
		name string
		opts Options
		want map[string]int
	}{
		{"formation", Options{}, map[string]int{"web.1": 5000, "web.2": 5001, "worker.1": 5200}},
		{"only", Options{Only: []string{"worker"}}, map[string]int{"worker.1": 5200}},
		{"except", Options{Except: []string{"web"}}, map[string]int{"worker.1": 5200}},
		{"quantities", Options{Quantities: map[string]int{"web": 0, "clock": 1}}, map[string]int{"worker.1": 5200, "clock.1": 5300}},
		{"release is never part of it", Options{Quantities: map[string]int{"release": 1, "web": 0, "worker": 0}}, map[string]int{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := map[string]int{}
			for _, d := range planFormation(processes, test.opts, 5000) {
				got[d.Name] = d.Port
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestWantsPort_IsForWebAndWhoeverAsks(t *testing.T) {
	for command, want := range map[string]bool{"vite --port $PORT": true, "api ${PORT:-1}": true, "sidekiq": false} {
		if got := wantsPort(app.ProcessType{Name: "js", Command: command}); got != want {
			t.Errorf("%q: got %v, want %v", command, got, want)
		}
	}
	if !wantsPort(app.ProcessType{Name: "web", Command: "npm start"}) {
		t.Error("web was not given a port")
	}
}

func TestDefaultPortBase_StaysBelowTheEphemeralRange(t *testing.T) {
	for _, checkout := range []string{"", "00000000", "ffffffff", "1f2e3d4c"} {
		base := defaultPortBase(checkout)
		if base < lowestPortBase || base >= highestPortBase || base != defaultPortBase(checkout) {
			t.Errorf("checkout %q: port base %d", checkout, base)
		}
	}
}

func TestNew_RefusesAFormationThatNobodyCanMean(t *testing.T) {
	a := &app.App{Processes: []app.ProcessType{{Name: "web", Quantity: 99_999_999}}}
	_, err := New(a, Options{})
	if list := problem.Of(err); len(list) != 1 || list[0].Code != "C016" {
		t.Errorf("got %v", err)
	}
}

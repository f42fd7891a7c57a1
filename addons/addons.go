// Package addons says what an add-on is: a service of the catalogue, the modes
// in which it can run on this machine, and the config vars an app sees.
//
// A Service (heroku-postgresql) has Drivers, one per Mode: a container, a
// server that is installed here (native), or one that inshore brings along
// (embedded). Provision asks them in order, takes the first that is possible,
// remembers the choice with port and password in the checkout's state
// directory, and says why the others did not fit. A driver gives back a
// Resource: something that answers its own protocol and can be stopped,
// destroyed and, by optional interfaces, backed up and reset.
//
// The package starts nothing by itself: processes, ports and logs come in
// through Host, which the engine fills. It imports nothing of ours but
// emulator/problem; the services live in the folders below it.
package addons

import (
	"strings"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// Mode is the way in which an add-on runs. The zero Mode means "not decided".
type Mode string

// The modes, in the order in which auto asks for them.
const (
	Container Mode = "container" // a container of the local engine
	Native    Mode = "native"    // a server installed on this machine, with our own data directory
	Embedded  Mode = "embedded"  // brought along by inshore: nothing needs to be installed
)

// Engine is what the user asked for with --engine. The zero Engine is Auto.
type Engine string

// The engines.
const (
	EngineAuto     Engine = "auto"     // recorded mode, else container, native, embedded: the first that works
	EngineDocker   Engine = "docker"   // only Container
	EngineNative   Engine = "native"   // no container: Native, else Embedded
	EngineEmbedded Engine = "embedded" // only Embedded
)

// ParseEngine reads the value of --engine; "" is auto. An unknown word is a
// problem C003.
func ParseEngine(text string) (Engine, error) {
	switch engine := Engine(strings.ToLower(strings.TrimSpace(text))); engine {
	case "":
		return EngineAuto, nil
	case EngineAuto, EngineDocker, EngineNative, EngineEmbedded:
		return engine, nil
	case "container":
		return EngineDocker, nil
	default:
		return "", problem.Newf("C003", "unknown engine %q", text).
			Note("allowed", "auto, docker, native, embedded")
	}
}

// auto tells whether inshore may choose the mode.
func (e Engine) auto() bool { return e == EngineAuto || e == "" }

// allows tells whether a driver of that mode may be taken.
func (e Engine) allows(m Mode) bool {
	switch e {
	case EngineDocker:
		return m == Container
	case EngineNative:
		return m == Native || m == Embedded
	case EngineEmbedded:
		return m == Embedded
	default:
		return true
	}
}

// word is the mode as the user names it in --engine.
func (m Mode) word() string {
	if m == Container {
		return "docker"
	}
	return string(m)
}

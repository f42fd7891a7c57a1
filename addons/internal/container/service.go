package container

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"
)

// The labels of everything that inshore makes in an engine.
const (
	LabelCheckout  = "dev.inshore.checkout"  // identity of the checkout
	LabelAddon     = "dev.inshore.addon"     // name of the add-on in the app
	LabelApp       = "dev.inshore.app"       // name of the app, for people
	LabelEphemeral = "dev.inshore.ephemeral" // "true" when the data will be thrown away
	LabelSpec      = "dev.inshore.spec"      // hash of the Service and its port
)

// Service describes a server that runs in a container.
type Service struct {
	Checkout  string // identity of the checkout
	App       string // name of the app
	Addon     string // name of the add-on, unique in the checkout
	Ephemeral bool   // the data will be thrown away

	Image      string
	Env        map[string]string
	Entrypoint []string // nil is the image's
	Args       []string // nil is the image's
	Port       int      // the TCP port inside the container
	DataPath   string   // where the volume is mounted

	// Files are written into a new container before it starts.
	Files []File
	// Capabilities that are kept; all others are dropped.
	Capabilities []string
	Memory       int64         // limit in bytes; 0 is 2 GiB
	SharedMemory int64         // size of /dev/shm in bytes; 0 is the engine's default
	Processes    int64         // limit of processes and threads; 0 is 1024
	StopSignal   string        // asks the server to end; "" is the image's
	Grace        time.Duration // between the stop signal and the kill; 0 is 10 s

	seed seed // data that is put into an empty volume before the start
}

// seed is a tar stream and the folder below which it is unpacked.
type seed struct {
	dir     string
	content io.Reader // nil for none
}

// File is a file or folder inside a container. Parent folders are made.
type File struct {
	Path    string // absolute; a slash at the end makes it a folder
	Content []byte
	Mode    int64 // permission bits; 0 is 0644, for folders 0755
}

// Name is that of the container and of its volume: readable, and different for
// every checkout.
func (s Service) Name() string {
	sum := sha256.Sum256([]byte(s.Checkout))
	name := "inshore-" + word(s.App) + "-" + word(s.Addon)
	return name[:min(len(name), 100)] + "-" + hex.EncodeToString(sum[:4])
}

// word keeps what is allowed in the name of a container.
func word(text string) string {
	cleaned := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		default:
			return '-'
		}
	}, text)
	if cleaned == "" {
		return "app"
	}
	return cleaned
}

// identity are the labels by which everything of the service is found.
func (s Service) identity() map[string]string {
	return map[string]string{LabelCheckout: s.Checkout, LabelAddon: s.Addon}
}

// labels are all labels except that of the specification.
func (s Service) labels() map[string]string {
	labels := s.identity()
	labels[LabelApp] = s.App
	labels[LabelEphemeral] = fmt.Sprint(s.Ephemeral)
	return labels
}

// containerLabels are the labels of a container at the port.
func (s Service) containerLabels(port int) map[string]string {
	labels := maps.Clone(s.labels())
	labels[LabelSpec] = s.hash(port)
	return labels
}

// hash changes with everything that makes a container unfit to be taken over.
func (s Service) hash(port int) string {
	data, err := json.Marshal(struct {
		Service
		Published int
	}{s, port})
	if err != nil {
		// Not possible: there are only strings, numbers and bytes in it.
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}

// owns tells whether a container is the one of this service. Labels alone are
// not enough, anybody can write them: name and volume must match as well.
func (s Service) owns(i Instance) bool {
	if i.Name != s.Name() || i.Volume(s.DataPath) != s.Name() {
		return false
	}
	for name, value := range s.identity() {
		if i.Labels[name] != value {
			return false
		}
	}
	return true
}

func (s Service) ownsVolume(v Volume) bool {
	return v.Name == s.Name() && v.Labels[LabelCheckout] == s.Checkout && v.Labels[LabelAddon] == s.Addon
}

func (s Service) memory() int64 {
	if s.Memory > 0 {
		return s.Memory
	}
	return 2 << 30
}

func (s Service) grace() time.Duration {
	if s.Grace > 0 {
		return s.Grace
	}
	return 10 * time.Second
}

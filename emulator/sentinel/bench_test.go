//go:build linux || darwin

package sentinel

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

func BenchmarkLaunch(b *testing.B) {
	s, err := Start(b.Context(), Options{Tag: fmt.Sprintf("bench%d/%d", os.Getpid(), time.Now().UnixNano())})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		p, err := s.Launch(Spec{Name: "x", Argv: []string{"/bin/true"}, Env: os.Environ()})
		if err != nil {
			b.Fatal(err)
		}
		<-p.Gone()
	}
	if err := s.Close(context.Background()); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkBareLaunch is what the operating system and os/exec take without us.
func BenchmarkBareLaunch(b *testing.B) {
	for b.Loop() {
		if err := exec.Command("/bin/true").Run(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStartAndClose(b *testing.B) {
	for b.Loop() {
		s, err := Start(b.Context(), Options{Tag: fmt.Sprintf("bench%d/%d", os.Getpid(), time.Now().UnixNano())})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSweepOfNothing(b *testing.B) {
	for b.Loop() {
		if _, err := Sweep(fmt.Sprintf("nobody%d/", os.Getpid())); err != nil {
			b.Fatal(err)
		}
	}
}

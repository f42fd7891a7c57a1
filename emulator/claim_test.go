package emulator

import (
	"sync"
	"testing"
)

// Runs that start at the same moment ask for the same ports.
func TestClaims_NeverPromiseAPortTwice(t *testing.T) {
	dir := t.TempDir()
	preferred, err := freePort(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	var asking sync.WaitGroup
	var mu sync.Mutex
	promised := map[int]int{}
	for range 10 {
		c := newClaims(dir)
		t.Cleanup(c.release)
		asking.Go(func() {
			port, err := c.port(t.Context(), preferred)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			promised[port]++
			mu.Unlock()
		})
	}
	asking.Wait()
	if len(promised) != 10 || promised[preferred] != 1 {
		t.Errorf("promised %v", promised)
	}
}

func TestClaims_GiveAPortAgainToItsOwnRunAndAfterIt(t *testing.T) {
	dir := t.TempDir()
	one, two := newClaims(dir), newClaims(dir)
	defer two.release()
	port, err := one.port(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := one.port(t.Context(), port); err != nil || again != port {
		t.Errorf("got %d, %v, want %d", again, err, port)
	}
	if other, err := two.port(t.Context(), port); err != nil || other == port {
		t.Errorf("the promised port was given away: %d, %v", other, err)
	}
	one.release()
	if later, err := two.port(t.Context(), port); err != nil || later != port {
		t.Errorf("got %d, %v, want %d", later, err, port)
	}
}

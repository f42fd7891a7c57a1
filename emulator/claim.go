package emulator

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// claims are the ports that this run has promised to somebody who will open
// them later: dynos and add-ons. A promise is a locked file in a directory that
// all runs of the user share, so that two runs that start at the same moment
// never hand out the same port; the kernel takes it back when the run ends.
type claims struct {
	dir string

	mu   sync.Mutex
	held map[int]*os.File
}

// claimTries bounds the search for a port that nobody has or was promised.
const claimTries = 100

func newClaims(dir string) *claims {
	return &claims{dir: dir, held: map[int]*os.File{}}
}

// port promises a free port of both loopbacks: the preferred one, if any, or
// one that the kernel picks.
func (c *claims) port(ctx context.Context, preferred int) (int, error) {
	if preferred != 0 {
		if c.take(ctx, preferred) {
			return preferred, nil
		}
	}
	for range claimTries {
		port, err := freePort(ctx, 0)
		if err != nil {
			return 0, err
		}
		if c.take(ctx, port) {
			return port, nil
		}
	}
	return 0, errors.New("no free port")
}

// take promises a port unless somebody listens on it or was promised it. A port
// this run holds already is given again: its dyno is being replaced.
func (c *claims) take(ctx context.Context, port int) bool {
	if !portFree(ctx, port) {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ours := c.held[port]; ours {
		return true
	}
	file, err := c.lock(port)
	if err != nil {
		return false
	}
	c.held[port] = file
	return true
}

func (c *claims) lock(port int) (*os.File, error) {
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return nil, fmt.Errorf("claim port %d: %w", port, err)
	}
	file, err := os.OpenFile(filepath.Join(c.dir, strconv.Itoa(port)), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockFile(file); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// release gives all ports back.
func (c *claims) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for port, file := range c.held {
		file.Close()
		delete(c.held, port)
	}
}

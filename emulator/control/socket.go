package control

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// maxSocketPath leaves room below the 104 bytes that darwin gives a socket
// address (Linux gives 108).
const maxSocketPath = 100

// dialTimeout bounds the question whether anybody answers. A local socket
// accepts at once or not at all.
const dialTimeout = 2 * time.Second

// SocketPath is where the control socket of a checkout is: control.sock in its
// state directory, or, when that is too long for a socket address, a file named
// after the checkout id in a private directory of the user's: in
// XDG_RUNTIME_DIR if that is set, else in os.TempDir.
func SocketPath(stateDir, checkout string) string {
	return socketPaths(stateDir, checkout)[0]
}

// socketPaths lists every place where the socket may be, best first. The two
// sides may see different environments, so a client tries all of them.
func socketPaths(stateDir, checkout string) []string {
	inState := filepath.Join(stateDir, "control.sock")
	if len(inState) <= maxSocketPath {
		return []string{inState}
	}
	var paths []string
	for _, dir := range []string{os.Getenv("XDG_RUNTIME_DIR"), os.TempDir(), "/tmp"} {
		path := filepath.Join(dir, fmt.Sprintf("inshore-%d", os.Getuid()), checkout+".sock")
		if filepath.IsAbs(path) && len(path) <= maxSocketPath {
			paths = append(paths, path)
		}
	}
	if len(paths) == 0 {
		return []string{inState}
	}
	return paths
}

// privateDir makes the directory, or checks that the existing one is a real
// directory of ours that nobody else may enter: in a shared temporary directory
// somebody else may have been there first.
func privateDir(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory", dir)
	}
	if !ownedByUs(info) {
		return fmt.Errorf("%s belongs to somebody else", dir)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return os.Chmod(dir, 0o700)
	}
	return nil
}

// Listen opens the control socket of a checkout: it creates the directory
// (0700) and the socket (0600), and replaces a socket that nobody answers any
// more. A socket that still answers gives problem S002. The caller holds the
// checkout's lock, and closes the listener unless it passes it to Serve.
func Listen(stateDir, checkout string) (net.Listener, error) {
	path := SocketPath(stateDir, checkout)
	if err := privateDir(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("prepare the control socket: %w", err)
	}
	if conn, err := net.DialTimeout("unix", path, dialTimeout); err == nil {
		_ = conn.Close()
		return nil, problem.New("S002", "another inshore is already running this folder").
			Fix("follow it: inshore logs -t · stop it: inshore down")
	}
	// Only a socket is taken away: a file of the user's under that name is not ours.
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSocket != 0 {
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("remove the stale control socket: %w", err)
		}
	}
	ln, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("open the control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = ln.Close()
		return nil, fmt.Errorf("protect the control socket: %w", err)
	}
	return &ownListener{Listener: ln}, nil
}

// ownListener lets nobody in but the user who runs us.
type ownListener struct{ net.Listener }

// Accept waits for the next connection of our own user and drops the others.
func (l *ownListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if checkPeer(conn) == nil {
			return conn, nil
		}
		_ = conn.Close()
	}
}

// dial connects to the first socket that answers and belongs to our user.
func dial(stateDir, checkout string) (net.Conn, string, error) {
	for _, path := range socketPaths(stateDir, checkout) {
		info, err := os.Lstat(path)
		if err != nil || info.Mode()&fs.ModeSocket == 0 || !ownedByUs(info) {
			continue
		}
		conn, err := net.DialTimeout("unix", path, dialTimeout)
		if err != nil {
			continue
		}
		if err := checkPeer(conn); err != nil {
			_ = conn.Close()
			return nil, "", fmt.Errorf("control socket %s: %w", path, err)
		}
		return conn, path, nil
	}
	return nil, "", ErrNotRunning
}

package emulator

import (
	"context"
	"fmt"
	"hash/fnv"
	"net"
	"strconv"

	"github.com/inshore-dev/inshore/emulator/problem"
)

const (
	// defaultRouterPort and the port above it are free of the ports that
	// frameworks and macOS services take for themselves.
	defaultRouterPort = 5300
	// portPairs is how many pairs are tried after the default one.
	portPairs = 50
	// portsPerType is the distance between the first ports of two process
	// types, as foreman and `heroku local` count.
	portsPerType = 100
	// Dyno ports stay below the ephemeral range of Linux, which starts at 32768.
	lowestPortBase, highestPortBase, portBaseStep = 10000, 30000, 1000
)

// loopbacks are the addresses inshore listens on and looks for dynos at.
var loopbacks = []string{"127.0.0.1", "::1"}

// routerListeners opens the router's port on both loopbacks. The recorded port
// is asked for first; a port of the user's choice is never exchanged for
// another.
func routerListeners(ctx context.Context, chosen, recorded int) ([]net.Listener, error) {
	if chosen != 0 {
		return listenLoopback(ctx, chosen)
	}
	candidates := []int{}
	if recorded != 0 {
		candidates = append(candidates, recorded)
	}
	for i := range portPairs {
		candidates = append(candidates, defaultRouterPort+2*i)
	}
	var firstErr error
	for _, port := range candidates {
		listeners, err := listenLoopback(ctx, port)
		if err == nil {
			return listeners, nil
		}
		if firstErr == nil {
			firstErr = err
		}
	}
	return nil, firstErr
}

// listenLoopback listens on 127.0.0.1 and, where the machine has it, on ::1.
// Port 0 takes a free one. A port that only one of the two can have is taken.
func listenLoopback(ctx context.Context, port int) ([]net.Listener, error) {
	var listeners []net.Listener
	for _, host := range loopbacks {
		var config net.ListenConfig
		l, err := config.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil && host != loopbacks[0] && !isInUse(err) {
			continue // no IPv6 here
		}
		if err != nil {
			for _, opened := range listeners {
				opened.Close()
			}
			return nil, portTaken(port, err)
		}
		port = l.Addr().(*net.TCPAddr).Port
		listeners = append(listeners, l)
	}
	return listeners, nil
}

func portTaken(port int, err error) error {
	if !isInUse(err) {
		return fmt.Errorf("listen on port %d: %w", port, err)
	}
	p := problem.Newf("R001", "port %d is taken", port).Wrap(err)
	fix := fmt.Sprintf("use another port: inshore up --port %d", port+10)
	if by, pid := portHolder(port); by != "" {
		p.Note("by", "%s", by)
		fix = fmt.Sprintf("stop it: kill %d · or %s", pid, fix)
	}
	return p.Fix("%s", fix)
}

// freePort finds a port that nothing listens on, on either loopback: the
// preferred one or one that the kernel gives.
func freePort(ctx context.Context, preferred int) (int, error) {
	if preferred != 0 && portFree(ctx, preferred) {
		return preferred, nil
	}
	listeners, err := listenLoopback(ctx, 0)
	if err != nil {
		return 0, err
	}
	port := listeners[0].Addr().(*net.TCPAddr).Port
	for _, l := range listeners {
		l.Close()
	}
	return port, nil
}

func portFree(ctx context.Context, port int) bool {
	listeners, err := listenLoopback(ctx, port)
	for _, l := range listeners {
		l.Close()
	}
	return err == nil
}

// defaultPortBase spreads checkouts over the port space, so that two clones
// rarely meet and one checkout keeps its ports.
func defaultPortBase(checkout string) int {
	hash := fnv.New32a()
	hash.Write([]byte(checkout))
	slots := uint32((highestPortBase - lowestPortBase) / portBaseStep)
	return lowestPortBase + int(hash.Sum32()%slots)*portBaseStep
}

// dynoPort is the port of the n-th dyno (from 1) of the process type at an
// index (from 0): base + 100 per type + 1 per dyno.
func dynoPort(base, typeIndex, n int) int {
	return base + typeIndex*portsPerType + n - 1
}

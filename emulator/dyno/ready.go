package dyno

import (
	"context"
	"net"
	"strconv"
	"time"
)

const (
	probeFirst = 2 * time.Millisecond
	probeLast  = 50 * time.Millisecond
	// probeShare is the part of the time waited so far that the next pause may
	// add: a dyno that boots in 200 ms is seen within 4 ms of its port.
	probeShare = 50
	// probeTimeout bounds one connection: on the loopback an answer is immediate
	// unless the listener's queue is full.
	probeTimeout = 500 * time.Millisecond
)

// probePause is the pause after a probe, given the time since the start.
func probePause(waited time.Duration) time.Duration {
	return min(max(waited/probeShare, probeFirst), probeLast)
}

// awaitPort connects until somebody listens on the port, on 127.0.0.1 or else
// on ::1, and returns where. It is empty when ctx ended first. Heroku's own rule
// is stricter, a dyno must listen on all interfaces; locally loopback is enough.
func awaitPort(ctx context.Context, port int) string {
	started := time.Now()
	addresses := []string{
		net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
		net.JoinHostPort("::1", strconv.Itoa(port)),
	}
	dialer := net.Dialer{Timeout: probeTimeout}
	timer := time.NewTimer(probeFirst)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ""
		case <-timer.C:
		}
		for _, address := range addresses {
			conn, err := dialer.DialContext(ctx, "tcp", address)
			if err == nil {
				_ = conn.Close()
				return address
			}
		}
		timer.Reset(probePause(time.Since(started)))
	}
}

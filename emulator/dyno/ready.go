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
// foreign tells that what answers belongs to another dyno, which took the port
// between our looking for a free one and our dyno's start.
func awaitPort(ctx context.Context, port int, foreign func() bool) string {
	started := time.Now()
	v4 := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	v6 := net.JoinHostPort("::1", strconv.Itoa(port))
	timer := time.NewTimer(probeFirst)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ""
		case <-timer.C:
		}
		switch {
		case answers(ctx, v4):
			if !foreign() {
				return v4
			}
		case answers(ctx, v6) && !foreign():
			if answers(ctx, v4) {
				return v4 // it opened both between our two questions
			}
			return v6
		}
		timer.Reset(probePause(time.Since(started)))
	}
}

func answers(ctx context.Context, address string) bool {
	dialer := net.Dialer{Timeout: probeTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

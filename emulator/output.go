package emulator

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/inshore-dev/inshore/emulator/logs"
)

// output gives every start of a dyno one pipe for both of its streams, as on
// the platform, where a dyno has one log stream (Dev Center: "Logging"): lines
// written to stdout and stderr keep their order.
type output struct {
	hub     *logs.Hub
	process string

	mu     sync.Mutex
	shared *os.File // the write end that stderr shares
}

// lateLines is how long the log waits for the end of a pipe whose process tree
// is gone: only a process that escaped could still hold it.
const lateLines = 100 * time.Millisecond

// Open makes the pipe for stdout and hands out the same one for stderr; see
// dyno.Output.
func (o *output) Open(stream string) (*os.File, func(), error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if stream == "stderr" && o.shared != nil {
		return o.shared, nil, nil
	}
	pipe, err := o.hub.Pipe(logs.App, o.process, logs.None)
	if err != nil {
		return nil, nil, err
	}
	o.shared = pipe.File()
	finish := func() {
		ctx, cancel := context.WithTimeout(context.Background(), lateLines)
		defer cancel()
		_ = pipe.Finish(ctx) // the process is over, and what could be read is in the log
	}
	return pipe.File(), finish, nil
}

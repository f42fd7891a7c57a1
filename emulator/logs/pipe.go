package logs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// Sizes of the buffer of a pipe: most streams never need more than the first.
const (
	firstRead = 4 << 10
	mostRead  = 64 << 10
)

// Pipe carries the output of one child into a hub.
type Pipe struct {
	hub  *Hub
	out  splitter
	r    *os.File
	done chan struct{} // closed when the reader is gone
	err  error         // of the reader; read after done

	mu sync.Mutex
	w  *os.File // nil once closed
}

// Pipe makes an operating-system pipe and starts to read from it. The caller
// calls Finish.
func (h *Hub) Pipe(source Source, process string, stream Stream) (*Pipe, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("log pipe of %s: %w", process, err)
	}
	enlarge(w)
	p := h.From(r, source, process, stream)
	p.w = w
	return p, nil
}

// From starts to read lines from f, such as the master side of a pty, and owns
// it from now on. The caller calls Finish.
func (h *Hub) From(f *os.File, source Source, process string, stream Stream) *Pipe {
	p := &Pipe{
		hub: h, r: f, done: make(chan struct{}),
		out: splitter{hub: h, stream: h.streamOf(source, process, stream)},
	}
	h.mu.Lock()
	h.open[p] = struct{}{}
	h.mu.Unlock()
	// The reader ends at the end of the stream or when Finish cuts it off.
	h.pipes.Go(p.read)
	return p
}

// File is the write end to hand to a child as stdout, stderr or both; nil with
// From and after Started.
func (p *Pipe) File() *os.File {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.w
}

// Started closes our copy of the write end, so that the end of the child is
// seen. Call it also when the child could not be started.
func (p *Pipe) Started() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.w == nil {
		return nil
	}
	err := p.w.Close()
	p.w = nil
	return err
}

// Done is closed at the end of the stream, when its last line is in the hub.
func (p *Pipe) Done() <-chan struct{} { return p.done }

// Finish waits for the end of the stream, at most until ctx ends (a grandchild
// may hold the pipe open); then takes what is in the pipe, keeps the unfinished
// last line and closes the read end.
func (p *Pipe) Finish(ctx context.Context) error {
	err := p.Started()
	select {
	case <-p.done:
		return errors.Join(err, p.err)
	case <-ctx.Done():
	}
	if errors.Is(p.r.SetReadDeadline(time.Now()), os.ErrNoDeadline) {
		// On Windows and some devices what is still in the pipe is lost.
		err = errors.Join(err, p.r.Close())
	}
	<-p.done
	return errors.Join(err, p.err)
}

func (p *Pipe) read() {
	defer close(p.done)
	err := p.readAll()
	if flushed := p.out.flush(); err == nil {
		err = flushed
	}
	_ = p.r.Close() // may be closed already
	p.err = err
	p.hub.mu.Lock()
	defer p.hub.mu.Unlock()
	delete(p.hub.open, p)
}

func (p *Pipe) readAll() error {
	buf := make([]byte, firstRead)
	for {
		n, err := p.r.Read(buf)
		if n > 0 {
			if err := p.out.feed(buf[:n]); err != nil {
				return err
			}
			if n == len(buf) && n < mostRead {
				buf = make([]byte, min(4*n, mostRead))
			}
		}
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded):
			return p.drain(buf)
		case endOfStream(err):
			return nil
		default:
			return fmt.Errorf("read the output of %s: %w", p.out.stream.process, err)
		}
	}
}

// mostDrain bounds what Finish takes from a pipe that somebody still writes to.
const mostDrain = 1 << 20

// drain takes what is in the pipe without waiting for more.
func (p *Pipe) drain(buf []byte) error {
	if err := p.r.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	for total := 0; total < mostDrain; {
		n := readNow(p.r, buf)
		if n <= 0 {
			break
		}
		total += n
		if err := p.out.feed(buf[:n]); err != nil {
			return err
		}
	}
	return nil
}

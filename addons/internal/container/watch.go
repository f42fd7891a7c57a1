package container

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// watch follows the log and waits for the end of the container. The work ends
// with pause or unwatch, whatever happens to the context of the start.
func (s *Server) watch(ctx context.Context) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel = cancel
	s.group.Go(func() { s.attend(ctx) })
}

// pause ends the watching for a while.
func (s *Server) pause() {
	s.cancel()
	s.group.Wait()
}

// unwatch ends the watching for good.
func (s *Server) unwatch() {
	s.pause()
	s.once.Do(func() { close(s.done) })
}

// attend keeps the server company: when the engine goes away it waits for its
// return and starts the container again if need be, when the server has used
// up its memory it is started once more, and when it ends by itself that is
// made known by Done.
func (s *Server) attend(ctx context.Context) {
	since := s.begin(ctx)
	again := false
	for {
		err := s.companion(ctx, since)
		if ctx.Err() != nil {
			return
		}
		since = time.Now()
		if lost(err) {
			if s.outlast(ctx) != nil {
				return
			}
			continue
		}
		i, err := s.engine.Inspect(ctx, s.ID())
		if err == nil && i.OOM && !again {
			again = true
			s.tell(fmt.Sprintf("%s: %s; starting it again once", s.service.Addon, ending(i, s.service.memory())))
			if s.engine.Start(ctx, i.ID) == nil {
				continue
			}
		}
		if ctx.Err() == nil {
			s.once.Do(func() { close(s.done) })
		}
		return
	}
}

// begin is the time from which the log is of interest.
func (s *Server) begin(ctx context.Context) time.Time {
	i, err := s.engine.Inspect(ctx, s.ID())
	if err != nil {
		return time.Now()
	}
	return i.Started
}

// companion follows the log until the container has ended.
func (s *Server) companion(ctx context.Context, since time.Time) error {
	ctx, cancel := context.WithCancel(ctx)
	logged := make(chan struct{})
	// Ends with the container or with the context, which is cancelled below.
	go func() {
		defer close(logged)
		s.follow(ctx, since)
	}()
	err := s.engine.Wait(ctx, s.ID())
	if err == nil {
		// The last lines arrive after the end; they are few.
		select {
		case <-logged:
			cancel()
			return nil
		case <-time.After(2 * time.Second):
		}
	}
	cancel()
	<-logged
	return err
}

// follow copies the log. When that fails the container is gone or the engine
// is; both are noticed by whoever waits for the container.
func (s *Server) follow(ctx context.Context, since time.Time) {
	if log := s.options.Log; log != nil && log != io.Discard {
		_ = s.engine.Follow(ctx, s.ID(), since, log)
	}
}

// lost tells whether the engine is gone rather than the container.
func lost(err error) bool {
	var p *problem.Problem
	return err != nil && (errors.As(err, &p) && p.Code == "D006" || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF))
}

// outlast waits until the engine is back and the server answers again.
func (s *Server) outlast(ctx context.Context) error {
	pause := 250 * time.Millisecond
	told := false
	for {
		i, err := s.engine.Inspect(ctx, s.ID())
		if err == nil && !i.Running {
			err = s.engine.Start(ctx, i.ID)
		}
		if err == nil {
			err = s.ask(ctx)
		}
		if err == nil {
			if told {
				s.tell(fmt.Sprintf("%s: the container engine is back, the add-on answers again", s.service.Addon))
			}
			return nil
		}
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if !told {
			told = true
			s.tell(fmt.Sprintf("%s: add-on lost, the container engine does not answer; trying again until it does", s.service.Addon))
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, 5*time.Second)
	}
}

func (s *Server) tell(text string) {
	if s.options.Tell != nil {
		s.options.Tell(text)
	}
}

package container

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// Options say how Start goes about it. Port and Ready are required.
type Options struct {
	// Preferred is the port recorded by an earlier run; 0 takes any, but that of
	// a running container is kept.
	Preferred int
	// Port finds a free port of 127.0.0.1, the preferred one if possible.
	Port func(ctx context.Context, preferred int) (int, error)
	// Ready speaks the server's own protocol at the port. It is called until it
	// returns nil; a Permanent error ends the wait at once.
	Ready func(ctx context.Context, port int) error
	// Patience is how long Ready may fail; 0 is 60 s.
	Patience time.Duration
	// Offline keeps images from being pulled.
	Offline bool

	Log      io.Writer                                // gets the server's output; nil throws it away
	Tell     func(text string)                        // something the user should know; may be nil
	Progress func(text string, done, total int64)     // of a pull, in bytes; may be nil
	Explain  func(lines []string) (cause, fix string) // reads the last lines of a server that failed; may be nil
}

// Server is a service that runs in a container and answers. Its methods may be
// used by several goroutines.
type Server struct {
	engine  Engine
	service Service
	options Options

	// life serialises what starts, stops and replaces the container.
	life sync.Mutex
	// watching ends with cancel; done is closed when the server is gone for good.
	cancel context.CancelFunc
	group  sync.WaitGroup
	done   chan struct{}
	once   sync.Once

	mutex sync.Mutex
	id    string
	port  int
}

// Start takes over the container of an earlier run, starts it again, or makes
// one, and returns when the server answers. Port and data are kept; a container
// that differs from the service is replaced, its volume is not. When it fails
// or the context ends, nothing keeps running: a container of this call is
// removed, and its volume too if the call has made it.
func Start(ctx context.Context, engine Engine, service Service, options Options) (*Server, error) {
	s := &Server{engine: engine, service: service, options: options, done: make(chan struct{})}
	fresh, err := s.bringUp(ctx)
	if err != nil {
		return nil, errors.Join(err, s.giveUp(ctx, fresh))
	}
	s.watch(ctx)
	return s, nil
}

// bringUp leads to a container that answers. fresh tells whether the volume was
// made by this call.
func (s *Server) bringUp(ctx context.Context) (fresh bool, err error) {
	if err := s.takeOver(ctx); err != nil {
		return false, err
	}
	if s.id == "" {
		if err := s.ensureImage(ctx); err != nil {
			return false, err
		}
		if fresh, err = s.ensureVolume(ctx); err != nil {
			return fresh, err
		}
		if err := s.create(ctx); err != nil {
			return fresh, err
		}
	}
	return fresh, s.await(ctx)
}

// takeOver looks for the container of an earlier run. The id stays empty when
// there is none or when it had to be removed.
func (s *Server) takeOver(ctx context.Context) error {
	found, err := s.engine.Find(ctx, s.service.identity())
	if err != nil {
		return err
	}
	for _, i := range found {
		if !s.service.owns(i) {
			continue
		}
		taken, err := s.resume(ctx, i)
		if err != nil || taken {
			return err
		}
		if err := errors.Join(s.engine.Stop(ctx, i.ID, s.service.grace()), s.engine.Remove(ctx, i.ID)); err != nil {
			return err
		}
	}
	return nil
}

// resume tells whether the container could be used as it is.
func (s *Server) resume(ctx context.Context, i Instance) (bool, error) {
	wanted := s.options.Preferred == 0 || s.options.Preferred == i.Port
	if !wanted || i.Port == 0 || i.Labels[LabelSpec] != s.service.hash(i.Port) {
		return false, nil
	}
	// From here on a failure must find the container to stop it.
	s.set(i.ID, i.Port)
	if i.Running {
		return true, nil
	}
	started, err := s.startAgain(ctx, i)
	if err == nil && !started {
		s.set("", 0)
	}
	return started, err
}

// startAgain is false when the container's port is in use.
func (s *Server) startAgain(ctx context.Context, i Instance) (bool, error) {
	port, err := s.options.Port(ctx, i.Port)
	if err != nil || port != i.Port {
		return false, err
	}
	err = s.engine.Start(ctx, i.ID)
	if errors.Is(err, ErrPortTaken) {
		return false, nil
	}
	return err == nil, err
}

func (s *Server) ensureImage(ctx context.Context) error {
	present, err := s.engine.ImagePresent(ctx, s.service.Image)
	if err != nil || present {
		return err
	}
	if s.options.Offline {
		return unpullable(s.service.Image, nil)
	}
	return s.engine.Pull(ctx, s.service.Image, func(done, total int64) {
		if s.options.Progress != nil {
			s.options.Progress("pulling "+s.service.Image, done, total)
		}
	})
}

// ensureVolume makes the volume unless it is there. fresh is true when it was
// made.
func (s *Server) ensureVolume(ctx context.Context) (fresh bool, err error) {
	name := s.service.Name()
	v, err := s.engine.Volume(ctx, name)
	if err == nil {
		if !s.service.ownsVolume(v) {
			return false, problem.Newf("D007", "the volume name %s is used by a volume that is not inshore's", name).
				Cause("its labels do not match, so it is left alone").
				Fix("rename or remove it: docker volume rm %s", name)
		}
		return false, nil
	}
	if !errors.Is(err, ErrNotFound) {
		return false, err
	}
	if err := s.engine.CreateVolume(ctx, name, s.service.labels()); err != nil {
		return false, err
	}
	return true, nil
}

// create runs a new container. Between the choice of a free port and its use
// somebody else may take it: then another one is tried.
func (s *Server) create(ctx context.Context) error {
	preferred := s.options.Preferred
	for try := 1; ; try++ {
		port, err := s.options.Port(ctx, preferred)
		if err != nil {
			return err
		}
		id, err := s.engine.Run(ctx, s.service, port)
		if err == nil {
			s.set(id, port)
			return nil
		}
		if !errors.Is(err, ErrPortTaken) || try == 5 {
			return err
		}
		preferred = 0
	}
}

// giveUp leaves nothing running after a failure. The context has perhaps ended.
func (s *Server) giveUp(ctx context.Context, fresh bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	var err error
	if id := s.ID(); id != "" {
		err = errors.Join(s.engine.Stop(ctx, id, s.service.grace()), s.engine.Remove(ctx, id))
	}
	if fresh {
		err = errors.Join(err, s.engine.RemoveVolume(ctx, s.service.Name()))
	}
	if errors.As(err, new(*problem.Problem)) {
		// The engine is gone; that is what has been reported already.
		return nil
	}
	return err
}

func (s *Server) set(id string, port int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.id, s.port = id, port
}

// ID is that of the container; a replacement changes it.
func (s *Server) ID() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.id
}

// Port is the one on 127.0.0.1 where the server answers.
func (s *Server) Port() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.port
}

// Done is closed when the server has been stopped or has ended by itself.
func (s *Server) Done() <-chan struct{} { return s.done }

// Stop ends the server and keeps container and data.
func (s *Server) Stop(ctx context.Context) error {
	s.life.Lock()
	defer s.life.Unlock()
	s.unwatch()
	err := s.engine.Stop(ctx, s.ID(), s.service.grace())
	return errors.Join(err, s.engine.Close())
}

// Destroy removes container and volume.
func (s *Server) Destroy(ctx context.Context) error {
	s.life.Lock()
	defer s.life.Unlock()
	s.unwatch()
	return errors.Join(s.wipe(ctx), s.engine.Close())
}

// wipe removes whatever container uses the volume now, which is another than
// the one of this Server when somebody has replaced it since, and the volume.
func (s *Server) wipe(ctx context.Context) error {
	found, err := s.engine.Find(ctx, s.service.identity())
	if err != nil {
		return err
	}
	for _, i := range found {
		if !s.service.owns(i) {
			continue
		}
		if err := s.engine.Stop(ctx, i.ID, s.service.grace()); err != nil {
			return err
		}
		if err := s.engine.Remove(ctx, i.ID); err != nil {
			return err
		}
	}
	v, err := s.engine.Volume(ctx, s.service.Name())
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil || !s.service.ownsVolume(v) {
		return err
	}
	return s.engine.RemoveVolume(ctx, v.Name)
}

// Refill replaces the data: the server gets an empty volume into which a tar
// stream, packed relative to the folder "into", is unpacked before it starts.
// A nil stream leaves the volume empty. The port stays.
func (s *Server) Refill(ctx context.Context, into string, content io.Reader) error {
	s.life.Lock()
	defer s.life.Unlock()
	select {
	case <-s.done:
		return errors.New("the server is not running")
	default:
	}
	s.pause()
	if err := s.refill(ctx, into, content); err != nil {
		s.once.Do(func() { close(s.done) })
		return err
	}
	s.watch(ctx)
	return nil
}

func (s *Server) refill(ctx context.Context, into string, content io.Reader) error {
	if err := s.wipe(ctx); err != nil {
		return err
	}
	if _, err := s.ensureVolume(ctx); err != nil {
		return err
	}
	service := s.service
	service.seed = seed{dir: into, content: content}
	id, err := s.engine.Run(ctx, service, s.Port())
	if err != nil {
		return err
	}
	s.set(id, s.Port())
	return s.await(ctx)
}

// Exec runs a command inside; its exit status must be 0, else the error holds
// the last line it wrote to its error output.
func (s *Server) Exec(ctx context.Context, command Command) error {
	var complaint lastLine
	command.Stderr = &complaint
	status, err := s.engine.Exec(ctx, s.ID(), command)
	if err != nil {
		return err
	}
	if status != 0 {
		return fmt.Errorf("%s ended with status %d: %s", command.Argv[0], status, complaint.text())
	}
	return nil
}

// CopyFrom packs a file or folder of the container. The caller closes it.
func (s *Server) CopyFrom(ctx context.Context, path string) (io.ReadCloser, error) {
	return s.engine.CopyFrom(ctx, s.ID(), path)
}

// lastLine keeps the end of a stream.
type lastLine struct{ tail []byte }

func (l *lastLine) Write(p []byte) (int, error) {
	l.tail = append(l.tail, p...)
	l.tail = l.tail[max(0, len(l.tail)-2000):]
	return len(p), nil
}

func (l *lastLine) text() string {
	lines := splitLines(string(l.tail))
	if len(lines) == 0 {
		return "no message"
	}
	return lines[len(lines)-1]
}

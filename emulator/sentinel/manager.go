//go:build linux || darwin

package sentinel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long the manager waits beyond the grace times before it says
// that processes survive their kill (uninterruptible sleep, another user's).
const patience = 10 * time.Second

// Sentinel is the manager's side of a guardian process. Its methods may be
// called from any goroutine.
type Sentinel struct {
	options Options
	command *exec.Cmd
	conn    *net.UnixConn
	ended   chan struct{} // the sentinel is gone and everything is settled
	lost    chan struct{}

	writing sync.Mutex // one frame at a time on conn

	mu      sync.Mutex
	next    uint64
	procs   map[uint64]*Process
	calls   map[uint64]chan message
	closing bool
	failed  error // why nothing can be asked any more
	goodbye bool  // the sentinel has said that it is done
	left    []int // what it could not kill
}

// Start executes the sentinel and returns as soon as it runs. ctx bounds only
// the start. The caller calls Close, and after Lost may Start another one.
func Start(ctx context.Context, options Options) (*Sentinel, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if options.Tag == "" {
		return nil, errors.New("start sentinel: no tag")
	}
	if options.Grace == 0 {
		options.Grace = DefaultGrace
	}
	conn, theirs, err := socketPair()
	if err != nil {
		return nil, fmt.Errorf("start sentinel: %w", err)
	}
	command, err := sentinelCommand(options, theirs)
	if err == nil {
		err = command.Start()
	}
	_ = theirs.Close()
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("start sentinel: %w", err)
	}
	s := &Sentinel{
		options: options,
		command: command,
		conn:    conn,
		ended:   make(chan struct{}),
		lost:    make(chan struct{}),
		procs:   make(map[uint64]*Process),
		calls:   make(map[uint64]chan message),
	}
	go s.listen() // ends with the sentinel; Close and Lost wait for it
	return s, nil
}

// sentinelCommand is our own executable with a small environment: the sentinel
// hands its children the environment of their Spec and needs none itself.
func sentinelCommand(options Options, socket *os.File) (*exec.Cmd, error) {
	executable := options.Executable
	if executable == "" {
		var err error
		if executable, err = ownExecutable(); err != nil {
			return nil, err
		}
	}
	args := options.Args
	if args == nil {
		args = []string{Command}
	}
	command := exec.Command(executable, args...)
	command.Dir = "/"
	command.Env = []string{
		RunVariable + "=" + options.Tag,
		ProcessVariable + "=" + sentinelProcess,
		graceVariable + "=" + options.Grace.String(),
		// One processor, and no collector while the program's libraries initialise
		// themselves: dynos wait for it. Main switches the collector on.
		"GOMAXPROCS=1", "GOGC=off",
	}
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		switch name {
		case "PATH", "HOME", "TMPDIR", "GOCOVERDIR":
			command.Env = append(command.Env, entry)
		}
	}
	command.Stderr = options.Log
	command.ExtraFiles = []*os.File{socket}
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	command.WaitDelay = time.Second
	return command, nil
}

// ownExecutable prefers the running image to its name: the file may have been
// replaced by an upgrade, and both ends must speak the same encoding.
func ownExecutable() (string, error) {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe", nil
	}
	return os.Executable()
}

// socketPair gives our end as a connection and the sentinel's as a file.
func socketPair() (*net.UnixConn, *os.File, error) {
	syscall.ForkLock.RLock()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fds[0])
		unix.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	theirs := os.NewFile(uintptr(fds[1]), "sentinel")
	conn, err := connFromFile(os.NewFile(uintptr(fds[0]), "manager"))
	if err != nil {
		_ = theirs.Close()
		return nil, nil, err
	}
	return conn, theirs, nil
}

// connFromFile takes over the file.
func connFromFile(file *os.File) (*net.UnixConn, error) {
	conn, err := net.FileConn(file)
	_ = file.Close()
	if err != nil {
		return nil, err
	}
	unixConn, ok := conn.(*net.UnixConn)
	if !ok {
		_ = conn.Close()
		return nil, errors.New("not a unix socket")
	}
	return unixConn, nil
}

// PID is the process id of the sentinel, which is also its session.
func (s *Sentinel) PID() int { return s.command.Process.Pid }

// Lost is closed when the sentinel died without having been asked to. By then
// what it left behind has been killed and every Process is gone.
func (s *Sentinel) Lost() <-chan struct{} { return s.lost }

// Launch starts a process. A process that cannot be started gives a
// *LaunchError; a sentinel that died gives ErrLost, a closed one ErrClosed.
func (s *Sentinel) Launch(spec Spec) (*Process, error) {
	request, err := launchMessage(spec)
	if err != nil {
		return nil, err
	}
	files, closeFiles, err := launchFiles(spec)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	defer closeFiles()
	process := s.enlist()
	request.Process = process.id
	request.Env = taggedEnv(spec.Env, s.options.Tag, process.id)
	reply, err := s.call(request, files)
	if err == nil && reply.PID == 0 {
		err = launchFailure(spec.Name, request.Path, reply)
	}
	if err != nil {
		s.dismiss(process.id)
		return nil, err
	}
	process.pid = reply.PID
	return process, nil
}

// launchMessage checks a Spec and finds its program.
func launchMessage(spec Spec) (*message, error) {
	if len(spec.Argv) == 0 || spec.Argv[0] == "" {
		return nil, &LaunchError{Name: spec.Name, Status: 127, Err: errors.New("empty command")}
	}
	m := &message{
		Op: opLaunch, Name: spec.Name, Argv: spec.Argv, Last: spec.Last, TTY: spec.TTY,
		Signal: spec.StopSignal,
	}
	if m.Signal == 0 {
		m.Signal = syscall.SIGTERM
	}
	if spec.User != nil {
		m.Remap, m.Switch = spec.User.Namespace, !spec.User.Namespace
		m.UID, m.GID = spec.User.UID, spec.User.GID
	}
	var err error
	if m.Dir, err = workingDirectory(spec); err != nil {
		return nil, err
	}
	if m.Path, err = findProgram(spec, m.Dir); err != nil {
		return nil, err
	}
	return m, nil
}

// launchFiles are descriptors 0 to 2; missing ones are the null device.
func launchFiles(spec Spec) (files []*os.File, closeFiles func(), err error) {
	files = []*os.File{spec.Stdin, spec.Stdout, spec.Stderr}
	closeFiles = func() {}
	for i, f := range files {
		if f != nil {
			continue
		}
		null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
		if err != nil {
			return nil, nil, err
		}
		for j := i; j < len(files); j++ {
			if files[j] == nil {
				files[j] = null
			}
		}
		return files, func() { _ = null.Close() }, nil
	}
	return files, closeFiles, nil
}

// taggedEnv adds our marks to an environment, in place of any it may hold. Of a
// variable given twice only the last is kept, as os/exec does: programs disagree
// on which of two they read.
func taggedEnv(env []string, tag string, id uint64) []string {
	marks := []string{RunVariable + "=" + tag, fmt.Sprintf("%s=%d", ProcessVariable, id)}
	place := make(map[string]int, len(env)+len(marks))
	tagged := make([]string, 0, len(env)+len(marks))
	for _, entry := range slices.Concat(env, marks) {
		name, _, _ := strings.Cut(entry, "=")
		if at, twice := place[name]; twice {
			tagged[at] = entry
			continue
		}
		place[name] = len(tagged)
		tagged = append(tagged, entry)
	}
	return tagged
}

// launchFailure turns what exec said into what a shell would say.
func launchFailure(name, path string, reply message) error {
	errno := syscall.Errno(reply.Errno)
	if reply.Errno == 0 {
		if reply.Text == ErrClosed.Error() {
			return ErrClosed
		}
		return fmt.Errorf("start %s: %s", name, reply.Text)
	}
	failure := &LaunchError{Name: name, Path: path, Status: 126, Err: errno}
	if errno == syscall.ENOENT {
		// The file was there a moment ago: its interpreter is what is missing.
		failure.Status = 127
		failure.Err = fmt.Errorf("the interpreter named in its first line is missing: %w", errno)
	}
	return failure
}

func (s *Sentinel) enlist() *Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	process := &Process{
		sentinel: s,
		id:       s.next,
		done:     make(chan struct{}),
		gone:     make(chan struct{}),
	}
	s.procs[process.id] = process
	return process
}

func (s *Sentinel) dismiss(id uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.procs, id)
}

// call sends a request and waits for its reply.
func (s *Sentinel) call(request *message, files []*os.File) (message, error) {
	answer := make(chan message, 1)
	s.mu.Lock()
	if s.failed != nil {
		defer s.mu.Unlock()
		return message{}, s.failed
	}
	s.next++
	request.Call = s.next
	s.calls[request.Call] = answer
	s.mu.Unlock()
	if err := s.send(request, files); err != nil {
		// Whoever listens will see the end of the sentinel and answer for it.
		_ = s.conn.CloseRead()
	}
	reply, ok := <-answer
	if !ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		return message{}, s.failed
	}
	return reply, nil
}

func (s *Sentinel) send(request *message, files []*os.File) error {
	frame := request.encode()
	s.writing.Lock()
	defer s.writing.Unlock()
	return writeFrame(s.conn, frame, files)
}

// listen hands out what the sentinel reports until the sentinel is gone.
func (s *Sentinel) listen() {
	reader := newFrameReader(s.conn)
	for {
		m, _, err := reader.next()
		if err != nil {
			s.end(err)
			return
		}
		s.dispatch(m)
	}
}

func (s *Sentinel) dispatch(m message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch m.Op {
	case opExited:
		if p := s.procs[m.Process]; p != nil {
			p.markDone(Exit{Code: m.Code, Signal: m.Signal})
		}
	case opGone:
		if p := s.procs[m.Process]; p != nil {
			p.markGone(m.Killed)
			delete(s.procs, m.Process)
		}
	case opClosed:
		s.left, s.goodbye = m.PIDs, true
	case opLaunched, opSignaled, opTreeIs:
		if answer := s.calls[m.Call]; answer != nil {
			answer <- m
			delete(s.calls, m.Call)
		}
	case opLaunch, opSignal, opStop, opTree, opClose:
		// Requests; the sentinel sends none.
	}
}

// end settles everything once the connection is over.
func (s *Sentinel) end(cause error) {
	_ = s.conn.Close()
	s.mu.Lock()
	lost, inOrder := !s.closing, s.goodbye
	s.failed = ErrClosed
	if lost {
		s.failed = ErrLost
		if !errors.Is(cause, io.EOF) {
			s.failed = fmt.Errorf("%w: %w", ErrLost, cause)
		}
	}
	s.mu.Unlock()
	if !inOrder {
		_ = s.command.Process.Kill() // an unreadable sentinel is of no use
		// Not waited for yet, it still owns its number; so does its session.
		_, _ = sweep(sweepTarget{
			match:   func(run string) bool { return run == s.options.Tag },
			session: s.PID(),
		})
	}
	_ = s.command.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, p := range s.procs {
		p.markDone(Exit{Signal: syscall.SIGKILL})
		p.markGone(true)
		delete(s.procs, id)
	}
	for id, answer := range s.calls {
		close(answer)
		delete(s.calls, id)
	}
	if lost {
		close(s.lost)
	}
	close(s.ended)
}

// Close stops every process, those marked Last after all others, and then the
// sentinel. Each half has Options.Grace; when ctx ends first the rest is killed
// at once. It may be called more than once; after Lost it has nothing to do.
func (s *Sentinel) Close(ctx context.Context) error {
	s.mu.Lock()
	if s.failed == nil {
		s.closing = true
	}
	s.mu.Unlock()
	_ = s.send(&message{Op: opClose, Grace: s.options.Grace}, nil)
	select {
	case <-s.ended:
		return s.leftovers()
	case <-ctx.Done():
		_ = s.send(&message{Op: opClose}, nil)
	}
	deadline := time.NewTimer(2 * patience)
	defer deadline.Stop()
	select {
	case <-s.ended:
	case <-deadline.C:
		_ = s.command.Process.Kill()
		<-s.ended
	}
	return s.leftovers()
}

func (s *Sentinel) leftovers() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.left) > 0 {
		return fmt.Errorf("processes %v cannot be killed", s.left)
	}
	return nil
}

//go:build linux || darwin

package sentinel

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/inshore-dev/inshore/emulator/footprint"
)

const (
	// sentinelProcess is the value of ProcessVariable in the sentinel itself.
	sentinelProcess = "sentinel"
	// graceVariable tells the sentinel its grace for the death of the manager.
	graceVariable = "INSHORE_GRACE"
	// socketFD is where the sentinel finds its end of the socket pair.
	socketFD = 3
	// settleTime is when the sentinel gives back the memory that the start of
	// the binary took, which has many libraries that it does not use.
	settleTime = 2 * time.Second
	// gcPercent is eager: the sentinel handles a few messages an hour and should
	// weigh as little as Go allows.
	gcPercent = 25
)

// guard is the sentinel itself. All of it belongs to one goroutine on one
// locked OS thread: the parent-death signal of the children follows the thread
// that started them, not the process (golang/go#27505).
type guard struct {
	outbox *outbox
	grace  time.Duration
	// wards are the launched trees by number. Number 0 collects strays, orphans
	// that cannot be traced to any of them; it is nobody's, and stopped at the end.
	wards map[uint64]*ward
	kin   *kin

	closing bool
	last    bool // closing has reached the Last processes
	stray   []int
	ended   bool
}

// ward is one launched tree.
type ward struct {
	id     uint64
	name   string
	leader int  // its pid, also its process group
	alive  bool // the leader has not ended
	signal syscall.Signal
	last   bool

	stopping bool
	deadline time.Time // when to begin killing
	killing  bool
	killed   bool // something was alive at the deadline
	rounds   int
	next     time.Time // the next kill round
	begun    time.Time // of killing
}

// Main is what the hidden command runs: it guards processes until the manager
// is gone and nothing is left. It returns the exit code. Nothing but the
// standard library may have been initialised before.
func Main() int {
	runtime.LockOSThread()
	debug.SetGCPercent(gcPercent)
	conn, err := connFromFile(os.NewFile(socketFD, "manager"))
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s is started by inshore itself, not by hand\n", Command)
		return 2
	}
	// Notify, not Ignore: an ignored signal would stay ignored in the children.
	// The sentinel ends when its manager does, never by a polite signal.
	signal.Notify(make(chan os.Signal, 1), deafTo...)
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	if err := becomeGuardian(); err != nil {
		fmt.Fprintf(os.Stderr, "sentinel: %v; processes that leave their session may survive\n", err)
	}
	grace, err := time.ParseDuration(os.Getenv(graceVariable))
	if err != nil {
		grace = DefaultGrace
	}
	g := &guard{
		outbox: newOutbox(conn),
		grace:  grace,
		wards:  make(map[uint64]*ward),
		kin:    newKin(os.Getenv(RunVariable)),
	}
	time.AfterFunc(settleTime, footprint.Trim)
	requests := make(chan request)
	go receive(conn, requests) // ends with the connection or the process
	g.run(requests, children)
	g.outbox.close()
	return 0
}

// deafTo are the signals that must not end the sentinel.
var deafTo = []os.Signal{
	syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE,
	syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGALRM,
}

type request struct {
	message
	files []int
}

func receive(conn *net.UnixConn, requests chan<- request) {
	reader := newFrameReader(conn)
	for {
		m, files, err := reader.next()
		if err != nil {
			close(requests)
			return
		}
		requests <- request{m, files}
	}
}

// run returns when the manager is gone, or has said goodbye, and no process is left.
func (g *guard) run(requests <-chan request, children <-chan os.Signal) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for !g.ended {
		timer.Reset(g.untilNext())
		select {
		case r, ok := <-requests:
			if !ok {
				requests = nil
				g.close(g.grace)
				break
			}
			g.handle(r)
		case <-children:
			g.reap()
		case <-timer.C:
			g.reap() // where orphans do not come to us, their end is found by looking
		}
		g.advance(time.Now())
	}
}

func (g *guard) handle(r request) {
	w := g.wards[r.Process]
	switch r.Op {
	case opLaunch:
		g.launch(r)
	case opSignal:
		if w != nil {
			g.signalTree(w, r.Signal)
		}
		g.report(message{Op: opSignaled, Call: r.Call})
	case opTree:
		reply := message{Op: opTreeIs, Call: r.Call}
		if w != nil {
			g.adopt(nil)
			reply.PIDs = g.kin.tree(w)
		}
		g.report(reply)
	case opStop:
		if w != nil {
			g.stop(w, r.Grace)
		}
	case opClose:
		g.close(r.Grace)
	case opLaunched, opSignaled, opTreeIs, opExited, opGone, opClosed:
		// Reports; the manager sends none.
	}
}

func (g *guard) report(m message) { g.outbox.put(m.encode()) }

func (g *guard) launch(r request) {
	reply := message{Op: opLaunched, Call: r.Call, Process: r.Process}
	defer func() {
		for _, fd := range r.files {
			_ = syscall.Close(fd)
		}
		g.report(reply)
	}()
	if g.closing {
		reply.Text = ErrClosed.Error()
		return
	}
	if len(r.files) < 3 {
		reply.Text = "its open files did not arrive (too many open files?)"
		return
	}
	fds := make([]uintptr, len(r.files))
	for i, fd := range r.files {
		// The manager's runtime polls its pipes; programs expect to block.
		_ = syscall.SetNonblock(fd, false)
		fds[i] = uintptr(fd)
	}
	// ForkExec and not os/exec: the guard alone waits for its children.
	pid, err := syscall.ForkExec(r.Path, r.Argv, &syscall.ProcAttr{
		Dir: r.Dir, Env: r.Env, Files: fds, Sys: childAttributes(r.message),
	})
	if err != nil {
		reply.Text = err.Error()
		if errno, ok := errors.AsType[syscall.Errno](err); ok {
			reply.Errno = int(errno)
		}
		return
	}
	reply.PID = pid
	g.wards[r.Process] = &ward{
		id: r.Process, name: r.Name, leader: pid, alive: true,
		signal: r.Signal, last: r.Last,
	}
	g.kin.add(pid, r.Process)
}

// end is how the leader of a ward ended.
type end struct {
	ward *ward
	exit syscall.WaitStatus
}

// reap takes the ended children, adopts the orphans they leave, and reports.
func (g *guard) reap() {
	ends, owners := g.collect()
	g.adopt(owners)
	for _, e := range ends {
		m := message{Op: opExited, Process: e.ward.id, Code: e.exit.ExitStatus()}
		if e.exit.Signaled() {
			m.Code, m.Signal = 0, e.exit.Signal()
		}
		g.report(m)
	}
	for id, w := range g.wards {
		if !w.alive && !g.kin.has(id) {
			delete(g.wards, id)
			if id != 0 {
				g.report(message{Op: opGone, Process: id, Killed: w.killed})
			}
		}
	}
}

// collect waits for every child that has ended. It returns the leaders among
// them, and whose all of them were.
func (g *guard) collect() (ends []end, owners []uint64) {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return ends, owners
		}
		id, known := g.kin.remove(pid)
		if known {
			owners = append(owners, id)
		}
		if w := g.wards[id]; w != nil && w.alive && w.leader == pid {
			w.alive = false
			ends = append(ends, end{w, status})
		}
	}
}

// adopt finds out whose the orphans are that came to us since the last time.
// The only owner among those who just ended is the best guess for an orphan
// without any mark, the only living ward the next best.
func (g *guard) adopt(owners []uint64) {
	slices.Sort(owners)
	owners = slices.Compact(owners)
	guess := uint64(0)
	switch {
	case len(owners) == 1:
		guess = owners[0]
	case len(g.wards) == 1:
		for id := range g.wards {
			guess = id
		}
	}
	for _, id := range g.kin.adopt(g.wards, guess) {
		if g.wards[id] == nil {
			// Strays, or the rest of a tree already reported gone.
			g.wards[id] = &ward{id: id, name: "stray", signal: syscall.SIGTERM}
			if id != 0 || g.closing {
				g.stop(g.wards[id], time.Second)
			}
		}
	}
}

func (g *guard) stop(w *ward, grace time.Duration) {
	deadline := time.Now().Add(grace)
	if w.stopping {
		if deadline.Before(w.deadline) {
			w.deadline = deadline
		}
		return
	}
	w.stopping, w.deadline = true, deadline
	if grace <= 0 {
		return // straight to the kill
	}
	g.signalTree(w, w.signal)
}

// signalTree sends to every process group of the tree once. A stopped process
// would not hear a request to end, hence the continue signal.
func (g *guard) signalTree(w *ward, sig syscall.Signal) {
	g.adopt(nil)
	targets := g.kin.groups(g.kin.tree(w))
	for _, target := range targets {
		_ = syscall.Kill(target, sig)
	}
	switch sig {
	case syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT:
		for _, target := range targets {
			_ = syscall.Kill(target, syscall.SIGCONT)
		}
	default: // nothing that a program would have to run for
	}
}

// killRound stops every process first, so that none can fork while the others
// die, and looks again until it has seen them all.
func (g *guard) killRound(w *ward) {
	seen := 0
	for range 4 {
		g.adopt(nil)
		tree := g.kin.tree(w)
		if len(tree) == 0 || len(tree) == seen {
			break
		}
		seen = len(tree)
		for _, target := range g.kin.groups(tree) {
			_ = syscall.Kill(target, syscall.SIGSTOP)
		}
	}
	for _, target := range g.kin.groups(g.kin.tree(w)) {
		_ = syscall.Kill(target, syscall.SIGKILL)
	}
	w.rounds++
}

// close begins the end, or hastens it: first all dynos, then the add-on servers.
func (g *guard) close(grace time.Duration) {
	g.closing, g.grace = true, grace
	g.stopHalf()
}

func (g *guard) stopHalf() {
	for _, w := range g.wards {
		if w.last == g.last {
			g.stop(w, g.grace)
		}
	}
}

// advance does what time has come for.
func (g *guard) advance(now time.Time) {
	for _, w := range g.wards {
		if w.stopping && !w.killing && !now.Before(w.deadline) {
			w.killing, w.killed, w.begun, w.next = true, true, now, now
		}
		if w.killing && !now.Before(w.next) {
			g.killRound(w)
			w.next = time.Now().Add(roundPause(w.rounds))
		}
	}
	if g.closing {
		g.advanceClosing(now)
	}
}

// roundPause is short as long as a tree may be out-forking us, and long once it
// is plain that what is left cannot be killed.
func roundPause(rounds int) time.Duration {
	if rounds < 200 {
		return 2 * time.Millisecond
	}
	return 100 * time.Millisecond
}

func (g *guard) advanceClosing(now time.Time) {
	half := 0
	var left []int
	for _, w := range g.wards {
		if w.last != g.last {
			continue
		}
		half++
		if w.killing && now.Sub(w.begun) > patience {
			half--
			left = append(left, g.kin.tree(w)...)
		}
	}
	if half > 0 {
		return
	}
	g.stray = append(g.stray, left...)
	if !g.last {
		g.last = true
		g.stopHalf()
		g.advanceClosing(now)
		return
	}
	g.report(message{Op: opClosed, PIDs: g.stray})
	g.ended = true
}

// untilNext is the time until advance has something to do; far away when all is quiet.
func (g *guard) untilNext() time.Duration {
	next := time.Now().Add(24 * time.Hour)
	for _, w := range g.wards {
		switch {
		case w.killing:
			next = earlier(next, w.next)
		case w.stopping:
			next = earlier(next, w.deadline)
		}
	}
	return max(0, min(time.Until(next), g.kin.lookEvery(g.wards)))
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// outbox sends reports without ever making the guard wait: a manager that is
// suspended does not read.
type outbox struct {
	conn *net.UnixConn
	done sync.WaitGroup

	mu     sync.Mutex
	wake   *sync.Cond
	frames [][]byte
	closed bool
}

func newOutbox(conn *net.UnixConn) *outbox {
	o := &outbox{conn: conn}
	o.wake = sync.NewCond(&o.mu)
	o.done.Go(o.run) // ends with close
	return o
}

func (o *outbox) put(frame []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.frames = append(o.frames, frame)
	o.wake.Signal()
}

func (o *outbox) run() {
	for {
		o.mu.Lock()
		for len(o.frames) == 0 && !o.closed {
			o.wake.Wait()
		}
		frames := o.frames
		o.frames = nil
		o.mu.Unlock()
		if len(frames) == 0 {
			return
		}
		for _, frame := range frames {
			// A manager that is gone is noticed by receive.
			_, _ = o.conn.Write(frame)
		}
	}
}

// close sends what is left. A suspended manager gets a second for it.
func (o *outbox) close() {
	_ = o.conn.SetWriteDeadline(time.Now().Add(time.Second))
	o.mu.Lock()
	o.closed = true
	o.wake.Signal()
	o.mu.Unlock()
	o.done.Wait()
}

package router

import (
	"errors"
	"io"
	"net"
	"syscall"
	"time"
)

// wire is one TCP connection with a read buffer that exists only while there
// is something in it: a connection that waits costs no buffer. One goroutine
// reads and one writes; interrupt and gone may be called by others.
type wire struct {
	conn net.Conn
	raw  syscall.RawConn // nil where raw access is not possible, such as TLS
	pool *buffers

	buf  []byte // nil when nothing is buffered
	r, w int    // buf[r:w] is unread
	want int    // wished size of the next buffer

	readFn, writeFn func(fd uintptr) bool // made once: closures per call would cost an allocation each
	lookFn          func(fd uintptr)
	readN           int
	readErr         error
	out             []byte
	writeErr        error
	gone, stray     bool
}

// past is a deadline that is over, which wakes whoever reads or writes.
var past = time.Unix(1, 0)

// open prepares the wire for a connection.
func (w *wire) open(conn net.Conn, pool *buffers) {
	*w = wire{conn: conn, pool: pool, want: smallBuffer}
	if sc, ok := conn.(syscall.Conn); ok && rawIO {
		if raw, err := sc.SyscallConn(); err == nil {
			w.raw = raw
			w.readFn, w.writeFn = w.tryRead, w.tryWrite
			w.lookFn = func(fd uintptr) { w.gone, w.stray = sysPeek(fd) }
		}
	}
}

// unread is what has been received and not been consumed. The slice is valid
// until the next fill, grow or release.
func (w *wire) unread() []byte { return w.buf[w.r:w.w] }

// consume drops n bytes of unread and gives an empty buffer back.
func (w *wire) consume(n int) {
	if w.r += n; w.r == w.w {
		w.release()
	}
}

// release drops the buffer with whatever is in it.
func (w *wire) release() {
	if w.buf != nil {
		w.pool.put(w.buf)
		w.buf, w.r, w.w = nil, 0, 0
	}
}

// fill waits for more bytes and appends them to unread; it moves or grows the
// buffer when there is no room. The error is io.EOF at the end.
func (w *wire) fill() error {
	if w.buf != nil && w.w == len(w.buf) {
		w.makeRoom()
	}
	if w.raw == nil {
		return w.fillPlain()
	}
	w.readN, w.readErr = 0, nil
	if err := w.raw.Read(w.readFn); err != nil {
		return err
	}
	if w.readErr != nil {
		return w.readErr
	}
	if w.readN == 0 {
		return io.EOF
	}
	return nil
}

// tryRead is called when the connection may be readable; false waits.
func (w *wire) tryRead(fd uintptr) bool {
	w.ready()
	n, again, err := sysRead(fd, w.buf[w.w:])
	if again {
		if w.r == w.w {
			w.release()
		}
		return false
	}
	w.readN, w.readErr = n, err
	w.w += n
	return true
}

func (w *wire) fillPlain() error {
	w.ready()
	n, err := w.conn.Read(w.buf[w.w:])
	w.w += n
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// ready makes sure that there is a buffer.
func (w *wire) ready() {
	if w.buf != nil {
		return
	}
	if w.want > smallBuffer {
		w.buf = w.pool.getLarge()
		return
	}
	w.buf = w.pool.getSmall()
}

// makeRoom frees space behind the unread bytes.
func (w *wire) makeRoom() {
	if w.r > 0 {
		w.w = copy(w.buf, w.buf[w.r:w.w])
		w.r = 0
		return
	}
	old := w.buf
	if len(old) < largeBuffer {
		w.buf = w.pool.getLarge()
	} else {
		w.buf = make([]byte, 2*len(old))
	}
	copy(w.buf, old)
	w.pool.put(old)
}

// write sends all of p.
func (w *wire) write(p []byte) error {
	if w.raw == nil {
		_, err := w.conn.Write(p)
		return err
	}
	w.out, w.writeErr = p, nil
	err := w.raw.Write(w.writeFn)
	if err == nil {
		err = w.writeErr
	}
	return err
}

// unsent is how much of the last write did not leave.
func (w *wire) unsent() int { return len(w.out) }

// tryWrite is called when the connection may be writable; false waits.
func (w *wire) tryWrite(fd uintptr) bool {
	for len(w.out) > 0 {
		n, again, err := sysWrite(fd, w.out)
		if again {
			return false
		}
		if err != nil {
			w.writeErr = err
			return true
		}
		w.out = w.out[n:]
	}
	return true
}

// interrupt makes every present and later read and write fail.
func (w *wire) interrupt() { _ = w.conn.SetDeadline(past) } // fails only on a closed connection, which is as good

// look tells whether the peer has closed its side with nothing left to read
// (gone) or bytes are waiting (stray). On systems without a way to look both
// are false. Only one goroutine may look.
func (w *wire) look() (gone, stray bool) {
	if w.raw == nil {
		return false, false
	}
	if err := w.raw.Control(w.lookFn); err != nil {
		return true, false
	}
	return w.gone, w.stray
}

// closeWrite ends the sending side and leaves the other open.
func (w *wire) closeWrite() error {
	if half, ok := w.conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// abort closes the connection so that the peer sees an error and not a clean
// end: a truncated response must not look complete.
func (w *wire) abort() {
	if tcp, ok := w.conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // without it the close below still is a close
	}
	_ = w.conn.Close() // nothing to do about a failing close
}

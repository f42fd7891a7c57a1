//go:build linux || darwin

package sentinel

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// writeFrame sends an encoded message. Its files travel with the first byte.
func writeFrame(conn *net.UnixConn, frame []byte, files []*os.File) error {
	if len(files) == 0 {
		_, err := conn.Write(frame)
		return err
	}
	fds := make([]int, len(files))
	for i, f := range files {
		fds[i] = int(f.Fd())
	}
	n, _, err := conn.WriteMsgUnix(frame, unix.UnixRights(fds...), nil)
	runtime.KeepAlive(files)
	if err != nil || n == len(frame) {
		return err
	}
	_, err = conn.Write(frame[n:])
	return err
}

// frameReader cuts the stream into messages and keeps the files that came along.
type frameReader struct {
	conn *net.UnixConn
	data []byte
	fds  []int
	oob  []byte
	page []byte
}

func newFrameReader(conn *net.UnixConn) *frameReader {
	return &frameReader{
		conn: conn,
		oob:  make([]byte, unix.CmsgSpace(3*4)*4),
		page: make([]byte, 16<<10),
	}
}

// next blocks for a message. A launch takes the three oldest files.
func (r *frameReader) next() (message, []int, error) {
	for {
		if frame, ok, err := r.cut(); err != nil {
			return message{}, nil, err
		} else if ok {
			m, err := decode(frame)
			if err != nil || m.Op != opLaunch {
				return m, nil, err
			}
			n := min(3, len(r.fds))
			fds := r.fds[:n:n]
			r.fds = r.fds[n:]
			return m, fds, nil
		}
		if err := r.fill(); err != nil {
			return message{}, nil, err
		}
	}
}

func (r *frameReader) cut() (frame []byte, ok bool, err error) {
	if len(r.data) < 4 {
		return nil, false, nil
	}
	size := int(binary.BigEndian.Uint32(r.data))
	if size > maxMessage {
		return nil, false, fmt.Errorf("message of %d bytes", size)
	}
	if len(r.data) < 4+size {
		return nil, false, nil
	}
	frame = r.data[4 : 4+size]
	r.data = r.data[4+size:]
	return frame, true, nil
}

func (r *frameReader) fill() error {
	n, oobn, _, _, err := r.conn.ReadMsgUnix(r.page, r.oob)
	if oobn > 0 {
		r.fds = append(r.fds, receivedFiles(r.oob[:oobn])...)
	}
	if err != nil {
		return err
	}
	if n == 0 {
		return io.EOF
	}
	r.data = append(r.data, r.page[:n]...)
	return nil
}

func receivedFiles(oob []byte) []int {
	var fds []int
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil
	}
	for i := range messages {
		got, err := unix.ParseUnixRights(&messages[i])
		if err == nil {
			fds = append(fds, got...)
		}
	}
	return fds
}

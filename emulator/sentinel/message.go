//go:build linux || darwin

package sentinel

import (
	"encoding/binary"
	"errors"
	"syscall"
	"time"
)

// op is the first field of a message. Requests go from the manager to the
// sentinel, reports the other way.
type op uint64

const (
	opLaunch op = iota + 1
	opSignal
	opStop
	opTree
	opClose

	opLaunched // reply to opLaunch: PID, or Errno and Text
	opSignaled // reply to opSignal
	opTreeIs   // reply to opTree: PIDs
	opExited   // the leader has ended: Code, Signal
	opGone     // the tree is empty: Killed
	opClosed   // nothing is left, or PIDs could not be killed
)

// message is everything the two sides can say to each other. Both run the same
// executable, so the encoding needs neither names nor versions; it is not JSON
// because arguments and variables may hold any bytes.
type message struct {
	Op      op
	Process uint64
	Call    uint64
	PID     int
	Code    int
	Errno   int
	UID     int
	GID     int
	Signal  syscall.Signal
	Grace   time.Duration
	Killed  bool
	Last    bool
	TTY     bool
	Switch  bool // run as UID and GID
	Remap   bool // run in a user namespace
	Text    string
	Name    string
	Path    string
	Dir     string
	Argv    []string
	Env     []string
	PIDs    []int
}

// maxMessage bounds a message; the kernel's limit for arguments and
// environment together is a quarter of the stack, 2 MiB by default.
const maxMessage = 32 << 20

func (m *message) numbers() []*int {
	return []*int{&m.PID, &m.Code, &m.Errno, &m.UID, &m.GID, (*int)(&m.Signal)}
}

func (m *message) flags() []*bool {
	return []*bool{&m.Killed, &m.Last, &m.TTY, &m.Switch, &m.Remap}
}

func (m *message) texts() []*string { return []*string{&m.Text, &m.Name, &m.Path, &m.Dir} }

func (m *message) lists() []*[]string { return []*[]string{&m.Argv, &m.Env} }

// encode is the message with its length in front.
func (m *message) encode() []byte {
	b := make([]byte, 4, 512)
	b = binary.AppendUvarint(b, uint64(m.Op))
	b = binary.AppendUvarint(b, m.Process)
	b = binary.AppendUvarint(b, m.Call)
	b = binary.AppendVarint(b, int64(m.Grace))
	for _, n := range m.numbers() {
		b = binary.AppendVarint(b, int64(*n))
	}
	for _, f := range m.flags() {
		bit := byte(0)
		if *f {
			bit = 1
		}
		b = append(b, bit)
	}
	for _, s := range m.texts() {
		b = appendText(b, *s)
	}
	for _, l := range m.lists() {
		b = binary.AppendUvarint(b, uint64(len(*l)))
		for _, s := range *l {
			b = appendText(b, s)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(m.PIDs)))
	for _, pid := range m.PIDs {
		b = binary.AppendVarint(b, int64(pid))
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	return b
}

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// decode reads what encode wrote, without the length.
func decode(b []byte) (message, error) {
	var m message
	r := wireReader{rest: b}
	m.Op = op(r.uvarint())
	m.Process = r.uvarint()
	m.Call = r.uvarint()
	m.Grace = time.Duration(r.varint())
	for _, n := range m.numbers() {
		*n = int(r.varint())
	}
	for _, f := range m.flags() {
		*f = r.byte() == 1
	}
	for _, s := range m.texts() {
		*s = r.text()
	}
	for _, l := range m.lists() {
		for range r.count() {
			*l = append(*l, r.text())
		}
	}
	for range r.count() {
		m.PIDs = append(m.PIDs, int(r.varint()))
	}
	if r.broken {
		return message{}, errors.New("unreadable message between inshore and its sentinel")
	}
	return m, nil
}

// wireReader takes fields off a message and remembers whether one was cut short.
type wireReader struct {
	rest   []byte
	broken bool
}

func (r *wireReader) fail() { r.broken, r.rest = true, nil }

func (r *wireReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *wireReader) varint() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *wireReader) byte() byte {
	if len(r.rest) == 0 {
		r.fail()
		return 0
	}
	c := r.rest[0]
	r.rest = r.rest[1:]
	return c
}

func (r *wireReader) text() string {
	n := r.count()
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s
}

// count is a length; every element takes a byte at least.
func (r *wireReader) count() int {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.fail()
		return 0
	}
	return int(n)
}

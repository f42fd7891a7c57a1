package native

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// tailBytes bounds what a Tail keeps.
const tailBytes = 8 << 10

// Tail passes output on and keeps its end for error messages. It may be
// written and read by several goroutines.
type Tail struct {
	next io.Writer

	mu   sync.Mutex
	kept []byte
}

// NewTail passes on to next, which may be nil.
func NewTail(next io.Writer) *Tail {
	if next == nil {
		next = io.Discard
	}
	return &Tail{next: next}
}

// Write keeps p and passes it on.
func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	t.kept = append(t.kept, p...)
	if extra := len(t.kept) - tailBytes; extra > 0 {
		t.kept = append(t.kept[:0], t.kept[extra:]...)
	}
	t.mu.Unlock()
	return t.next.Write(p)
}

// Lines are the last n lines that are not empty.
func (t *Tail) Lines(n int) []string {
	t.mu.Lock()
	text := string(bytes.TrimSpace(t.kept))
	t.mu.Unlock()
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\r\n\t "); line != "" {
			lines = append(lines, line)
		}
	}
	return lines[max(0, len(lines)-n):]
}

// Contains tells whether one of the texts is in what is kept.
func (t *Tail) Contains(texts ...string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, text := range texts {
		if bytes.Contains(t.kept, []byte(text)) {
			return true
		}
	}
	return false
}

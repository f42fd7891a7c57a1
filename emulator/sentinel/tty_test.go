//go:build linux || darwin

package sentinel

import (
	"bufio"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

func TestSentinel_GivesADynoItsTerminal(t *testing.T) {
	s := startSentinel(t, time.Second)
	ours, theirs, err := pty.Open()
	if err != nil {
		t.Skip("no pseudo-terminal: ", err)
	}
	defer func() { _ = ours.Close() }()
	p, err := s.Launch(Spec{
		Name: "run.1", TTY: true, Stdin: theirs, Stdout: theirs, Stderr: theirs,
		Argv: []string{"sh", "-c", "test -t 0 && echo controlled >/dev/tty; read line"},
	})
	_ = theirs.Close()
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(ours).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != "controlled" {
		t.Errorf("got %q: %v", line, err)
	}
	// Ctrl-C reaches the dyno through its own terminal, not through ours.
	if _, err := ours.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
	<-p.Gone()
	if got := p.Exit().Status(); got != 130 {
		t.Errorf("status %d", got)
	}
}

package sentinel

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestSentinel_StopIsNoticedAtOnce(t *testing.T) {
	s := startSentinel(t, time.Second)
	var whole, notice []time.Duration
	for range 20 {
		p, err := s.Launch(Spec{Name: "x", Argv: []string{"sleep", "100"}, Env: os.Environ()})
		if err != nil {
			t.Fatal(err)
		}
		fd, err := unix.PidfdOpen(p.PID(), 0)
		if err != nil {
			t.Skip("no pidfd: ", err)
		}
		ended := make(chan time.Time, 1)
		go func() { // ends with the process
			for {
				_, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1)
				if err != unix.EINTR {
					break
				}
			}
			ended <- time.Now()
		}()
		begin := time.Now()
		if _, err := p.Stop(t.Context(), time.Second); err != nil {
			t.Fatal(err)
		}
		stopped := time.Now()
		whole = append(whole, stopped.Sub(begin))
		notice = append(notice, stopped.Sub(<-ended))
		_ = unix.Close(fd)
	}
	t.Logf("stop of a process that obeys: median %v, of that after its end %v", median(whole), median(notice))
	if m := median(notice); m > time.Second {
		t.Errorf("the end of a process is noticed after %v", m)
	}
}

package logs

import (
	"os"

	"golang.org/x/sys/unix"
)

// pipeSize keeps a child writing while we are busy. It is modest because all
// pipes of a user share one budget (pipe-user-pages-soft, 64 MiB).
const pipeSize = 256 << 10

// enlarge asks for a bigger pipe; the usual size does as well.
func enlarge(w *os.File) {
	raw, err := w.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, pipeSize)
	})
}

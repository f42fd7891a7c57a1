package control

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// checkPeer refuses a peer that is neither our user nor root.
func checkPeer(conn net.Conn) error {
	uc, ok := conn.(*net.UnixConn)
	if !ok {
		return nil
	}
	raw, err := uc.SyscallConn()
	if err != nil {
		return err
	}
	var cred *unix.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err != nil {
		return err
	}
	if credErr != nil {
		return credErr
	}
	return allowUID(int(cred.Uid), os.Geteuid())
}

// allowUID decides who may talk to whom: our own user, and root, who could
// read our memory anyway.
func allowUID(peer, self int) error {
	if peer == self || peer == 0 {
		return nil
	}
	return fmt.Errorf("peer has uid %d, not %d", peer, self)
}

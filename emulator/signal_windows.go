package emulator

import "syscall"

func signalName(s syscall.Signal) string { return s.String() }

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// signalWatch takes over the requests to end: Ctrl-C, that of a service manager
// and the loss of the terminal.
type signalWatch struct {
	C     chan os.Signal
	count int // how many the owner has received
}

func watchSignals() *signalWatch {
	w := &signalWatch{C: make(chan os.Signal, 3)}
	signal.Notify(w.C, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	return w
}

func (w *signalWatch) close() { signal.Stop(w.C) }

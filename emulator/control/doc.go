// Package control is the one door into a running emulator: an HTTP server on a
// unix socket inside the checkout's state directory, and the client that every
// other inshore command uses.
//
// It knows nothing of processes, logs or add-ons. The emulator implements
// Platform and passes itself to Serve; the types here are what travels, so they
// change only by addition within one Schema. Answers are JSON documents
// {"schema":1,"kind":…,"data":…}; logs are one such document a line. Problems
// keep their code, place and notes on the way through.
//
// Only the user who started the emulator may come in: the socket's directory is
// 0700, the socket 0600, and both sides check the uid of their peer where the
// system tells it.
//
// Goroutines: Serve owns the HTTP server and returns after it has ended. A
// Client owns none.
package control

// Package emulator is the platform: it takes an app and runs it as Heroku would.
//
// An Emulator owns one run of one app. Run is its whole life: lock the
// checkout, start the sentinel, provision add-ons in parallel, build what the
// Procfile expects to be built, run the release phase, start the formation
// behind the router, supervise, and on the way out stop it all in reverse
// order. The organs (sentinel, dyno, router, logs, control, addons) do not know
// each other; this package connects them.
//
// Goroutines: Run starts every goroutine and returns after the last has ended.
package emulator

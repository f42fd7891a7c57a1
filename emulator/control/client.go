package control

import (
	"context"
	"errors"
)

// ErrNotRunning says that no emulator runs for the checkout.
var ErrNotRunning = errors.New("nothing runs here")

// Client talks to a running emulator. It is safe for concurrent use. Its errors
// are *problem.Problem or problem.List where the emulator gave one, and wrap
// ErrNotRunning when the emulator has gone.
type Client struct{}

// Dial finds the emulator of a checkout. Without one it gives ErrNotRunning.
func Dial(stateDir, checkout string) (*Client, error) { panic("not yet") }

// Status is Platform.Status.
func (c *Client) Status(ctx context.Context) (Status, error) { panic("not yet") }

// Config is Platform.Config.
func (c *Client) Config(ctx context.Context) ([]ConfigVar, error) { panic("not yet") }

// Restart is Platform.Restart.
func (c *Client) Restart(ctx context.Context, patterns []string) ([]string, error) { panic("not yet") }

// Stop is Platform.Stop.
func (c *Client) Stop(ctx context.Context, patterns []string) ([]string, error) { panic("not yet") }

// Start is Platform.Start.
func (c *Client) Start(ctx context.Context, patterns []string) ([]string, error) { panic("not yet") }

// Scale is Platform.Scale.
func (c *Client) Scale(ctx context.Context, tokens []string) ([]Quantity, error) { panic("not yet") }

// Logs is Platform.Logs.
func (c *Client) Logs(ctx context.Context, query LogQuery, emit func([]LogLine) error) error {
	panic("not yet")
}

// AddOnReset is Platform.AddOnReset.
func (c *Client) AddOnReset(ctx context.Context, name string) (backup string, err error) {
	panic("not yet")
}

// Down asks the emulator to stop. Use Gone to wait for the end.
func (c *Client) Down(ctx context.Context, options DownOptions) error { panic("not yet") }

// Run is Platform.Run.
func (c *Client) Run(ctx context.Context, request RunRequest) (Dyno, error) { panic("not yet") }

// Wait returns the status as soon as everything wanted is up, or why it will
// not be: ErrNotRunning when the emulator ended meanwhile.
func (c *Client) Wait(ctx context.Context) (Status, error) { panic("not yet") }

// Gone returns when the emulator has ended.
func (c *Client) Gone(ctx context.Context) error { panic("not yet") }

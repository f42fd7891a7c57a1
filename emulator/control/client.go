package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"time"
)

// ErrNotRunning says that no emulator runs for the checkout.
var ErrNotRunning = errors.New("nothing runs here")

// Client talks to a running emulator. It is safe for concurrent use. Its errors
// are *problem.Problem or problem.List where the emulator gave one, and wrap
// ErrNotRunning when the emulator has gone. It holds no connection between
// calls, so there is nothing to close.
type Client struct {
	http *http.Client
}

// Dial finds the emulator of a checkout. Without one it gives ErrNotRunning.
func Dial(stateDir, checkout string) (*Client, error) {
	conn, path, err := dial(stateDir, checkout)
	if err != nil {
		return nil, err
	}
	_ = conn.Close()
	return &Client{http: &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			d := net.Dialer{Timeout: dialTimeout}
			conn, err := d.DialContext(ctx, "unix", path)
			if err != nil {
				return nil, err
			}
			if err := checkPeer(conn); err != nil {
				_ = conn.Close()
				return nil, err
			}
			return conn, nil
		},
	}}}, nil
}

// Status is Platform.Status.
func (c *Client) Status(ctx context.Context) (Status, error) {
	return call[Status](ctx, c, http.MethodGet, "/v1/status", nil)
}

// Config is Platform.Config.
func (c *Client) Config(ctx context.Context) ([]ConfigVar, error) {
	return call[[]ConfigVar](ctx, c, http.MethodGet, "/v1/config", nil)
}

// Environment is Platform.Environment.
func (c *Client) Environment(ctx context.Context, name string) ([]string, error) {
	return call[[]string](ctx, c, http.MethodGet, "/v1/environment/"+url.PathEscape(name), nil)
}

// Restart is Platform.Restart.
func (c *Client) Restart(ctx context.Context, patterns []string) ([]string, error) {
	return c.onDynos(ctx, "/v1/restart", patterns)
}

// Stop is Platform.Stop.
func (c *Client) Stop(ctx context.Context, patterns []string) ([]string, error) {
	return c.onDynos(ctx, "/v1/stop", patterns)
}

// Start is Platform.Start.
func (c *Client) Start(ctx context.Context, patterns []string) ([]string, error) {
	return c.onDynos(ctx, "/v1/start", patterns)
}

func (c *Client) onDynos(ctx context.Context, path string, patterns []string) ([]string, error) {
	got, err := call[names](ctx, c, http.MethodPost, path, names{Names: patterns})
	return got.Names, err
}

// Scale is Platform.Scale.
func (c *Client) Scale(ctx context.Context, tokens []string) ([]Quantity, error) {
	return call[[]Quantity](ctx, c, http.MethodPost, "/v1/scale", names{Names: tokens})
}

// Logs is Platform.Logs.
func (c *Client) Logs(ctx context.Context, query LogQuery, emit func([]LogLine) error) error {
	resp, err := c.send(ctx, http.MethodPost, "/v1/logs", query)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	decoder := json.NewDecoder(resp.Body)
	for {
		var doc document
		if err := decoder.Decode(&doc); err != nil {
			return streamError(ctx, err)
		}
		if err := doc.err(); err != nil {
			return err
		}
		if doc.Kind == kindEnd {
			return nil
		}
		var lines []LogLine
		if err := json.Unmarshal(doc.Data, &lines); err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
		if err := emit(lines); err != nil {
			return err
		}
	}
}

// AddOnReset is Platform.AddOnReset.
func (c *Client) AddOnReset(ctx context.Context, name string) (backup string, err error) {
	return call[string](ctx, c, http.MethodPost, "/v1/addons/"+url.PathEscape(name)+"/reset", nil)
}

// AddOnDestroy is AddOnDestroyer.AddOnDestroy.
func (c *Client) AddOnDestroy(ctx context.Context, name string) (backup string, err error) {
	return call[string](ctx, c, http.MethodPost, "/v1/addons/"+url.PathEscape(name)+"/destroy", nil)
}

// Down asks the emulator to stop. Use Gone to wait for the end.
func (c *Client) Down(ctx context.Context, options DownOptions) error {
	_, err := call[json.RawMessage](ctx, c, http.MethodPost, "/v1/down", options)
	return err
}

// Run is Platform.Run.
func (c *Client) Run(ctx context.Context, request RunRequest) (Dyno, error) {
	return call[Dyno](ctx, c, http.MethodPost, "/v1/run", request)
}

// readyPoll is how often Wait asks again.
const readyPoll = 30 * time.Millisecond

// Wait returns the status as soon as everything wanted is up, or why it will
// not be: ErrNotRunning when the emulator ended meanwhile.
func (c *Client) Wait(ctx context.Context) (Status, error) {
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	for {
		status, err := c.Status(ctx)
		if err != nil || status.Ready {
			return status, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return status, context.Cause(ctx)
		}
	}
}

// exitTimeout bounds how long Gone waits for the process after its socket has
// closed. It still writes its log out then; an emulator inside another program
// closes the socket and lives on.
const exitTimeout = 20 * time.Second

// Gone returns when the emulator has ended: its socket is closed and, unless it
// is part of a program that lives on, its process is gone.
func (c *Client) Gone(ctx context.Context) error {
	status, err := c.Status(ctx)
	if errors.Is(err, ErrNotRunning) {
		return nil
	}
	if err != nil {
		return err
	}
	resp, err := c.send(ctx, http.MethodGet, "/v1/gone", nil)
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := streamError(ctx, err); err != nil && !errors.Is(err, ErrNotRunning) {
		return err
	}
	if status.PID == os.Getpid() {
		return nil
	}
	return waitExit(ctx, status.PID)
}

func waitExit(ctx context.Context, pid int) error {
	ctx, cancel := context.WithTimeoutCause(ctx, exitTimeout, errStillThere)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for alive(pid) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			if err := context.Cause(ctx); !errors.Is(err, errStillThere) {
				return err
			}
			return nil
		}
	}
	return nil
}

// errStillThere ends waitExit quietly.
var errStillThere = errors.New("the process lives on")

// call sends a request and reads the document that answers it.
func call[T any](ctx context.Context, c *Client, method, path string, in any) (T, error) {
	var out T
	resp, err := c.send(ctx, method, path, in)
	if err != nil {
		return out, err
	}
	defer func() { _ = resp.Body.Close() }()
	var doc document
	if err := json.NewDecoder(resp.Body).Decode(&doc); err != nil {
		return out, streamError(ctx, err)
	}
	if err := doc.err(); err != nil {
		return out, err
	}
	if len(doc.Data) == 0 {
		return out, nil
	}
	if err := json.Unmarshal(doc.Data, &out); err != nil {
		return out, fmt.Errorf("read the answer: %w", err)
	}
	return out, nil
}

func (c *Client) send(ctx context.Context, method, path string, in any) (*http.Response, error) {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://inshore"+path, body)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, streamError(ctx, err)
	}
	if ct := resp.Header.Get("Content-Type"); ct != "application/json" && ct != "application/x-ndjson" {
		_ = resp.Body.Close()
		return nil, fmt.Errorf("the control socket answered %s", resp.Status)
	}
	return resp, nil
}

// streamError says what a broken connection means: we were cancelled, or the
// emulator has gone.
func streamError(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOENT),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return fmt.Errorf("%w any more (%w)", ErrNotRunning, err)
	}
	return fmt.Errorf("control socket: %w", err)
}

package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Bounds of a request. The peer is the user's own command line, but a broken
// script must not be able to hang or fill the emulator.
const (
	maxBody       = 1 << 20 // bytes
	maxConns      = 128
	headerTimeout = 5 * time.Second
	bodyTimeout   = 10 * time.Second
	writeTimeout  = 30 * time.Second // of one document
	endTimeout    = time.Second      // for answers that are being written when Serve ends
)

// Serve answers requests on the listener until ctx ends, then closes it. It
// returns nil after a clean end.
func Serve(ctx context.Context, listener net.Listener, platform Platform) error {
	s := &server{platform: platform}
	httpServer := &http.Server{
		Handler:           s.routes(),
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	ended := make(chan error, 1)
	// Ends when the server is shut down below.
	go func() { ended <- httpServer.Serve(newLimited(listener, maxConns)) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve the control socket: %w", err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	if err := httpServer.Shutdown(stop); err != nil {
		_ = httpServer.Close()
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the control socket: %w", err)
	}
	return nil
}

// server turns requests into calls of the platform.
type server struct{ platform Platform }

// names is what the verbs on dynos take and give.
type names struct {
	Names []string `json:"names"`
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /v1/status", answer("status", func(_ http.ResponseWriter, r *http.Request) (any, error) {
		return s.platform.Status(r.Context())
	}))
	mux.Handle("GET /v1/config", answer("config", func(_ http.ResponseWriter, r *http.Request) (any, error) {
		return s.platform.Config(r.Context())
	}))
	mux.Handle("GET /v1/environment/{name}", answer("environment", func(_ http.ResponseWriter, r *http.Request) (any, error) {
		return s.platform.Environment(r.Context(), r.PathValue("name"))
	}))
	mux.Handle("POST /v1/restart", s.onDynos("restart", s.platform.Restart))
	mux.Handle("POST /v1/stop", s.onDynos("stop", s.platform.Stop))
	mux.Handle("POST /v1/start", s.onDynos("start", s.platform.Start))
	mux.Handle("POST /v1/scale", answer("scale", func(w http.ResponseWriter, r *http.Request) (any, error) {
		in, err := decode[names](w, r)
		if err != nil {
			return nil, err
		}
		return s.platform.Scale(r.Context(), in.Names)
	}))
	mux.Handle("POST /v1/addons/{name}/reset", answer("reset", func(_ http.ResponseWriter, r *http.Request) (any, error) {
		return s.platform.AddOnReset(r.Context(), r.PathValue("name"))
	}))
	mux.Handle("POST /v1/addons/{name}/destroy", answer("destroy", func(_ http.ResponseWriter, r *http.Request) (any, error) {
		destroyer, ok := s.platform.(AddOnDestroyer)
		if !ok {
			return nil, errors.New("this emulator cannot destroy add-ons")
		}
		return destroyer.AddOnDestroy(r.Context(), r.PathValue("name"))
	}))
	mux.Handle("POST /v1/down", answer("down", func(w http.ResponseWriter, r *http.Request) (any, error) {
		in, err := decode[DownOptions](w, r)
		if err != nil {
			return nil, err
		}
		return nil, s.platform.Down(r.Context(), in)
	}))
	mux.Handle("POST /v1/run", answer("run", func(w http.ResponseWriter, r *http.Request) (any, error) {
		in, err := decode[RunRequest](w, r)
		if err != nil {
			return nil, err
		}
		return s.platform.Run(r.Context(), in)
	}))
	mux.HandleFunc("POST /v1/logs", s.logs)
	mux.HandleFunc("GET /v1/gone", s.gone)
	return mux
}

func (s *server) onDynos(kind string, verb func(context.Context, []string) ([]string, error)) http.Handler {
	return answer(kind, func(w http.ResponseWriter, r *http.Request) (any, error) {
		in, err := decode[names](w, r)
		if err != nil {
			return nil, err
		}
		got, err := verb(r.Context(), in.Names)
		return names{Names: got}, err
	})
}

// answer writes what the function returns as one document.
func answer(kind string, verb func(http.ResponseWriter, *http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := verb(w, r)
		doc := document{}
		if err == nil {
			doc, err = newDocument(kind, data)
		}
		w.Header().Set("Content-Type", "application/json")
		if err != nil {
			doc = errorDocument(err)
			w.WriteHeader(http.StatusUnprocessableEntity)
		}
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
		// A client that has gone is no event for the emulator.
		_ = json.NewEncoder(w).Encode(doc)
	})
}

// decode reads the request's body, which may be empty. The deadline must be gone
// afterwards: net/http keeps reading in the background, and a deadline that
// fires there would cancel a request that merely takes long.
func decode[T any](w http.ResponseWriter, r *http.Request) (T, error) {
	var in T
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyTimeout))
	defer func() { _ = control.SetReadDeadline(time.Time{}) }()
	body := io.LimitReader(r.Body, maxBody)
	if err := json.NewDecoder(body).Decode(&in); err != nil && !errors.Is(err, io.EOF) {
		return in, fmt.Errorf("read the request: %w", err)
	}
	return in, nil
}

// logs streams lines until the platform has no more, the client leaves or the
// server ends.
func (s *server) logs(w http.ResponseWriter, r *http.Request) {
	query, err := decode[LogQuery](w, r)
	w.Header().Set("Content-Type", "application/x-ndjson")
	// A follower may live as long as the run: only a single write is bounded.
	control := http.NewResponseController(w)
	encoder := json.NewEncoder(w)
	send := func(doc document) error {
		if err := control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
			return err
		}
		if err := encoder.Encode(doc); err != nil {
			return err
		}
		return control.Flush()
	}
	if err == nil {
		_ = control.Flush()
		err = s.platform.Logs(r.Context(), query, func(lines []LogLine) error {
			doc, err := newDocument("logs", lines)
			if err != nil {
				return err
			}
			return send(doc)
		})
	}
	if err != nil && r.Context().Err() == nil {
		_ = send(errorDocument(err))
		return
	}
	_ = send(document{Schema: Schema, Kind: kindEnd})
}

// gone keeps the connection open until the server ends, so that a client hears
// of the end without asking again and again.
func (s *server) gone(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

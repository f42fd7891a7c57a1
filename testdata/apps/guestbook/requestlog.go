package main

import (
	"log/slog"
	"net/http"
	"time"
)

// logRequests logs one line per request, with the id that the platform's router
// gave it ("HTTP Request IDs").
func logRequests(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		counted := &countedResponse{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(counted, r)
		line := log
		if id := r.Header.Get("X-Request-Id"); id != "" {
			line = log.With("request_id", id)
		}
		line.Info("request", "method", r.Method, "path", r.URL.Path, "status", counted.status,
			"bytes", counted.bytes, "ms", time.Since(started).Milliseconds())
	})
}

// countedResponse remembers what was answered.
type countedResponse struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (c *countedResponse) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

func (c *countedResponse) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (c *countedResponse) Unwrap() http.ResponseWriter { return c.ResponseWriter }

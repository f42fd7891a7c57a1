package addonstest

import "net/http"

// client keeps no connection open, so that no goroutine is left after a test.
func client() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
}

package s3

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/addons"
)

// client sends the three requests a driver needs. An SDK would do as well, and
// take longer to start than the server.
type client struct {
	credentials addons.Credentials
	now         func() time.Time
}

// statusError is an answer that is not a success.
type statusError struct {
	status int
	body   string
}

func (e *statusError) Error() string {
	return fmt.Sprintf("the object store answered %d: %s", e.status, e.body)
}

// do sends a signed request and returns nil for a success.
func (c client) do(ctx context.Context, method, path, query string, body []byte) error {
	address := Endpoint(c.credentials) + path
	if query != "" {
		address += "?" + query
	}
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	c.sign(request, body)
	return send(request)
}

// send makes one request on a connection of its own, around any proxy: the
// server is on this machine.
func send(request *http.Request) error {
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 4096))
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return &statusError{status: response.StatusCode, body: string(text)}
	}
	return nil
}

// sign adds an AWS signature of version 4, as the Amazon S3 API reference,
// "Authenticating Requests: Using the Authorization Header", describes it.
func (c client) sign(request *http.Request, body []byte) {
	now := c.now().UTC()
	stamp, day := now.Format("20060102T150405Z"), now.Format("20060102")
	digest := hexSum(body)
	request.Header.Set("X-Amz-Date", stamp)
	request.Header.Set("X-Amz-Content-Sha256", digest)
	headers := map[string]string{"host": request.URL.Host, "x-amz-content-sha256": digest, "x-amz-date": stamp}
	names := []string{"host", "x-amz-content-sha256", "x-amz-date"}
	slices.Sort(names)
	var lines strings.Builder
	for _, name := range names {
		lines.WriteString(name + ":" + headers[name] + "\n")
	}
	signed := strings.Join(names, ";")
	canonical := strings.Join([]string{
		request.Method, request.URL.EscapedPath(), canonicalQuery(request.URL.Query()), lines.String(), signed, digest,
	}, "\n")
	scope := strings.Join([]string{day, c.credentials.Region, "s3", "aws4_request"}, "/")
	text := strings.Join([]string{"AWS4-HMAC-SHA256", stamp, scope, hexSum([]byte(canonical))}, "\n")
	key := []byte("AWS4" + c.credentials.Password)
	for _, part := range []string{day, c.credentials.Region, "s3", "aws4_request", text} {
		key = mac(key, part)
	}
	request.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s",
		c.credentials.User, scope, signed, hex.EncodeToString(key)))
}

func canonicalQuery(values url.Values) string {
	return strings.ReplaceAll(values.Encode(), "+", "%20")
}

func hexSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

package s3

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/inshore-dev/inshore/addons"
)

// Ready tells whether the server answers with the app's keys and has the app's
// bucket, which it makes if it is missing. First the health path, because an
// unsigned answer tells a server that is starting from one with other keys.
func Ready(ctx context.Context, c addons.Credentials) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, Endpoint(c)+healthPath, nil)
	if err != nil {
		return err
	}
	if err := send(request); err != nil {
		return err
	}
	cl := client{credentials: c, now: time.Now}
	err = cl.do(ctx, http.MethodHead, "/"+c.Database, "", nil)
	if !hasStatus(err, http.StatusNotFound) {
		return err
	}
	err = cl.do(ctx, http.MethodPut, "/"+c.Database, "", nil)
	if hasStatus(err, http.StatusConflict) {
		return nil // somebody was quicker
	}
	return err
}

func hasStatus(err error, status int) bool {
	var answer *statusError
	return errors.As(err, &answer) && answer.status == status
}

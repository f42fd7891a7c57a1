package emulator

import (
	"errors"

	"golang.org/x/sys/windows"
)

func isInUse(err error) bool {
	return errors.Is(err, windows.WSAEADDRINUSE) || errors.Is(err, windows.WSAEACCES)
}

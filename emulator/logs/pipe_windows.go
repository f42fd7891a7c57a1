package logs

import (
	"errors"
	"io"
	"os"
)

func readNow(*os.File, []byte) int { return 0 }

func endOfStream(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, os.ErrClosed)
}

func writeAgain(error) bool { return false }

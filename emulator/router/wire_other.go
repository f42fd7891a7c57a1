//go:build !unix

package router

import "errors"

// rawIO is off where descriptors cannot be read without blocking; wire then
// uses the methods of net.Conn.
const rawIO = false

func sysRead(uintptr, []byte) (n int, again bool, err error) { return 0, false, errors.ErrUnsupported }

func sysWrite(uintptr, []byte) (n int, again bool, err error) {
	return 0, false, errors.ErrUnsupported
}

func sysPeek(uintptr) (gone, stray bool) { return false, false }

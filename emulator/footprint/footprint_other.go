//go:build !linux

package footprint

func forgetProgram() {}

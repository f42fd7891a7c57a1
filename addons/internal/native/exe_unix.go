//go:build !windows

package native

const exeSuffix = ""

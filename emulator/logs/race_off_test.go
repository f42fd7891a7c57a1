//go:build !race

package logs

const slow = false

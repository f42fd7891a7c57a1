package control

import (
	"bytes"
	"fmt"
	"os"
)

// alive tells whether a process still exists and is more than an unreaped
// remainder: its parent may be slow to collect it.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	// The name in brackets may hold anything, so the state is looked for from the end.
	i := bytes.LastIndexByte(stat, ')')
	return i >= 0 && i+2 < len(stat) && stat[i+2] != 'Z' && stat[i+2] != 'X'
}

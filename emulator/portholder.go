package emulator

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/net"
	"github.com/shirou/gopsutil/v4/process"
)

// portHolder describes the process that listens on a TCP port of this machine,
// and gives its pid. It is empty when the system does not let us see it.
func portHolder(port int) (description string, pid int) {
	connections, err := net.Connections("tcp")
	if err != nil {
		return "", 0
	}
	for _, c := range connections {
		if c.Status == "LISTEN" && int(c.Laddr.Port) == port && c.Pid != 0 {
			return describeProcess(c.Pid), int(c.Pid)
		}
	}
	return "", 0
}

// describeProcess is for people: pid 3121 "node" (npm run dev) in ~/src/shop,
// started 2h ago. What cannot be found out is left out.
func describeProcess(pid int32) string {
	text := fmt.Sprintf("pid %d", pid)
	p, err := process.NewProcess(pid)
	if err != nil {
		return text
	}
	if name, err := p.Name(); err == nil {
		text += fmt.Sprintf(" %q", name)
	}
	if words, err := p.CmdlineSlice(); err == nil && len(words) > 1 {
		text += " (" + shorten(strings.Join(words, " "), 60) + ")"
	}
	if dir, err := p.Cwd(); err == nil {
		text += " in " + tilde(dir)
	}
	if created, err := p.CreateTime(); err == nil {
		age := time.Since(time.UnixMilli(created)).Round(time.Second)
		text += fmt.Sprintf(", started %s ago", age)
	}
	return text
}

func shorten(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return string(runes[:limit-1]) + "…"
}

// tilde shortens a path below the user's home directory.
func tilde(path string) string {
	home, err := os.UserHomeDir()
	if err != nil {
		return path
	}
	rest, err := filepath.Rel(home, path)
	if err != nil || strings.HasPrefix(rest, "..") {
		return path
	}
	return filepath.Join("~", rest)
}

package dyno

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/inshore-dev/inshore/emulator/sentinel"
)

// tcpListen is the state of a listening socket in /proc/net/tcp.
const tcpListen = "0A"

// listeners matches the sockets among the open files with the socket tables.
func listeners(pids []int) []Listener {
	owners := make(map[string]int) // socket inode -> pid
	for _, pid := range pids {
		for _, inode := range socketsOf(pid) {
			if _, known := owners[inode]; !known {
				owners[inode] = pid
			}
		}
	}
	if len(owners) == 0 {
		return nil
	}
	var found []Listener
	for _, table := range []string{"tcp", "tcp6"} {
		found = append(found, matchListeners(socketTable(table, pids), owners)...)
	}
	return found
}

// socketTable reads a table of the network namespace that the processes are in,
// through the first of them that is still there.
func socketTable(name string, pids []int) string {
	for _, pid := range pids {
		if data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/net/" + name); err == nil {
			return string(data)
		}
	}
	return ""
}

func socketsOf(pid int) []string {
	dir := "/proc/" + strconv.Itoa(pid) + "/fd"
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var inodes []string
	for _, entry := range entries {
		target, err := os.Readlink(filepath.Join(dir, entry.Name()))
		if err != nil {
			continue
		}
		if inode, ok := strings.CutPrefix(target, "socket:["); ok {
			inodes = append(inodes, strings.TrimSuffix(inode, "]"))
		}
	}
	return inodes
}

// matchListeners reads lines such as
//
//	0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 12345 1 …
func matchListeners(table string, owners map[string]int) []Listener {
	var found []Listener
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) < 10 || fields[3] != tcpListen {
			continue
		}
		pid, ours := owners[fields[9]]
		if !ours {
			continue
		}
		if addr, ok := parseSocketAddr(fields[1]); ok {
			found = append(found, Listener{Addr: addr, PID: pid})
		}
	}
	return found
}

// parseSocketAddr reads an address of 4 or 16 bytes, written as 32-bit words in
// the machine's byte order, and a port.
func parseSocketAddr(text string) (netip.AddrPort, bool) {
	host, port, ok := strings.Cut(text, ":")
	raw, err := hex.DecodeString(host)
	number, portErr := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil || portErr != nil || len(raw)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for word := range slices.Chunk(raw, 4) {
		binary.NativeEndian.PutUint32(word, binary.BigEndian.Uint32(word))
	}
	addr, ok := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(addr.Unmap(), uint16(number)), ok
}

// heldByAnotherDyno tells whether the port is open in a process that a sentinel
// started, this run's or another's, and that is not in the tree, or in an
// inshore: its router. Any other process may well answer for the dyno: a
// container's port is held by its engine.
func heldByAnotherDyno(port int, tree []int) bool {
	if holds(port, tree) {
		return false
	}
	return holds(port, otherDynos(tree))
}

func holds(port int, pids []int) bool {
	if len(pids) == 0 {
		return false
	}
	return slices.ContainsFunc(listeners(pids), func(l Listener) bool { return int(l.Addr.Port()) == port })
}

// otherDynos are the processes that carry a sentinel's tag or run our own
// program, but for the tree.
func otherDynos(tree []int) []int {
	environments, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		return nil
	}
	own, _ := os.Readlink("/proc/self/exe")
	var pids []int
	for _, path := range environments {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil || slices.Contains(tree, pid) {
			continue
		}
		if program, err := os.Readlink(filepath.Join(filepath.Dir(path), "exe")); err == nil && program == own {
			pids = append(pids, pid)
			continue
		}
		environment, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(environment), sentinel.ProcessVariable+"=") {
			pids = append(pids, pid)
		}
	}
	return pids
}

package footprint

import (
	"bufio"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// forgetProgram drops this process's mapping of the read-only parts of its
// program file. The pages stay in the page cache, so a page that is used again
// costs a minor fault and no read.
func forgetProgram() {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer maps.Close()
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		if start, length, ok := readOnlyPart(lines.Text(), program); ok {
			// Advice: when it is refused, the pages stay.
			_, _, _ = unix.Syscall(unix.SYS_MADVISE, start, length, unix.MADV_DONTNEED)
		}
	}
}

// readOnlyPart reads a line of /proc/self/maps such as
//
//	00400000-01a3c000 r-xp 00000000 fe:00 1234  /usr/bin/inshore
//
// and accepts only mappings of the program that nobody can have written to.
func readOnlyPart(line, program string) (start, length uintptr, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 6 || fields[5] != program || !strings.HasPrefix(fields[1], "r") || fields[1][1] == 'w' {
		return 0, 0, false
	}
	from, to, found := strings.Cut(fields[0], "-")
	low, err := strconv.ParseUint(from, 16, 64)
	if !found || err != nil {
		return 0, 0, false
	}
	high, err := strconv.ParseUint(to, 16, 64)
	if err != nil || high <= low {
		return 0, 0, false
	}
	return uintptr(low), uintptr(high - low), true
}

package footprint

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

func resident(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kilobytes, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				t.Fatal(err)
			}
			return kilobytes
		}
	}
	t.Fatal("no VmRSS")
	return 0
}

func TestTrim_GivesMemoryBack(t *testing.T) {
	ballast := make([]byte, 32<<20)
	for i := range ballast {
		ballast[i] = 1
	}
	before := resident(t)
	ballast = nil
	Trim()
	if after := resident(t); after > before-16<<10 {
		t.Errorf("%d KB before, %d KB after", before, after)
	}
	_ = ballast
}

func TestReadOnlyPart_LeavesWritableMappingsAlone(t *testing.T) {
	const program = "/usr/bin/inshore"
	for line, want := range map[string]bool{
		"00400000-01a3c000 r-xp 00000000 fe:00 12  /usr/bin/inshore": true,
		"01a3c000-02a3c000 r--p 00000000 fe:00 12  /usr/bin/inshore": true,
		"02a3c000-02b3c000 rw-p 00000000 fe:00 12  /usr/bin/inshore": false,
		"7f0000000000-7f0000001000 r-xp 00000000 fe:00 13  /lib/x":   false,
		"c000000000-c004000000 rw-p 00000000 00:00 0":                false,
		"nonsense": false, "": false, "x-y r-xp 0 0 0 /usr/bin/inshore": false,
	} {
		if _, _, ok := readOnlyPart(line, program); ok != want {
			t.Errorf("%q: got %v", line, ok)
		}
	}
}

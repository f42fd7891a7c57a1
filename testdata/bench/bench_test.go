package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestSamples_MedianIgnoresOutliers(t *testing.T) {
	for want, s := range map[time.Duration]samples{
		0: nil, 5: {5}, 3: {100, 1, 3}, 4: {1, 3, 5, 100},
	} {
		if got := s.median(); got != want {
			t.Errorf("median of %v is %v, want %v", []time.Duration(s), got, want)
		}
	}
}

func TestTable_PrintsMarkdown(t *testing.T) {
	var tab table
	tab.add("start", samples{2 * time.Millisecond, 3 * time.Millisecond, 4 * time.Millisecond}, "< 5 ms")
	tab.add("nothing", nil, "")
	tab.addDifference("added", samples{9 * time.Millisecond}, samples{2 * time.Millisecond}, "")
	var out strings.Builder
	tab.print(&out)
	want := "| figure | median [range] | goal |\n|---|---|---|\n| start | 3.0 ms [2.0-4.0] | < 5 ms |\n| added | 7.0 ms |  |\n"
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
}

func TestCosts_CountsThisProcess(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc here")
	}
	c, err := costs(os.Getpid(), childArgument)
	if err != nil || c.processes < 1 || c.ownMB < 1 {
		t.Errorf("costs are %+v, error %v", c, err)
	}
}

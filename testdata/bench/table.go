package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// samples are repeated measurements of one thing.
type samples []time.Duration

// median of the samples; zero when there are none.
func (s samples) median() time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}

// String is the median with the range in brackets.
func (s samples) String() string {
	if len(s) == 1 {
		return milliseconds(s[0]) + " ms (once)"
	}
	return fmt.Sprintf("%s ms [%s-%s]", milliseconds(s.median()), milliseconds(slices.Min(s)), milliseconds(slices.Max(s)))
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f", float64(d.Microseconds())/1000)
}

// table is printed as Markdown.
type table struct{ rows [][3]string }

func (t *table) add(what string, s samples, goal string) {
	if len(s) > 0 {
		t.addText(what, s.String(), goal)
	}
}

// addDifference adds the difference of two medians.
func (t *table) addDifference(what string, with, without samples, goal string) {
	t.addText(what, milliseconds(with.median()-without.median())+" ms", goal)
}

func (t *table) addText(what, value, goal string) {
	t.rows = append(t.rows, [3]string{what, value, goal})
}

func (t *table) print(w io.Writer) {
	fmt.Fprint(w, "| figure | median [range] | goal |\n|---|---|---|\n")
	for _, row := range t.rows {
		fmt.Fprintf(w, "| %s | %s | %s |\n", row[0], row[1], row[2])
	}
}

package problem

import "strings"

// Nearest returns the known word that is closest to word, for "did you mean":
// at most two edits and at most a third of the word's length away (one edit for
// words of up to three letters), upper and lower case counting as equal. It
// returns "" when there is none or when word itself is known. Ties go to the
// first.
func Nearest(word string, known []string) string {
	limit := min(2, max(1, len(word)/3))
	best, found := limit+1, ""
	for _, k := range known {
		if k == word {
			return ""
		}
		if len(k) > len(word)+limit || len(word) > len(k)+limit {
			continue
		}
		if d := edits(strings.ToLower(word), strings.ToLower(k)); d < best {
			best, found = d, k
		}
	}
	return found
}

// edits counts the insertions, deletions, replacements and swaps of neighbours
// that turn a into b (Damerau's distance in its optimal string alignment form),
// in bytes.
func edits(a, b string) int {
	before, last := []int(nil), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

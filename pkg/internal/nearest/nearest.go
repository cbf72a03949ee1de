// Package nearest finds the name that somebody may have meant.
package nearest

import "slices"

// To is the candidate with the fewest edits from name, "" if there is none.
func To(name string, candidates []string) string {
	if len(candidates) == 0 {
		return ""
	}
	return slices.MinFunc(candidates, func(a, b string) int { return Edits(name, a) - Edits(name, b) })
}

// Near is [To] if that is near enough to be meant, else "".
func Near(name string, candidates []string) string {
	if best := To(name, candidates); Edits(name, best) <= max(2, len(name)/2) {
		return best
	}
	return ""
}

// Edits is the Levenshtein distance.
func Edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}

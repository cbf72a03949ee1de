package embed

import (
	"fmt"
	"slices"
)

// Nearest finds, for each row of x, the k rows of among that are nearest to it
// by Euclidean distance, the nearest first, as their indices; equal distances
// come in the order of the rows.
func Nearest(x, among []float32, dim, k int) ([][]int, error) {
	asked, err := rowsOf("nearest", x, dim)
	if err != nil {
		return nil, err
	}
	known, err := rowsOf("nearest", among, dim)
	if err != nil {
		return nil, err
	}
	if k < 1 {
		panic(fmt.Sprintf("embed: nearest: k %d, want at least 1", k))
	}
	found := make([][]int, asked)
	if known == 0 {
		return found, nil
	}
	k = min(k, known)
	// Centred together: the mean is theirs.
	rows := centred(slices.Concat(among, x), known+asked, dim)
	index, _ := between(rows[known*dim:], asked, rows[:known*dim], known, dim, k, false)
	for i := range found {
		for _, j := range index[i*k : (i+1)*k] {
			found[i] = append(found[i], int(j))
		}
	}
	return found, nil
}

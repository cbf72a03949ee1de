package embed

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The same neighbours as by all distances in float64, also far from zero.
func TestNearest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const dim, asked, known, k = 5, 150, 333, 4
	rows := func(n int) []float32 {
		x := make([]float32, n*dim)
		for i := range x {
			x[i] = 100 + r.Float32()
		}
		return x
	}
	x, among := rows(asked), rows(known)
	copy(among[7*dim:8*dim], x[3*dim:4*dim])
	got, err := Nearest(x, among, dim, k)
	if err != nil || len(got) != asked {
		t.Fatalf("%d rows, %v", len(got), err)
	}
	for i := range asked {
		far := make([]float64, known)
		for j := range known {
			for c := range dim {
				d := float64(x[i*dim+c]) - float64(among[j*dim+c])
				far[j] += d * d
			}
		}
		want := slices.SortedFunc(func(yield func(int) bool) {
			for j := range known {
				if !yield(j) {
					return
				}
			}
		}, func(a, b int) int { return cmp.Compare(far[a], far[b]) })[:k]
		for n, j := range got[i] {
			if math.Abs(far[j]-far[want[n]]) > 1e-4 {
				t.Fatalf("row %d: neighbours %v, want %v", i, got[i], want)
			}
		}
	}
	if got[3][0] != 7 {
		t.Errorf("of its own copy among the rows the nearest is %d, want 7", got[3][0])
	}
}

func TestNearestOfFew(t *testing.T) {
	got, err := Nearest([]float32{0, 5}, []float32{4, 1, 1}, 1, 9)
	if s := fmt.Sprint(got, err); s != "[[1 2 0] [0 1 2]] <nil>" {
		t.Errorf("got %s: want all rows, equal ones in their order", s)
	}
	if got, err := Nearest([]float32{0}, nil, 1, 2); err != nil || len(got) != 1 || len(got[0]) != 0 {
		t.Errorf("among none: %v, %v", got, err)
	}
	if _, err := Nearest([]float32{0}, []float32{float32(math.NaN())}, 1, 2); err == nil {
		t.Error("NaN has no distance")
	}
}

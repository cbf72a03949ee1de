package metric

import (
	"fmt"
	"math"
	"testing"

	"inkling/pkg/data"
)

// sets are the splits that the tests of the loop train on.
func sets() (train, dev *data.Set) {
	return data.Synthetic("train", 1, 0, 100), data.Synthetic("dev", 1, 100, 40)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprint("unexpected error: ", err))
	}
	return v
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-6) && !(math.IsNaN(got) && math.IsNaN(want)) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

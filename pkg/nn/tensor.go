package nn

import (
	"fmt"
	"math"
)

// Shape is the shape of one example: C channels of H rows and W columns. A
// vector of n values is n×1×1. The number of examples is kept in Tensor.
type Shape struct{ C, H, W int }

// CHW is the shape of an image of c channels, h rows and w columns.
func CHW(c, h, w int) Shape { return Shape{c, h, w} }

// Vec is the shape of a vector of n values.
func Vec(n int) Shape { return Shape{n, 1, 1} }

// Size is the number of values in one example.
func (s Shape) Size() int { return s.C * s.H * s.W }

// IsVec reports whether s is the shape of a vector.
func (s Shape) IsVec() bool { return s.H == 1 && s.W == 1 }

func (s Shape) String() string {
	if s.IsVec() {
		return fmt.Sprint(s.C)
	}
	return fmt.Sprintf("%d×%d×%d", s.C, s.H, s.W)
}

// maxValues bounds one example, so that no product of sizes overflows.
const maxValues = 1 << 28

func (s Shape) valid() bool {
	return s.C > 0 && s.H > 0 && s.W > 0 &&
		s.H <= maxValues && s.W <= maxValues/s.H && s.C <= maxValues/(s.H*s.W)
}

// Tensor is a batch of N examples of one Shape. Value (n, c, h, w) is
// Data[((n·C+c)·H+h)·W+w]. The zero Tensor is an empty batch.
type Tensor struct {
	N     int
	Shape Shape
	Data  []float32
}

// NewTensor returns a batch of n examples of shape s, all zero.
func NewTensor(n int, s Shape) *Tensor {
	return &Tensor{N: n, Shape: s, Data: make([]float32, n*s.Size())}
}

// Example returns the values of example i, sharing memory.
func (t *Tensor) Example(i int) []float32 {
	d := t.Shape.Size()
	return t.Data[i*d : (i+1)*d : (i+1)*d]
}

// Argmax returns the index of the largest value of example i, the first one
// if several are equal: the class that the outputs of a model name. It is -1,
// and no class is named, if a value is NaN or the largest is not finite: no
// softmax is defined of such values.
func (t *Tensor) Argmax(i int) int {
	best, row := 0, t.Example(i)
	for j, v := range row {
		if v != v {
			return -1
		}
		if v > row[best] {
			best = j
		}
	}
	if len(row) == 0 || math.IsInf(float64(row[best]), 0) {
		return -1
	}
	return best
}

// Resize makes t a batch of n examples of shape s, growing its storage only
// when it is too small. The contents are undefined afterwards.
func (t *Tensor) Resize(n int, s Shape) {
	t.N, t.Shape = n, s
	t.Data = grow(t.Data, n*s.Size())
}

// grow returns a slice of length n that reuses buf where it is large enough.
func grow[T any](buf []T, n int) []T {
	if cap(buf) < n {
		return make([]T, n)
	}
	return buf[:n]
}

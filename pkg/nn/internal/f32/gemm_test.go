package f32

import (
	"fmt"
	"math"
	"testing"
)

// A layout is one of the exported products with the strides of its operands.
type layout struct {
	name           string
	run            func(c, a, b []float32, m, n, k int, e Epilogue)
	transA, transB bool
}

var layouts = []layout{
	{"MatMul", MatMul, false, false},
	{"MatMulTB", MatMulTB, false, true},
	{"MatMulTA", MatMulTA, true, false},
}

// oracle computes the product in float64 and the size of each sum's terms.
func (l layout) oracle(c0, a, b []float32, m, n, k int, e Epilogue) (c, size []float64) {
	c, size = make([]float64, m*n), make([]float64, m*n)
	for i := range m {
		for j := range n {
			var sum, abs float64
			for p := range k {
				ia, ib := i*k+p, p*n+j
				if l.transA {
					ia = p*m + i
				}
				if l.transB {
					ib = j*k + p
				}
				v := float64(a[ia]) * float64(b[ib])
				sum += v
				abs += math.Abs(v)
			}
			if e.Accumulate {
				sum += float64(c0[i*n+j])
				abs += math.Abs(float64(c0[i*n+j]))
			}
			if e.Bias != nil {
				sum += float64(e.Bias[j])
				abs += math.Abs(float64(e.Bias[j]))
			}
			if e.ReLU && sum < 0 {
				sum = 0
			}
			c[i*n+j], size[i*n+j] = sum, abs
		}
	}
	return c, size
}

func (l layout) test(t testing.TB, m, n, k, offset int, e Epilogue) {
	t.Helper()
	r := newRand(uint64(m*1000003 + n*1009 + k))
	a, checkA := guarded(m*k, offset)
	b, checkB := guarded(k*n, (offset*3)%16)
	c, checkC := guarded(m*n, (offset*5)%16)
	copy(a, random(r, m*k))
	copy(b, random(r, k*n))
	copy(c, random(r, m*n))
	if e.Bias != nil {
		e.Bias = random(r, n)
	}
	want, size := l.oracle(c, a, b, m, n, k, e)
	l.run(c, a, b, m, n, k, e)
	near(t, fmt.Sprintf("%s %d×%d×%d offset %d %+v", l.name, m, n, k, offset, e.flags()), c, want, size, 2e-6)
	checkA(t)
	checkB(t)
	checkC(t)
}

func (e Epilogue) flags() string {
	return fmt.Sprintf("bias %v relu %v accumulate %v", e.Bias != nil, e.ReLU, e.Accumulate)
}

var epilogues = []Epilogue{
	{},
	{Bias: []float32{}},
	{ReLU: true},
	{Bias: []float32{}, ReLU: true},
	{Accumulate: true},
	{Bias: []float32{}, ReLU: true, Accumulate: true},
}

func TestMatMulRagged(t *testing.T) {
	forEach(t, func(t *testing.T) {
		sizes := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 15, 16, 17, 18, 25, 31, 33, 64, 67}
		for _, l := range layouts {
			i := 0
			for _, m := range sizes {
				for _, n := range sizes {
					for _, k := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 65} {
						l.test(t, m, n, k, i%16, epilogues[i%len(epilogues)])
						i++
					}
				}
			}
		}
	})
}

// TestMatMulLarge covers several blocks in every dimension.
func TestMatMulLarge(t *testing.T) {
	forEach(t, func(t *testing.T) {
		for _, l := range layouts {
			for i, s := range [][3]int{{64, 512, 784}, {64, 256, 512}, {512, 784, 64}, {64, 10, 256}, {10, 256, 64}, {64, 256, 10},
				{131, 1030, 70}, {517, 67, 300}, {33, 40, 1601}, {259, 259, 259}} {
				l.test(t, s[0], s[1], s[2], i, epilogues[i%len(epilogues)])
			}
		}
	})
}

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

// test runs one product with every implementation.
func (l layout) test(t testing.TB, m, n, k, offset int, e Epilogue) {
	t.Helper()
	r := newRand(uint64(m*1000003 + n*1009 + k))
	a, checkA := guarded(m*k, offset)
	b, checkB := guarded(k*n, (offset*3)%16)
	copy(a, random(r, m*k))
	copy(b, random(r, k*n))
	before := random(r, m*n)
	if e.Bias != nil {
		e.Bias = random(r, n)
	}
	want, size := l.oracle(before, a, b, m, n, k, e)
	for _, impl := range implementations() {
		func() {
			defer use(impl)()
			c, checkC := guarded(m*n, (offset*5)%16)
			copy(c, before)
			l.run(c, a, b, m, n, k, e)
			near(t, fmt.Sprintf("%v: %s %d×%d×%d offset %d %s", impl, l.name, m, n, k, offset, e.flags()), c, want, size, 2e-6)
			checkC(t)
		}()
	}
	checkA(t)
	checkB(t)
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
	sizes := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 15, 16, 17, 18, 25, 31, 33, 64, 67}
	depths := []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 65}
	for _, l := range layouts {
		i := 0
		for _, m := range sizes {
			for _, n := range sizes {
				// Every m and n with some depths, so that all meet all.
				for d := i % 3; d < len(depths); d += 3 {
					l.test(t, m, n, depths[d], i%16, epilogues[i%len(epilogues)])
					i++
				}
				i++
			}
		}
	}
}

// TestMatMulLarge covers several blocks and chunks in every dimension.
func TestMatMulLarge(t *testing.T) {
	for _, l := range layouts {
		for i, s := range [][3]int{{64, 128, 784}, {64, 10, 256}, {10, 256, 64}, {64, 256, 10}, {256, 264, 64},
			{131, 530, 70}, {217, 67, 300}, {33, 40, 1601}, {139, 159, 259}, {700, 10, 40}, {10, 700, 40}} {
			l.test(t, s[0], s[1], s[2], i, epilogues[i%len(epilogues)])
		}
	}
}

// TestMatMulNotFinite: a NaN or an infinity reaches all that it must, and
// nothing else, whatever the shape of the tile it is in.
func TestMatMulNotFinite(t *testing.T) {
	for _, l := range layouts {
		for _, s := range [][3]int{{7, 19, 9}, {64, 33, 70}, {20, 64, 600}} {
			m, n, k := s[0], s[1], s[2]
			for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
				for at := range 5 {
					r := newRand(uint64(at))
					a, b := random(r, m*k), random(r, k*n)
					if at%2 == 0 {
						a[r.IntN(m*k)] = bad
					} else {
						b[r.IntN(k*n)] = bad
					}
					want, size := l.oracle(nil, a, b, m, n, k, Epilogue{ReLU: true})
					for _, impl := range implementations() {
						restore := use(impl)
						c := make([]float32, m*n)
						l.run(c, a, b, m, n, k, Epilogue{ReLU: true})
						near(t, fmt.Sprintf("%v: %s %d×%d×%d with %v", impl, l.name, m, n, k, bad), c, want, size, 2e-6)
						restore()
					}
				}
			}
		}
	}
}

func TestMatMulPanics(t *testing.T) {
	for _, l := range layouts {
		func() {
			defer func() {
				want := "f32: " + l.name + ": c, a, b hold 6, 8, 11 values, m, n, k = 2, 3, 4 need 6, 8, 12"
				if got := fmt.Sprint(recover()); got != want {
					t.Errorf("panic %q, want %q", got, want)
				}
			}()
			l.run(make([]float32, 6), make([]float32, 8), make([]float32, 11), 2, 3, 4, Epilogue{})
		}()
	}
}

func FuzzMatMul(f *testing.F) {
	f.Add(uint8(6), uint8(16), uint16(4), uint8(0))
	f.Add(uint8(64), uint8(10), uint16(256), uint8(7))
	f.Add(uint8(1), uint8(1), uint16(0), uint8(13))
	f.Add(uint8(255), uint8(33), uint16(513), uint8(200))
	f.Fuzz(func(t *testing.T, m, n uint8, k uint16, flags uint8) {
		layouts[flags%3].test(t, int(m), int(n), int(k)%1200, int(flags)%16, epilogues[int(flags/3)%len(epilogues)])
	})
}

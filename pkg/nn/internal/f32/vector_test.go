package f32

import (
	"fmt"
	"math"
	"testing"
)

// lengths are all up to 130 and some beyond one and several chunks.
func lengths() []int {
	var n []int
	for i := range 131 {
		n = append(n, i)
	}
	return append(n, 1000, vectorGrain, vectorGrain+37, 3*vectorGrain+5)
}

// specials are values that are not finite, zero, huge or denormal.
var specials = []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0, float32(math.Copysign(0, -1)), math.MaxFloat32, 1e-42}

// special returns random values with some of them.
func special(seed uint64, n int) []float32 {
	r := newRand(seed)
	x := random(r, n)
	for i := range x {
		if r.IntN(6) == 0 {
			x[i] = specials[r.IntN(len(specials))]
		}
	}
	return x
}

// close32 allows for the one rounding that a fused multiply-add leaves out.
func close32(got, want, scale float32) bool {
	if sameBits(got, want) || got == want {
		return true
	}
	return math.Abs(float64(got)-float64(want)) <= 1e-6*math.Max(math.Abs(float64(want)), float64(scale))
}

var vectorTests = []struct {
	name  string
	run   func(dst, a, b []float32)
	want  func(dst, a, b float32) float32
	fused bool // may differ in rounding
}{
	{"ReLU", func(dst, a, b []float32) { ReLU(dst, a) }, func(_, a, _ float32) float32 {
		if a < 0 {
			return 0
		}
		return a
	}, false},
	{"ReLUGrad", ReLUGrad, func(_, a, b float32) float32 {
		if b > 0 {
			return a
		}
		return 0
	}, false},
	{"Add", Add, func(_, a, b float32) float32 { return a + b }, false},
	{"Mul", Mul, func(_, a, b float32) float32 { return a * b }, false},
	{"AddScaled", func(dst, a, b []float32) { AddScaled(dst, a, 0.3) }, func(dst, a, _ float32) float32 { return dst + 0.3*a }, true},
	{"Scale", func(dst, a, b []float32) { Scale(dst, -1.7) }, func(dst, _, _ float32) float32 { return dst * -1.7 }, false},
	{"Fill", func(dst, a, b []float32) { Fill(dst, 2.5) }, func(_, _, _ float32) float32 { return 2.5 }, false},
}

func TestVector(t *testing.T) {
	forEach(t, func(t *testing.T) {
		for _, v := range vectorTests {
			for i, n := range lengths() {
				// alias 0: three slices; 1: dst is a; 2: dst is b.
				for alias := range 3 {
					dst, checkDst := guarded(n, i%16)
					a, checkA := guarded(n, (i*3)%16)
					b, checkB := guarded(n, (i*7)%16)
					copy(dst, special(uint64(n), n))
					copy(a, special(uint64(n+1), n))
					copy(b, special(uint64(n+2), n))
					switch alias {
					case 1:
						a = dst
					case 2:
						b = dst
					}
					want := make([]float32, n)
					scale := make([]float32, n)
					for k := range want {
						want[k] = v.want(dst[k], a[k], b[k])
						scale[k] = float32(math.Abs(float64(dst[k])) + math.Abs(float64(a[k])))
					}
					v.run(dst, a, b)
					for k := range want {
						if !(sameBits(dst[k], want[k]) || v.fused && close32(dst[k], want[k], scale[k])) {
							t.Fatalf("%s of %d, alias %d: value %d is %v, want %v", v.name, n, alias, k, dst[k], want[k])
						}
					}
					checkDst(t)
					checkA(t)
					checkB(t)
				}
			}
		}
	})
}

func TestVectorPanics(t *testing.T) {
	defer func() {
		if got := fmt.Sprint(recover()); got != "f32: Add: destination holds 3 values, operands 3 and 2" {
			t.Errorf("panic %q", got)
		}
	}()
	Add(make([]float32, 3), make([]float32, 3), make([]float32, 2))
}

func TestReductions(t *testing.T) {
	forEach(t, func(t *testing.T) {
		for i, n := range lengths() {
			a, checkA := guarded(n, i%16)
			b, checkB := guarded(n, (i*5)%16)
			copy(a, random(newRand(uint64(n)), n))
			copy(b, random(newRand(uint64(n+1)), n))
			var sum, squares, dot, top, size float64
			for k, v := range a {
				sum += float64(v)
				size += math.Abs(float64(v))
				squares += float64(v) * float64(v)
				dot += float64(v) * float64(b[k])
				top = math.Max(top, math.Abs(float64(v)))
			}
			for _, r := range []struct {
				name           string
				got, want, tol float64
			}{
				{"Sum", Sum(a), sum, 1e-13 * size},
				{"SumSquares", SumSquares(a), squares, 1e-13 * squares},
				{"Dot", Dot(a, b), dot, 1e-13 * (squares + size)},
				{"MaxAbs", MaxAbs(a), top, 0},
			} {
				if !(math.Abs(r.got-r.want) <= r.tol) {
					t.Fatalf("%s of %d: %v, want %v", r.name, n, r.got, r.want)
				}
			}
			if !AllFinite(a) {
				t.Fatalf("AllFinite of %d finite values is false", n)
			}
			checkA(t)
			checkB(t)
		}
	})
}

// TestReductionsNotFinite puts one value into every place of a vector.
func TestReductionsNotFinite(t *testing.T) {
	forEach(t, func(t *testing.T) {
		for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
			for _, n := range []int{1, 7, 8, 33, 64, vectorGrain + 9} {
				for _, at := range []int{0, n / 2, n - 1} {
					x := random(newRand(1), n)
					x[at] = bad
					if AllFinite(x) {
						t.Fatalf("AllFinite missed %v at %d of %d", bad, at, n)
					}
					if got := MaxAbs(x); !(math.IsInf(got, 1) && bad == bad || math.IsNaN(got) && bad != bad) {
						t.Fatalf("MaxAbs with %v at %d of %d is %v", bad, at, n, got)
					}
					if got := float32(Sum(x)); !sameBits(got, bad) {
						t.Fatalf("Sum with %v at %d of %d is %v", bad, at, n, got)
					}
					if got := SumSquares(x); !(math.IsInf(got, 1) && bad == bad || math.IsNaN(got) && bad != bad) {
						t.Fatalf("SumSquares with %v at %d of %d is %v", bad, at, n, got)
					}
				}
			}
		}
		if AllFinite([]float32{math.MaxFloat32, -math.MaxFloat32}) != true {
			t.Error("the largest finite value is not finite")
		}
	})
}

func TestColSums(t *testing.T) {
	forEach(t, func(t *testing.T) {
		for _, s := range [][2]int{{0, 5}, {1, 1}, {3, 7}, {64, 10}, {64, 256}, {65, 513}, {256, 512}, {2, 40000}} {
			rows, cols := s[0], s[1]
			a := random(newRand(3), rows*cols)
			dst, check := guarded(cols, 3)
			want, size := make([]float64, cols), make([]float64, cols)
			for i, v := range a {
				want[i%cols] += float64(v)
				size[i%cols] += math.Abs(float64(v))
			}
			ColSums(dst, a, rows, cols)
			near(t, fmt.Sprint("ColSums ", s), dst, want, size, 1e-6)
			check(t)
		}
	})
}

func TestSoftmaxRows(t *testing.T) {
	forEach(t, func(t *testing.T) {
		for _, s := range [][2]int{{1, 1}, {1, 2}, {3, 10}, {5, 17}, {64, 10}, {2, 130}} {
			rows, cols := s[0], s[1]
			for _, scale := range []float32{0, 1, 1e4, 1e38, 88.7} {
				x, check := guarded(rows*cols, 5)
				copy(x, random(newRand(9), rows*cols))
				for i := range x {
					x[i] *= scale
				}
				want, size := make([]float64, len(x)), make([]float64, len(x))
				for i := range rows {
					top, sum := math.Inf(-1), 0.0
					for _, v := range x[i*cols : (i+1)*cols] {
						top = math.Max(top, float64(v))
					}
					for j, v := range x[i*cols : (i+1)*cols] {
						want[i*cols+j] = math.Exp(float64(v) - top)
						sum += want[i*cols+j]
					}
					for j := range cols {
						want[i*cols+j] /= sum
						size[i*cols+j] = want[i*cols+j] + 1e-30
					}
				}
				SoftmaxRows(x, x, rows, cols)
				// A float32 difference of logits near 1e4 is off by 5e-4 of one.
				tol := 1e-6 * math.Max(1, math.Min(float64(scale), 1e4)/10)
				near(t, fmt.Sprint("softmax ", s, scale), x, want, size, tol)
				check(t)
			}
		}
		x := []float32{1, float32(math.NaN()), 2, 1, 2, 3, float32(math.Inf(-1)), 0, 0}
		SoftmaxRows(x, x, 3, 3)
		for j := range 3 {
			if x[j] == x[j] {
				t.Errorf("a row with NaN became %v", x[:3])
			}
		}
		if x[3] != x[3] || x[6] != 0 || x[7] != 0.5 {
			t.Errorf("rows beside a NaN became %v", x[3:])
		}
	})
}

func TestExp(t *testing.T) {
	forEach(t, func(t *testing.T) {
		for i, n := range []int{0, 1, 7, 8, 9, 40, 4001} {
			x, check := guarded(n, i)
			want := make([]float64, n)
			for k := range x {
				x[k] = -100 * float32(k) / float32(n)
				want[k] = math.Exp(float64(x[k]))
			}
			exp(x)
			for k, w := range want {
				if !(math.Abs(float64(x[k])-w) <= 2.5e-7*w+0x1p-126) {
					t.Fatalf("exp: value %d of %d is %v, want %v", k, n, x[k], w)
				}
			}
			check(t)
		}
	})
}

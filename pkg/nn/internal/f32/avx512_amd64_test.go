//go:build amd64 && !purego

package f32

import (
	"fmt"
	"math"
	"testing"
)

// equalBits runs f with AVX2 and with AVX-512 and fails unless all that it
// returns has the same bits: a run is the same on both. Which of two NaN an
// instruction hands on is left open; no run goes on after one.
func equalBits(t *testing.T, what string, f func() [][]float32) {
	t.Helper()
	if !haveAVX512 {
		t.Skip("no AVX-512")
	}
	run := func(impl implementation) [][]float32 {
		defer use(impl)()
		return f()
	}
	defer func(slow bool) { slowNarrow = slow }(slowNarrow)
	want := run(avx2)
	for _, slowNarrow = range []bool{false, true} {
		got := run(avx512)
		for o := range want {
			for i, v := range want[o] {
				if !sameBits(got[o][i], v) {
					t.Fatalf("%s, slowNarrow %v: value %d of result %d is %v (%#x), with AVX2 %v (%#x)", what, slowNarrow, i, o,
						got[o][i], math.Float32bits(got[o][i]), v, math.Float32bits(v))
				}
			}
		}
	}
}

// oddly makes some of x NaN, infinite, zero or denormal, if odd.
func oddly(x []float32, odd bool, seed uint64) []float32 {
	if odd {
		r := newRand(seed)
		for i, v := range special(seed, len(x)) {
			if r.IntN(10) == 0 {
				x[i] = v
			}
		}
	}
	return x
}

func TestBitsOfProducts(t *testing.T) {
	shapes := [][3]int{{64, 512, 784}, {33, 40, 1601}, {131, 530, 70}, {217, 67, 1025}, {700, 10, 600}, {10, 700, 1030}, {256, 49, 64}, {40, 47, 513}}
	r := newRand(3)
	for range 150 {
		shapes = append(shapes, [3]int{1 + r.IntN(70), 1 + r.IntN(100), 1 + r.IntN(70)})
	}
	for _, l := range layouts {
		for i, s := range shapes {
			m, n, k := s[0], s[1], s[2]
			for _, odd := range []bool{false, true} {
				a, b := oddly(random(r, m*k), odd, 1), oddly(random(r, k*n), odd, 2)
				before := oddly(random(r, m*n), odd, 3)
				e := epilogues[i%len(epilogues)]
				if e.Bias != nil {
					e.Bias = random(r, n)
				}
				equalBits(t, fmt.Sprintf("%s %d×%d×%d %s odd %v", l.name, m, n, k, e.flags(), odd), func() [][]float32 {
					c := append([]float32(nil), before...)
					l.run(c, a, b, m, n, k, e)
					return [][]float32{c}
				})
			}
		}
	}
}

func TestBitsOfConvolutions(t *testing.T) {
	list := append([]Conv(nil), convs...)
	for _, c := range convShapes {
		s := c.s
		s.N = 3
		list = append(list, s)
	}
	r := newRand(4)
	for range 60 {
		s := Conv{N: 1 + r.IntN(18), C: 1 + r.IntN(20), H: 1 + r.IntN(14), W: 1 + r.IntN(14), F: 1 + r.IntN(70),
			KH: 1 + r.IntN(4), KW: 1 + r.IntN(4), Stride: 1 + r.IntN(3), Pad: r.IntN(3)}
		if s.H+2*s.Pad >= s.KH && s.W+2*s.Pad >= s.KW {
			list = append(list, s)
		}
	}
	for i, s := range list {
		for _, odd := range []bool{false, true} {
			x, w := oddly(random(r, s.N*s.C*s.H*s.W), odd, 1), oddly(random(r, s.F*s.C*s.KH*s.KW), odd, 2)
			dy, bias := oddly(random(r, s.N*s.F*s.OutH()*s.OutW()), odd, 3), random(r, s.F)
			if i%3 == 0 {
				bias = nil
			}
			equalBits(t, fmt.Sprintf("%+v odd %v", s, odd), func() [][]float32 {
				y, dx, dw, db := make([]float32, len(dy)), make([]float32, len(x)), make([]float32, len(w)), make([]float32, s.F)
				ConvForward(y, x, w, bias, s, i%2 == 0)
				ConvBackwardData(dx, dy, w, s)
				ConvBackwardWeights(dw, db, dy, x, s)
				return [][]float32{y, dx, dw, db}
			})
		}
	}
}

// TestBitsOfVectors covers all other kernels, in every length.
func TestBitsOfVectors(t *testing.T) {
	for i, n := range lengths() {
		for _, v := range vectorTests {
			equalBits(t, fmt.Sprintf("%s of %d", v.name, n), func() [][]float32 {
				dst := special(uint64(3*i), n)
				v.run(dst, special(uint64(3*i+1), n), special(uint64(3*i+2), n))
				return [][]float32{dst}
			})
		}
		for _, u := range updateTests {
			equalBits(t, fmt.Sprintf("%s of %d", u.name, n), func() [][]float32 {
				var s [5][]float32
				for k := range s {
					s[k] = oddly(random(newRand(uint64(n*5+k)), n), i%2 == 0, uint64(k))
				}
				u.run(s[0], s[1], s[2], s[3], s[4])
				return s[:]
			})
		}
		equalBits(t, fmt.Sprintf("reductions and exp of %d", n), func() [][]float32 {
			x, y := special(uint64(i), n), random(newRand(uint64(i)), n)
			sums := []float64{Sum(x), Sum(y), Dot(x, y), Dot(y, y), SumSquares(y), MaxAbs(x), MaxAbs(y)}
			out := make([]float32, 0, 2*len(sums))
			for _, v := range sums {
				out = append(out, float32(v), float32(v-float64(float32(v))))
			}
			for k := range y {
				y[k] = -30 * y[k] * y[k]
			}
			exp(y)
			exp(x)
			return [][]float32{out, y, x}
		})
	}
	for i, k := range newTraining().steps() {
		equalBits(t, k.name, func() [][]float32 {
			k := newTraining().steps()[i]
			k.run()
			return k.out
		})
	}
	for i, s := range normShapes {
		n, c, hw := s[0], s[1], s[2]
		equalBits(t, fmt.Sprintf("batch norm %v", s), func() [][]float32 {
			r := newRand(uint64(i))
			x, dy, gamma, beta := random(r, n*c*hw), random(r, n*c*hw), random(r, c), random(r, c)
			y, dx := make([]float32, len(x)), make([]float32, len(x))
			mean, variance, dgamma, dbeta := make([]float32, c), make([]float32, c), make([]float32, c), make([]float32, c)
			invstd := make([]float32, c)
			BatchNormTrain(y, x, mean, variance, invstd, gamma, beta, 1e-5, n, c, hw, i%2 == 0)
			BatchNormBackward(dx, dgamma, dbeta, dy, x, mean, invstd, gamma, beta, n, c, hw, i%2 == 0, i%3 == 0)
			return [][]float32{mean, variance, invstd, y, dy, dx, dgamma, dbeta}
		})
	}
}

func TestBitsOfPooling(t *testing.T) {
	for h := 2; h < 40; h++ {
		for w := 2; w < 40; w += 1 + h%3 {
			s := Pool{N: 2, C: 3, H: h, W: w, K: 2, Stride: 2}
			x := special(uint64(h*w), s.N*s.C*h*w)
			dy := special(uint64(h*w+1), s.N*s.C*s.OutH()*s.OutW())
			equalBits(t, fmt.Sprintf("%+v", s), func() [][]float32 {
				y, arg, dx, masked := make([]float32, len(dy)), make([]int32, len(dy)), make([]float32, len(x)), make([]float32, len(x))
				MaxPool(y, arg, x, s)
				MaxPoolBackward(dx, dy, arg, s)
				MaxPoolReLUBackward(masked, dy, y, arg, s)
				at := make([]float32, len(arg))
				for i, v := range arg {
					at[i] = float32(v)
				}
				return [][]float32{y, at, dx, masked}
			})
		}
	}
}

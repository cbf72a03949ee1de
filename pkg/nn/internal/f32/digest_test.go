package f32

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"testing"
)

// A digest is the checksum of what kernels return. Which of two NaN an instruction
// hands on is left open.
type digest uint32

func (d *digest) add(lists ...[]float32) {
	for _, x := range lists {
		bytes := make([]byte, 0, 4*len(x))
		for _, v := range x {
			b := math.Float32bits(v)
			if v != v {
				b = guardBit
			}
			bytes = binary.LittleEndian.AppendUint32(bytes, b)
		}
		*d = digest(crc32.Update(uint32(*d), crc32.IEEETable, bytes))
	}
}

// TestDigest: tiles give the same bits on all machines, of products and of
// convolutions, which AVX2 gave first. Where this fails and nobody meant it, runs
// are no longer what they were on another machine.
func TestDigest(t *testing.T) {
	for _, impl := range implementations() {
		if !impl.assembly() {
			continue
		}
		defer use(impl)()
		sum := digest(0)
		for i, s := range [][3]int{{7, 19, 9}, {64, 33, 70}, {20, 64, 600}, {64, 10, 256}, {10, 33, 64}, {131, 130, 70}, {33, 40, 1101}} {
			m, n, k := s[0], s[1], s[2]
			r := newRand(uint64(i))
			a, b, c := dyadic(r.Uint64, m*k), dyadic(r.Uint64, k*n), dyadic(r.Uint64, m*n)
			for _, l := range layouts {
				l.run(c, a, b, m, n, k, Epilogue{Bias: dyadic(r.Uint64, n), ReLU: i%2 == 0, Accumulate: i%3 == 0})
				sum.add(c)
			}
		}
		for i, s := range convs {
			r := newRand(uint64(i))
			x, w, bias := dyadic(r.Uint64, s.N*s.C*s.H*s.W), dyadic(r.Uint64, s.F*s.C*s.KH*s.KW), dyadic(r.Uint64, s.F)
			y, dx, dw, db := dyadic(r.Uint64, s.N*s.F*s.OutH()*s.OutW()), make([]float32, len(x)), make([]float32, len(w)), make([]float32, s.F)
			ConvBackwardData(dx, y, w, s)
			ConvBackwardWeights(dw, db, y, x, s)
			ConvForward(y, x, w, bias, s, i%2 == 0)
			sum.add(y, dx, dw, db)
		}
		if sum != 0xca50d631 {
			t.Errorf("%v: digest %#x, want 0xca50d631", impl, sum)
		}
	}
}

// parts returns all bits of v as three float32 that add up to it.
func parts(v float64) []float32 {
	a := float32(v)
	b := float32(v - float64(a))
	return []float32{a, b, float32(v - float64(a) - float64(b))}
}

// vectorDigests are those of all other kernels, one for each family, as AVX2 had
// them first.
var vectorDigests = map[string]digest{
	"AdaGrad":                   0x291616cb,
	"Adam":                      0x470936e0,
	"AdamW":                     0xc829f5f4,
	"EMA":                       0xdbda082e,
	"Momentum":                  0x376c143d,
	"Nesterov":                  0xb23261df,
	"RMSProp centered momentum": 0x553acc1,
	"RMSProp centered":          0x38b8b3cc,
	"RMSProp momentum":          0x6058d037,
	"RMSProp":                   0xf6f8e0c4,
	"SGD":                       0xf41f856a,
	"batch norm":                0xa29baf56,
	"exp":                       0x1c70f292,
	"pooling":                   0x93b4b792,
	"reductions":                0xc86fba3d,
	"softmax":                   0x705e3dc1,
	"vectors":                   0x559f18f6,
}

// TestVectorDigests: what is no product and no convolution has the same bits on all
// machines too, in many lengths, at any remainder of a cache line, and for values
// that are not finite or denormal.
func TestVectorDigests(t *testing.T) {
	for _, impl := range implementations() {
		if !impl.assembly() {
			continue
		}
		defer use(impl)()
		sums := map[string]digest{}
		add := func(family string, lists ...[]float32) {
			d := sums[family]
			d.add(lists...)
			sums[family] = d
		}
		for i, n := range append(lengths()[:50], 1000, vectorGrain+37) {
			r := newRand(uint64(i))
			draw := func(odd bool) []float32 {
				x, _ := guarded(n, r.IntN(16))
				copy(x, dyadic(r.Uint64, n))
				if odd {
					for k := range x {
						if r.IntN(6) == 0 {
							x[k] = specials[r.IntN(len(specials))]
						}
					}
				}
				return x
			}
			for _, odd := range []bool{false, true} {
				for _, v := range vectorTests {
					dst := draw(odd)
					v.run(dst, draw(odd), draw(odd))
					add("vectors", dst)
				}
				for _, u := range updateTests {
					s := [5][]float32{draw(odd), draw(odd), draw(odd), draw(odd), draw(odd)}
					u.run(s[0], s[1], s[2], s[3], s[4])
					add(u.name, s[:]...)
				}
				x, y := draw(odd), draw(false)
				for k := range y { // so far apart that a sum in float64 is rounded
					y[k] *= float32(math.Ldexp(1, r.IntN(80)-40))
				}
				spread := squareDeviations(y, 1./3)
				sum, dot := deviationDot(y, y, 1./3)
				for _, v := range []float64{Sum(x), Sum(y), Dot(x, y), Dot(y, y), SumSquares(x), MaxAbs(x), MaxAbs(y), spread, sum, dot} {
					add("reductions", parts(v))
				}
				for k, v := range x {
					if v > 0 {
						x[k] = -v // 0 is the largest exponent, and NaN stays
					}
					if k%3 > 0 {
						x[k] *= 100
					}
				}
				exp(x)
				add("exp", x)
			}
		}
		for i, s := range normShapes {
			n, c, hw := s[0], s[1], s[2]
			r := newRand(uint64(i))
			x, dy, gamma, beta := dyadic(r.Uint64, n*c*hw), dyadic(r.Uint64, n*c*hw), dyadic(r.Uint64, c), dyadic(r.Uint64, c)
			y, dx := make([]float32, len(x)), make([]float32, len(x))
			mean, variance, invstd, dgamma, dbeta := make([]float32, c), make([]float32, c), make([]float32, c), make([]float32, c), make([]float32, c)
			BatchNormTrain(y, x, mean, variance, invstd, gamma, beta, 1e-5, n, c, hw, i%2 == 0)
			add("batch norm", mean, variance, invstd, y)
			BatchNormForward(y, x, mean, invstd, gamma, beta, n, c, hw, i%2 == 1)
			BatchNormBackward(dx, dgamma, dbeta, dy, x, mean, invstd, gamma, beta, n, c, hw, i%2 == 0, i%3 == 0)
			add("batch norm", y, dy, dx, dgamma, dbeta)
		}
		for i, s := range [][2]int{{1, 1}, {3, 10}, {5, 17}, {64, 10}, {2, 130}} {
			r := newRand(uint64(i))
			x := dyadic(r.Uint64, s[0]*s[1])
			for k := range x {
				x[k] *= 20
			}
			SoftmaxRows(x, x, s[0], s[1])
			add("softmax", x)
		}
		for i, s := range pools {
			r := newRand(uint64(i))
			x, dy := dyadic(r.Uint64, s.N*s.C*s.H*s.W), dyadic(r.Uint64, s.N*s.C*s.OutH()*s.OutW())
			for k := range x {
				if r.IntN(6) == 0 {
					x[k] = specials[r.IntN(len(specials))]
				}
			}
			y, arg, dx, masked, at := make([]float32, len(dy)), make([]int32, len(dy)), make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(dy))
			MaxPool(y, arg, x, s)
			MaxPoolBackward(dx, dy, arg, s)
			MaxPoolReLUBackward(masked, dy, y, arg, s)
			for k, v := range arg {
				at[k] = float32(v)
			}
			add("pooling", y, at, dx, masked)
			AvgPool(y, x, s)
			AvgPoolBackward(dx, dy, s)
			add("pooling", y, dx)
		}
		for family, sum := range sums {
			if sum != vectorDigests[family] {
				t.Errorf("%v, %s: digest %#x, want %#x", impl, family, sum, vectorDigests[family])
			}
		}
		if len(sums) != len(vectorDigests) {
			t.Errorf("%v: %d families, want %d", impl, len(sums), len(vectorDigests))
		}
	}
}

// TestBitsHaveOneName: stored runs of one processor serve another.
func TestBitsHaveOneName(t *testing.T) {
	for _, impl := range implementations() {
		restore := use(impl)
		if got := Bits(); impl.assembly() && got != "fma" {
			t.Errorf("the bits of %v are %q", impl, got)
		}
		restore()
	}
}

// dyadic returns n values of (−1, 1) with all bits of a float32, by integer
// arithmetic: the same on every machine.
func dyadic(next func() uint64, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(int32(next()>>40)-1<<23) / (1 << 23)
	}
	return x
}

package f32

import (
	"hash/crc32"
	"math"
	"testing"
)

// TestDigest: tiles give the same bits on all machines, of products and of
// convolutions, which AVX2 gave first. Where this fails and nobody meant it, runs
// are no longer what they were on another machine.
func TestDigest(t *testing.T) {
	for _, impl := range implementations() {
		if !impl.assembly() {
			continue
		}
		defer use(impl)()
		sum := uint32(0)
		add := func(x []float32) {
			for _, v := range x {
				b := math.Float32bits(v)
				sum = crc32.Update(sum, crc32.IEEETable, []byte{byte(b), byte(b >> 8), byte(b >> 16), byte(b >> 24)})
			}
		}
		for i, s := range [][3]int{{7, 19, 9}, {64, 33, 70}, {20, 64, 600}, {64, 10, 256}, {10, 33, 64}, {131, 130, 70}, {33, 40, 1101}} {
			m, n, k := s[0], s[1], s[2]
			r := newRand(uint64(i))
			a, b, c := dyadic(r.Uint64, m*k), dyadic(r.Uint64, k*n), dyadic(r.Uint64, m*n)
			for _, l := range layouts {
				l.run(c, a, b, m, n, k, Epilogue{Bias: dyadic(r.Uint64, n), ReLU: i%2 == 0, Accumulate: i%3 == 0})
				add(c)
			}
		}
		for i, s := range convs {
			r := newRand(uint64(i))
			x, w, bias := dyadic(r.Uint64, s.N*s.C*s.H*s.W), dyadic(r.Uint64, s.F*s.C*s.KH*s.KW), dyadic(r.Uint64, s.F)
			y, dx, dw, db := dyadic(r.Uint64, s.N*s.F*s.OutH()*s.OutW()), make([]float32, len(x)), make([]float32, len(w)), make([]float32, s.F)
			ConvBackwardData(dx, y, w, s)
			ConvBackwardWeights(dw, db, y, x, s)
			ConvForward(y, x, w, bias, s, i%2 == 0)
			for _, out := range [][]float32{y, dx, dw, db} {
				add(out)
			}
		}
		if sum != 0xca50d631 {
			t.Errorf("%v: digest %#x, want 0xca50d631", impl, sum)
		}
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

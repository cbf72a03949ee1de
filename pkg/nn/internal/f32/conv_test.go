package f32

import (
	"fmt"
	"math"
	"testing"
)

var convs = []Conv{
	{N: 1, C: 1, H: 1, W: 1, F: 1, KH: 1, KW: 1, Stride: 1},
	{N: 2, C: 1, H: 28, W: 28, F: 16, KH: 3, KW: 3, Stride: 1},
	{N: 3, C: 3, H: 9, W: 7, F: 5, KH: 3, KW: 3, Stride: 1, Pad: 1},
	{N: 2, C: 16, H: 14, W: 14, F: 32, KH: 3, KW: 3, Stride: 1, Pad: 1},
	{N: 2, C: 4, H: 11, W: 13, F: 6, KH: 3, KW: 3, Stride: 2, Pad: 1},
	{N: 2, C: 5, H: 10, W: 10, F: 7, KH: 2, KW: 4, Stride: 3, Pad: 2},
	{N: 9, C: 2, H: 8, W: 8, F: 17, KH: 5, KW: 5, Stride: 1},
	{N: 2, C: 24, H: 14, W: 14, F: 48, KH: 5, KW: 5, Stride: 1},
	{N: 2, C: 33, H: 7, W: 7, F: 18, KH: 1, KW: 1, Stride: 1},
	{N: 2, C: 8, H: 7, W: 7, F: 16, KH: 1, KW: 1, Stride: 2},
	{N: 1, C: 2, H: 3, W: 3, F: 3, KH: 3, KW: 3, Stride: 1, Pad: 2},
	{N: 2, C: 3, H: 5, W: 6, F: 4, KH: 5, KW: 6, Stride: 1},
	{N: 2, C: 3, H: 6, W: 6, F: 4, KH: 3, KW: 1, Stride: 4, Pad: 5},
	{N: 17, C: 1, H: 6, W: 6, F: 9, KH: 3, KW: 3, Stride: 1, Pad: 1},
}

// A convOracle holds float64 results and the sizes of their sums' terms.
type convOracle struct{ y, ySize, dx, dxSize, dw, dwSize, db, dbSize []float64 }

func (s Conv) oracle(y, x, w, bias []float32, relu bool) (o convOracle) {
	oh, ow := s.OutH(), s.OutW()
	o.y, o.ySize = make([]float64, s.N*s.F*oh*ow), make([]float64, s.N*s.F*oh*ow)
	o.dx, o.dxSize = make([]float64, s.N*s.C*s.H*s.W), make([]float64, s.N*s.C*s.H*s.W)
	o.dw, o.dwSize = make([]float64, s.F*s.C*s.KH*s.KW), make([]float64, s.F*s.C*s.KH*s.KW)
	o.db, o.dbSize = make([]float64, s.F), make([]float64, s.F)
	for n := range s.N {
		for f := range s.F {
			for i := range oh {
				for j := range ow {
					iy := ((n*s.F+f)*oh+i)*ow + j
					dy := float64(y[iy])
					o.db[f] += dy
					o.dbSize[f] += math.Abs(dy)
					if bias != nil {
						o.y[iy] = float64(bias[f])
						o.ySize[iy] = math.Abs(o.y[iy])
					}
					for c := range s.C {
						for p := range s.KH {
							for q := range s.KW {
								ih, iw := i*s.Stride+p-s.Pad, j*s.Stride+q-s.Pad
								if ih < 0 || ih >= s.H || iw < 0 || iw >= s.W {
									continue
								}
								ix, k := ((n*s.C+c)*s.H+ih)*s.W+iw, ((f*s.C+c)*s.KH+p)*s.KW+q
								xv, wv := float64(x[ix]), float64(w[k])
								o.y[iy] += xv * wv
								o.ySize[iy] += math.Abs(xv * wv)
								o.dx[ix] += dy * wv
								o.dxSize[ix] += math.Abs(dy * wv)
								o.dw[k] += dy * xv
								o.dwSize[k] += math.Abs(dy * xv)
							}
						}
					}
					if relu && o.y[iy] < 0 {
						o.y[iy] = 0
					}
				}
			}
		}
	}
	return o
}

func (s Conv) test(t testing.TB, offset int, bias, relu bool) {
	t.Helper()
	r := newRand(uint64(s.N*7 + s.C*13 + s.H*17 + s.F*19))
	oh, ow := s.OutH(), s.OutW()
	slice := func(n int) ([]float32, func(testing.TB)) {
		offset = (offset + 5) % 16
		x, check := guarded(n, offset)
		copy(x, random(r, n))
		return x, check
	}
	x, checkX := slice(s.N * s.C * s.H * s.W)
	w, checkW := slice(s.F * s.C * s.KH * s.KW)
	dy, checkDY := slice(s.N * s.F * oh * ow)
	y, checkY := slice(s.N * s.F * oh * ow)
	dx, checkDX := slice(len(x))
	dw, checkDW := slice(len(w))
	var b, db []float32
	checkDB := func(testing.TB) {}
	if bias {
		b, _ = slice(s.F)
		db, checkDB = slice(s.F)
	}
	o := s.oracle(dy, x, w, b, relu)
	what := fmt.Sprintf("%+v bias %v relu %v: ", s, bias, relu)
	ConvForward(y, x, w, b, s, relu)
	near(t, what+"y", y, o.y, o.ySize, 2e-6)
	ConvBackwardData(dx, dy, w, s)
	near(t, what+"dx", dx, o.dx, o.dxSize, 2e-6)
	ConvBackwardWeights(dw, db, dy, x, s)
	near(t, what+"dw", dw, o.dw, o.dwSize, 4e-6)
	if bias {
		near(t, what+"db", db, o.db, o.dbSize, 4e-6)
	}
	for _, check := range []func(testing.TB){checkX, checkW, checkDY, checkY, checkDX, checkDW, checkDB} {
		check(t)
	}
}

func TestConv(t *testing.T) {
	forEach(t, func(t *testing.T) {
		for i, s := range convs {
			s.test(t, i, i%2 == 0, i%3 == 0)
			s.test(t, i+7, i%2 == 1, i%3 == 1)
		}
	})
}

// TestConvNotFinite: what is not finite in the inputs stays in its windows.
func TestConvNotFinite(t *testing.T) {
	forEach(t, func(t *testing.T) {
		for _, s := range []Conv{
			{N: 2, C: 1, H: 28, W: 28, F: 16, KH: 3, KW: 3, Stride: 1},
			{N: 2, C: 9, H: 10, W: 10, F: 20, KH: 3, KW: 3, Stride: 1, Pad: 1},
		} {
			for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1))} {
				r := newRand(5)
				x, w := random(r, s.N*s.C*s.H*s.W), random(r, s.F*s.C*s.KH*s.KW)
				y, dx := make([]float32, s.N*s.F*s.OutH()*s.OutW()), make([]float32, len(x))
				x[len(x)/3] = bad
				o := s.oracle(y, x, w, nil, true)
				ConvForward(y, x, w, nil, s, true)
				near(t, "y", y, o.y, o.ySize, 2e-6)

				dy := random(r, len(y))
				dy[len(dy)/3] = bad
				o = s.oracle(dy, x, w, nil, false)
				ConvBackwardData(dx, dy, w, s)
				near(t, "dx", dx, o.dx, o.dxSize, 2e-6)
			}
		}
	})
}

func TestConvPanics(t *testing.T) {
	defer func() {
		want := "f32: ConvForward: input, output and weights hold 9, 3, 4 values, {N:1 C:1 H:3 W:3 F:1 KH:2 KW:2 Stride:1 Pad:0} needs 9, 4, 4"
		if got := fmt.Sprint(recover()); got != want {
			t.Errorf("panic %q, want %q", got, want)
		}
	}()
	ConvForward(make([]float32, 3), make([]float32, 9), make([]float32, 4), nil, Conv{N: 1, C: 1, H: 3, W: 3, F: 1, KH: 2, KW: 2, Stride: 1}, false)
}

func FuzzConv(f *testing.F) {
	f.Add(uint8(2), uint8(1), uint8(28), uint8(28), uint8(16), uint8(3), uint8(3), uint8(1), uint8(0))
	f.Add(uint8(1), uint8(5), uint8(9), uint8(7), uint8(18), uint8(5), uint8(2), uint8(3), uint8(2))
	f.Add(uint8(3), uint8(17), uint8(4), uint8(4), uint8(3), uint8(1), uint8(1), uint8(2), uint8(1))
	f.Add(uint8(0), uint8(1), uint8(1), uint8(1), uint8(1), uint8(1), uint8(1), uint8(1), uint8(0))
	f.Fuzz(func(t *testing.T, n, c, h, w, filters, kh, kw, stride, pad uint8) {
		s := Conv{N: int(n % 5), C: int(c%20) + 1, H: int(h%30) + 1, W: int(w%30) + 1, F: int(filters%40) + 1,
			KH: int(kh%7) + 1, KW: int(kw%7) + 1, Stride: int(stride%4) + 1, Pad: int(pad % 5)}
		if s.H+2*s.Pad < s.KH || s.W+2*s.Pad < s.KW || s.N*s.work() > 1<<19 {
			t.Skip()
		}
		for _, impl := range implementations() {
			restore := use(impl)
			s.test(t, int(n), h%2 == 0, w%2 == 0)
			restore()
		}
	})
}

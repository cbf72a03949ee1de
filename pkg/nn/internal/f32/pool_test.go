package f32

import (
	"fmt"
	"math"
	"testing"
)

var pools = []Pool{
	{N: 1, C: 1, H: 1, W: 1, K: 1, Stride: 1},
	{N: 2, C: 3, H: 28, W: 28, K: 2, Stride: 2},
	{N: 2, C: 3, H: 26, W: 26, K: 2, Stride: 2},
	{N: 2, C: 3, H: 14, W: 14, K: 2, Stride: 2},
	{N: 2, C: 2, H: 7, W: 7, K: 2, Stride: 2},
	{N: 1, C: 2, H: 9, W: 37, K: 2, Stride: 2},
	{N: 1, C: 2, H: 6, W: 16, K: 2, Stride: 2},
	{N: 1, C: 2, H: 2, W: 2, K: 2, Stride: 2},
	{N: 1, C: 2, H: 4, W: 6, K: 2, Stride: 2},
	{N: 1, C: 2, H: 4, W: 8, K: 2, Stride: 2},
	{N: 1, C: 2, H: 5, W: 12, K: 2, Stride: 1},
	{N: 2, C: 2, H: 9, W: 10, K: 3, Stride: 2, Pad: 1},
	{N: 2, C: 2, H: 7, W: 7, K: 7, Stride: 1},
	{N: 1, C: 3, H: 8, W: 5, K: 3, Stride: 3},
	{N: 1, C: 3, H: 6, W: 7, K: 2, Stride: 2, Pad: 1},
	{N: 1, C: 1, H: 5, W: 5, K: 2, Stride: 3},
}

// values returns pixels with ties, zeros of both signs and some NaN.
func (s Pool) values(odd bool) []float32 {
	r := newRand(uint64(s.H*100 + s.W))
	x := random(r, s.N*s.C*s.H*s.W)
	for i := range x {
		switch r.IntN(4) {
		case 0:
			x[i] = float32(r.IntN(3))
		case 1:
			x[i] = float32(math.Copysign(0, float64(r.IntN(2))-0.5))
		}
		if odd && r.IntN(12) == 0 {
			x[i] = [...]float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))}[r.IntN(3)]
		}
	}
	return x
}

func TestMaxPool(t *testing.T) {
	forEach(t, func(t *testing.T) {
		for i, s := range pools {
			for _, odd := range []bool{false, true} {
				testMaxPool(t, s, i, odd)
			}
		}
	})
}

func testMaxPool(t *testing.T, s Pool, offset int, odd bool) {
	what := fmt.Sprintf("%+v, odd values %v: ", s, odd)
	oh, ow := s.OutH(), s.OutW()
	x, checkX := guarded(s.N*s.C*s.H*s.W, offset%16)
	copy(x, s.values(odd))
	y, checkY := guarded(s.N*s.C*oh*ow, (offset+3)%16)
	arg := make([]int32, len(y)+1)
	arg[len(y)] = -7
	MaxPool(y, arg, x, s)
	for plane := range s.N * s.C {
		px := x[plane*s.H*s.W : (plane+1)*s.H*s.W]
		for i := range oh {
			for j := range ow {
				best, index := float32(math.Inf(-1)), -1
				for p := range s.K {
					for q := range s.K {
						h, w := i*s.Stride+p-s.Pad, j*s.Stride+q-s.Pad
						if h < 0 || h >= s.H || w < 0 || w >= s.W {
							continue
						}
						if v := px[h*s.W+w]; index < 0 || v > best || v != v {
							best, index = v, h*s.W+w
						}
					}
				}
				at := (plane*oh+i)*ow + j
				if !sameBits(y[at], best) || int(arg[at]) != index {
					t.Fatalf("%soutput %d is %v from %d, want %v from %d", what, at, y[at], arg[at], best, index)
				}
			}
		}
	}
	if arg[len(y)] != -7 {
		t.Fatalf("%sarg was overwritten beyond its end", what)
	}
	y2 := make([]float32, len(y))
	MaxPool(y2, nil, x, s)
	for i := range y {
		if !sameBits(y[i], y2[i]) {
			t.Fatalf("%swithout arg, output %d is %v, not %v", what, i, y2[i], y[i])
		}
	}

	dy := random(newRand(1), len(y))
	for i := range dy {
		if i%7 == 0 {
			dy[i] = float32(math.Copysign(0, -1))
		}
	}
	want := make([]float32, len(x))
	for i, v := range dy {
		want[i/(oh*ow)*s.H*s.W+int(arg[i])] += v
	}
	dx, checkDX := guarded(len(x), (offset+7)%16)
	Fill(dx, 3)
	MaxPoolBackward(dx, dy, arg, s)
	for i := range want {
		if !sameBits(dx[i], want[i]) {
			t.Fatalf("%sdx[%d] is %v, want %v", what, i, dx[i], want[i])
		}
	}

	clear(want)
	for i, v := range dy {
		if y[i] > 0 {
			want[i/(oh*ow)*s.H*s.W+int(arg[i])] += v
		}
	}
	MaxPoolReLUBackward(dx, dy, y, arg, s)
	for i := range want {
		if !sameBits(dx[i], want[i]) {
			t.Fatalf("%safter a ReLU, dx[%d] is %v, want %v", what, i, dx[i], want[i])
		}
	}
	checkX(t)
	checkY(t)
	checkDX(t)
}

func TestAvgPool(t *testing.T) {
	forEach(t, func(t *testing.T) {
		for i, s := range pools {
			what := fmt.Sprintf("%+v: ", s)
			oh, ow := s.OutH(), s.OutW()
			r := newRand(uint64(i))
			x, dy := random(r, s.N*s.C*s.H*s.W), random(r, s.N*s.C*oh*ow)
			y, checkY := guarded(len(dy), i%16)
			dx, checkDX := guarded(len(x), (i+5)%16)
			want, wantDX := make([]float64, len(y)), make([]float64, len(x))
			size, sizeDX := make([]float64, len(y)), make([]float64, len(x))
			k2 := float64(s.K * s.K)
			for at := range want {
				plane, i, j := at/(oh*ow), at/ow%oh, at%ow
				for p := range s.K {
					for q := range s.K {
						h, w := i*s.Stride+p-s.Pad, j*s.Stride+q-s.Pad
						if h < 0 || h >= s.H || w < 0 || w >= s.W {
							continue
						}
						ix := (plane*s.H+h)*s.W + w
						want[at] += float64(x[ix]) / k2
						size[at] += math.Abs(float64(x[ix])) / k2
						wantDX[ix] += float64(dy[at]) / k2
						sizeDX[ix] += math.Abs(float64(dy[at])) / k2
					}
				}
			}
			AvgPool(y, x, s)
			near(t, what+"y", y, want, size, 1e-6)
			AvgPoolBackward(dx, dy, s)
			near(t, what+"dx", dx, wantDX, sizeDX, 1e-6)
			checkY(t)
			checkDX(t)
		}
	})
}

func TestPoolPanics(t *testing.T) {
	for _, s := range []Pool{{N: 1, C: 1, H: 3, W: 3, K: 4, Stride: 1}, {N: 1, C: 1, H: 3, W: 3, K: 2, Stride: 1, Pad: 2}, {N: 1, C: 1, H: 3, W: 3, K: 2}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v did not panic", s)
				}
			}()
			MaxPool(make([]float32, 100), nil, make([]float32, 100), s)
		}()
	}
}

package inspect

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync"
)

// Gabor is an oriented wave under a Gaussian, the model of a cell that answers
// to edges and strokes (Marčelja 1980, Jones & Palmer 1987). With u the distance
// across the stripes and v the one along them,
//
//	f(x, y) = Offset + exp(−u²/2Across² − v²/2Along²)·(Even·cos(2πu/Wavelength) + Odd·sin(2πu/Wavelength)).
//
// Even alone is a stroke with flanks, Odd alone an edge. As the wavelength
// grows it becomes a plain edge or a blob.
type Gabor struct {
	X, Y          float64 // the centre, in pixels right of and below that of the map
	Angle         float64 // of the stripes in degrees, as in Orientation
	Wavelength    float64 // pixels
	Across, Along float64 // standard deviations, pixels
	Even, Odd     float64
	Offset        float64
	// R2 is the share of the variance of the map that the model explains, 0 to 1.
	// Nine parameters explain much of a small map whatever is on it: of Gaussian
	// noise 0.87 of 3×3, 0.49 of 5×5 and 0.30 of 7×7 values.
	R2 float64
}

// shape are the parameters of a Gabor that are not linear. The others are
// found by least squares for each shape (variable projection, Golub & Pereyra
// 1973), so that the search has six dimensions.
type shape [6]float64

const (
	atX = iota
	atY
	atAngle // radians, of the direction across the stripes
	atWave
	atAcross
	atAlong
)

// FitGabor fits a Gabor to a map of h×w by least squares: a grid of shapes, and
// from the best of them a pattern search (Hooke & Jeeves 1961). It is a
// function of the map alone. The centre stays on the map, the wavelength above
// 2.5 pixels and the envelope above 0.6 pixels across and along, so that no
// single pixel is fitted.
func FitGabor(m []float32, h, w int) Gabor {
	if len(m) != h*w {
		panic(fmt.Sprintf("inspect: Gabor: %d values, want %d×%d", len(m), h, w))
	}
	f := newGaborFit(m, h, w)
	if !(f.variance > 0) {
		return Gabor{Offset: f.mean, Wavelength: math.Inf(1), Across: math.Inf(1), Along: math.Inf(1), R2: math.NaN()}
	}
	const starts = 3
	type start struct {
		s    shape
		rest float64
	}
	var all []start
	side := float64(max(h, w))
	for a := range 8 {
		for _, wave := range []float64{0.5, 0.9, 1.6} {
			for _, sd := range []float64{0.2, 0.4} {
				for c := range 5 { // the centre and four places around it
					s := shape{0, 0, float64(a) * math.Pi / 8, wave * side, sd * side, sd * side}
					if c > 0 {
						s[atX], s[atY] = side/5*float64(c%2*2-1), side/5*float64(c/2%2*2-1)
					}
					all = append(all, start{s, f.rest(s)})
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b start) int { return cmp.Compare(a.rest, b.rest) })
	best := all[0]
	for _, st := range all[:starts] {
		if s, rest := f.search(st.s, st.rest); rest < best.rest {
			best = start{s, rest}
		}
	}
	return f.gabor(best.s)
}

type gaborFit struct {
	m              []float64
	h, w           int
	mean, variance float64 // variance is the sum of squares about the mean
	low, high      shape
	even, odd      []float64 // the two waves of the shape at work
}

func newGaborFit(m []float32, h, w int) *gaborFit {
	f := &gaborFit{m: make([]float64, len(m)), h: h, w: w, even: make([]float64, len(m)), odd: make([]float64, len(m))}
	for i, v := range m {
		f.m[i] = float64(v)
		f.mean += float64(v) / float64(len(m))
	}
	for _, v := range f.m {
		f.variance += (v - f.mean) * (v - f.mean)
	}
	side := float64(max(h, w))
	f.low = shape{-float64(w-1) / 2, -float64(h-1) / 2, math.Inf(-1), 2.5, 0.6, 0.6}
	f.high = shape{float64(w-1) / 2, float64(h-1) / 2, math.Inf(1), 4 * side, 2 * side, 2 * side}
	return f
}

// waves computes the two waves of a shape.
func (f *gaborFit) waves(s shape) {
	sin, cos := math.Sincos(s[atAngle])
	a, b, k := 0.5/(s[atAcross]*s[atAcross]), 0.5/(s[atAlong]*s[atAlong]), 2*math.Pi/s[atWave]
	for y := range f.h {
		for x := range f.w {
			dx, dy := float64(x)-float64(f.w-1)/2-s[atX], float64(f.h-1)/2-float64(y)+s[atY]
			u, v := dx*cos+dy*sin, dy*cos-dx*sin
			e := math.Exp(-u*u*a - v*v*b)
			si, co := math.Sincos(k * u)
			f.even[y*f.w+x], f.odd[y*f.w+x] = e*co, e*si
		}
	}
}

// linear solves for the amplitudes and the offset of the waves at work, and
// returns the sum of squares that is left.
func (f *gaborFit) linear() (even, odd, offset, rest float64) {
	n := float64(len(f.m))
	var e, o, ee, oo, eo, em, om float64
	for i, v := range f.m {
		p, q := f.even[i], f.odd[i]
		e, o = e+p, o+q
		ee, oo, eo = ee+p*p, oo+q*q, eo+p*q
		em, om = em+p*v, om+q*v
	}
	// About their means the offset drops out. A trace on the diagonal keeps the
	// system solvable where one of the waves is constant.
	ee, oo, eo = ee-e*e/n, oo-o*o/n, eo-e*o/n
	em, om = em-e*f.mean, om-o*f.mean
	trace := 1e-9*(ee+oo) + 1e-30
	ee, oo = ee+trace, oo+trace
	det := ee*oo - eo*eo
	even, odd = (em*oo-om*eo)/det, (om*ee-em*eo)/det
	offset = f.mean - (even*e+odd*o)/n
	for i, v := range f.m {
		d := v - offset - even*f.even[i] - odd*f.odd[i]
		rest += d * d
	}
	return even, odd, offset, rest
}

func (f *gaborFit) rest(s shape) float64 {
	f.waves(s)
	_, _, _, rest := f.linear()
	return rest
}

// search walks from s along the axes and along the direction of its last
// success, with steps that shrink where there is none.
func (f *gaborFit) search(s shape, rest float64) (shape, float64) {
	side := float64(max(f.h, f.w))
	step := shape{side / 10, side / 10, math.Pi / 16, side / 5, side / 10, side / 10}
	for range 200 {
		moved, left := f.explore(s, rest, step)
		if left < rest*(1-1e-4) {
			var ahead shape
			for i := range ahead {
				ahead[i] = moved[i] + (moved[i] - s[i])
			}
			ahead = f.clamp(ahead)
			s, rest = moved, left
			if further, l := f.explore(ahead, f.rest(ahead), step); l < rest {
				s, rest = further, l
			}
			continue
		}
		if step[atAngle] < 5e-3 {
			break
		}
		for i := range step {
			step[i] /= 2
		}
	}
	return s, rest
}

// explore tries a step in each direction of each axis and keeps what helps.
func (f *gaborFit) explore(s shape, rest float64, step shape) (shape, float64) {
	for i := range s {
		for _, d := range []float64{step[i], -step[i]} {
			t := s
			t[i] += d
			t = f.clamp(t)
			if r := f.rest(t); r < rest {
				s, rest = t, r
				break
			}
		}
	}
	return s, rest
}

func (f *gaborFit) clamp(s shape) shape {
	for i := range s {
		s[i] = math.Max(f.low[i], math.Min(f.high[i], s[i]))
	}
	return s
}

func (f *gaborFit) gabor(s shape) Gabor {
	angle := math.Mod(s[atAngle]*180/math.Pi+90, 180)
	if angle < 0 {
		angle += 180
	}
	s[atAngle] = (angle - 90) * math.Pi / 180 // half a turn changes the sign of Odd
	f.waves(s)
	even, odd, offset, rest := f.linear()
	return Gabor{
		X: s[atX], Y: s[atY], Angle: angle, Wavelength: s[atWave], Across: s[atAcross], Along: s[atAlong],
		Even: even, Odd: odd, Offset: offset, R2: math.Max(0, 1-rest/f.variance),
	}
}

// Map draws the model on h×w pixels.
func (g Gabor) Map(h, w int) []float32 {
	f := newGaborFit(make([]float32, h*w), h, w)
	f.waves(shape{g.X, g.Y, (g.Angle - 90) * math.Pi / 180, g.Wavelength, g.Across, g.Along})
	out := make([]float32, h*w)
	for i := range out {
		out[i] = float32(g.Offset + g.Even*f.even[i] + g.Odd*f.odd[i])
	}
	return out
}

// FitGabors fits every map, several at a time; see FitGabor.
func FitGabors(maps [][]float32, h, w int) []Gabor {
	out := make([]Gabor, len(maps))
	var wg sync.WaitGroup
	for i, m := range maps {
		wg.Go(func() { out[i] = FitGabor(m, h, w) })
	}
	wg.Wait()
	return out
}

// Explained are the shares of variance that fits explain.
func Explained(gs []Gabor) []float64 {
	out := make([]float64, len(gs))
	for i, g := range gs {
		out[i] = g.R2
	}
	return out
}

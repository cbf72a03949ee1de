package data

import (
	"math"
	"math/rand/v2"
	"sync"
)

// Elastic distorts an image as if it were drawn on rubber: every pixel is
// displaced by Alpha times uniform noise in [-1,1], smoothed by a Gaussian of
// width Sigma. The displacements have a standard deviation of about
// 0.163·Alpha/Sigma pixels. Sensible values are Sigma 4 to 6, Alpha 8 to 38.
//
// Source: Simard, Steinkraus, Platt, Best Practices for Convolutional Neural
// Networks Applied to Visual Document Analysis, 2003.
type Elastic struct {
	Alpha float64 // pixels, 0 to 200
	Sigma float64 // pixels, 1 to 16
}

// field is a smoothed noise on a torus of 256×256. Any window of it is one
// component of a displacement field, so that this one serves as a bank of
// 65,536.
type field struct {
	v    [fieldSide * fieldSide]float32
	most float32 // the largest magnitude
}

const fieldSide = 256

// at returns the field at (x, y), which go round.
func (f *field) at(x, y uint32) float32 { return f.v[uint16(y<<8|x&0xff)] }

// window is a choice of two windows of a field, by their corners: for the
// displacements to the right and down.
type window struct{ rx, ry, dx, dy uint32 }

// newWindow draws two windows that are too far apart to overlap.
func newWindow(rng *rand.Rand) window {
	var w window
	w.rx, w.ry = rng.Uint32N(fieldSide), rng.Uint32N(fieldSide)
	w.dx, w.dy = w.rx+fieldSide/4+rng.Uint32N(fieldSide/2), rng.Uint32N(fieldSide)
	return w
}

var fields struct {
	sync.Mutex
	by map[float64]*field
}

// fieldFor returns the field of a sigma, which is made once.
func fieldFor(sigma float64) *field {
	fields.Lock()
	defer fields.Unlock()
	f := fields.by[sigma]
	if f == nil {
		f = newField(sigma)
		if fields.by == nil {
			fields.by = make(map[float64]*field)
		}
		fields.by[sigma] = f
	}
	return f
}

func newField(sigma float64) *field {
	var src rand.PCG
	reseed(&src, 0, forField, int(math.Float64bits(sigma)), 0)
	rng := rand.New(&src)
	noise := make([]float64, fieldSide*fieldSide)
	for i := range noise {
		noise[i] = 2*rng.Float64() - 1
	}
	smooth(noise, fieldSide, gaussian(sigma))
	f := new(field)
	for i, v := range noise {
		f.v[i] = float32(v)
		f.most = max(f.most, f.v[i], -f.v[i])
	}
	return f
}

// gaussian returns the right half of a normalised Gaussian, cut off at 4 sigma.
func gaussian(sigma float64) []float64 {
	half := make([]float64, int(4*sigma+0.5)+1)
	var total float64
	for i := range half {
		half[i] = math.Exp(-0.5 * float64(i*i) / (sigma * sigma))
		total += half[i]
		if i > 0 {
			total += half[i]
		}
	}
	for i := range half {
		half[i] /= total
	}
	return half
}

// smooth convolves a torus of n×n with a symmetric kernel along both axes.
func smooth(a []float64, n int, half []float64) {
	reach := len(half) - 1
	line := make([]float64, n+2*reach) // goes round at both ends
	for _, axis := range []struct{ along, across int }{{1, n}, {n, 1}} {
		for k := range n {
			for i := range line {
				line[i] = a[k*axis.across+(i-reach+n)%n*axis.along]
			}
			for i := range n {
				v := half[0] * line[i+reach]
				for d := 1; d <= reach; d++ {
					v += half[d] * (line[i+reach+d] + line[i+reach-d])
				}
				a[k*axis.across+i*axis.along] = v
			}
		}
	}
}

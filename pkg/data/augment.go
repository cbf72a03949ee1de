package data

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"

	"inkling/pkg/internal/parallel"
)

// Augment makes more data from the same data: every image is changed a little,
// anew in each epoch, in ways that do not change what it shows. Its zero value
// changes nothing, and each field that is set adds one change:
//
//	data.Augment{Shift: 2, Rotate: 10, Scale: 0.1, Elastic: data.Elastic{Alpha: 8, Sigma: 4}}
//
// Every amount is drawn uniformly from the range given here, as a function of
// (seed, epoch, index of the image) alone; setting one field does not alter
// what is drawn for another. Shift, Rotate, Scale, Shear and Elastic make one
// resampling together. What comes in from outside the image is background. The
// planes of a colour image are changed alike, but for the noise. The order is: Thick, that resampling, Erase, Noise, then each of More in turn.
//
// It is a plain value that identifies what it does.
type Augment struct {
	Shift   float64 // pixels: ±Shift to the right and ±Shift down; 0 to 14
	Rotate  float64 // degrees: ±Rotate; 0 to 180
	Scale   float64 // share: magnified by 1-Scale to 1+Scale; 0 to 0.9
	Shear   float64 // degrees: leaning by ±Shear; 0 to 60
	Elastic Elastic // distorted like rubber
	Thick   float64 // pixels: lines grow or shrink by up to Thick on each side; 0 to 3
	Erase   float64 // pixels: a square with a side of 0 to Erase is blanked; 0 to 28
	Noise   float64 // standard deviation of noise on each pixel, of [0,1]; 0 to 1
	Keep    float64 // share of images left as they are; 0 to 1

	More []Change // changes of one's own, one after another
}

// IsZero reports whether a changes nothing.
func (a Augment) IsZero() bool {
	return len(a.More) == 0 && reflect.ValueOf(a.amounts()).IsZero()
}

// amounts is a without More.
func (a Augment) amounts() Augment {
	a.More = nil
	return a
}

// Check reports the first field that is out of its range.
func (a Augment) Check() error {
	for _, f := range []struct {
		name      string
		v, lo, hi float64
	}{
		{"Shift", a.Shift, 0, 14},
		{"Rotate", a.Rotate, 0, 180},
		{"Scale", a.Scale, 0, 0.9},
		{"Shear", a.Shear, 0, 60},
		{"Elastic.Alpha", a.Elastic.Alpha, 0, 200},
		{"Thick", a.Thick, 0, 3},
		{"Erase", a.Erase, 0, 28},
		{"Noise", a.Noise, 0, 1},
		{"Keep", a.Keep, 0, 1},
	} {
		if !(f.v >= f.lo && f.v <= f.hi) {
			return fmt.Errorf("data: augment: %s %v, allowed %v to %v", f.name, f.v, f.lo, f.hi)
		}
	}
	if s := a.Elastic.Sigma; a.Elastic.Alpha > 0 && !(s >= 1 && s <= 16) {
		return fmt.Errorf("data: augment: Elastic.Alpha %v (--alpha) with Elastic.Sigma %v (--sigma), allowed 1 to 16", a.Elastic.Alpha, s)
	}
	return checkChanges(a.More)
}

// Times returns a with every amount multiplied by f, as a sweep over magnitudes
// or a fading towards the end of training wants it. Sigma and Keep, which are
// no amounts, stay, and so do those of More that have no Times (see Change).
func (a Augment) Times(f float64) Augment {
	for _, v := range []*float64{&a.Shift, &a.Rotate, &a.Scale, &a.Shear, &a.Elastic.Alpha, &a.Thick, &a.Erase, &a.Noise} {
		*v *= f
	}
	a.More = changesTimes(a.More, f)
	return a
}

// Materialize returns k changed copies of every image of s, the copies of the
// first image first: those that epochs 0 to k-1 would show. This is the way of
// old to augment, which costs k times the memory and shows the same images in
// every epoch; a Loader with an Augment does better. Use Concat to add the
// originals.
func (a Augment) Materialize(s *Set, seed uint64, k int) *Set {
	if err := a.Check(); err != nil {
		panic(err.Error())
	}
	t := s.like(fmt.Sprintf("%s, %d copies", s.Name, k), k*s.Len())
	f := a.field()
	parallel.Each(t.Len(), 64, func() func(int) {
		c := newChanger(s.H, s.W)
		out := make([]float32, s.size())
		return func(j int) {
			i := j / k
			c.change(out, s, i, &a, f, seed, j%k)
			toBytes(t.pixels(j), out)
			t.Labels[j] = s.Labels[i]
		}
	})
	return t
}

// Concat returns the images of all sets, which must be of one size and have the
// same classes.
func Concat(name string, sets ...*Set) *Set {
	t := sets[0].like(name, 0)
	for _, s := range sets {
		if err := s.Like(sets[0]); err != nil {
			panic(fmt.Sprintf("data: concat: %s: %v", s.Name, err))
		}
		t.Pixels = append(t.Pixels, s.Pixels...)
		t.Labels = append(t.Labels, s.Labels...)
	}
	return t
}

// changer applies an Augment to images, one at a time, in buffers of its own.
type changer struct {
	src rand.PCG
	rng *rand.Rand
	*painter
}

func newChanger(h, w int) *changer {
	c := &changer{painter: newPainter(h, w)}
	c.rng = rand.New(&c.src)
	return c
}

// change writes image i of s, as a changes it in an epoch, to dst. f is the
// field of a's Elastic, nil without one.
func (c *changer) change(dst []float32, s *Set, i int, a *Augment, f *field, seed uint64, epoch int) {
	reseed(&c.src, seed, forAugment, epoch, i)
	// All is drawn, whatever is used, so that no amount depends on another
	// field of a.
	var (
		keep  = c.rng.Float64() < a.Keep
		move  = Affine{DX: c.within(a.Shift), DY: c.within(a.Shift), Rotate: c.within(a.Rotate), Scale: 1 + c.within(a.Scale), Shear: c.within(a.Shear)}
		thick = c.within(a.Thick)
		at    = newWindow(c.rng)
		side  = a.Erase * c.rng.Float64()
		ex    = c.rng.Float64()
		ey    = c.rng.Float64()
	)
	if keep {
		floats(dst, s.pixels(i))
		return
	}
	inverse, n := move.inverse(s.H, s.W), s.H*s.W
	for k := range s.C {
		plane := dst[k*n : (k+1)*n]
		c.open(s.plane(i, k))
		c.thicken(float32(thick))
		c.resample(plane, inverse, f, float32(a.Elastic.Alpha), at)
		if side > 0 {
			erase(plane, s.H, s.W, side, ex*float64(s.W), ey*float64(s.H))
		}
	}
	if sigma := float32(a.Noise); sigma > 0 {
		for j, v := range dst {
			dst[j] = min(max(v+float32(sigma*float32(c.rng.NormFloat64())), 0), 1)
		}
	}
	for k, more := range a.More {
		for p := range s.C { // each plane alike
			reseed(&c.src, seed, forMore+k, epoch, i)
			more.Apply(dst[p*n:(p+1)*n], s.H, s.W, c.rng)
		}
		for j, v := range dst {
			dst[j] = min(max(v, 0), 1)
		}
	}
}

// within draws uniformly from [-limit, limit].
func (c *changer) within(limit float64) float64 { return limit * (2*c.rng.Float64() - 1) }

// erase blanks the pixels whose centre lies in a square about (x, y).
func erase(dst []float32, h, w int, side, x, y float64) {
	from := func(v float64) int { return max(0, int(math.Ceil(v-side/2-0.5))) }
	to := func(v float64, n int) int { return min(n, int(math.Ceil(v+side/2-0.5))) }
	x0, x1 := from(x), to(x, w)
	for j := from(y); j < to(y, h); j++ {
		if x0 < x1 {
			clear(dst[j*w+x0 : j*w+x1])
		}
	}
}

// field returns the bank of displacements that a needs, or nil.
func (a Augment) field() *field {
	if a.Elastic.Alpha == 0 {
		return nil
	}
	return fieldFor(a.Elastic.Sigma)
}

package inspect

import (
	"cmp"
	"math"
	"math/rand/v2"

	"inkling/pkg/nn"
)

// Maximize draws the images that a network likes best: from faint noise it
// climbs the logit of a class. The zero value climbs and does nothing else, and
// ends in noise that only this network reads. Blur, Decay and Jitter hold the
// image to what digits have in common (Yosinski et al. 2015, Mordvintsev et al.
// 2015).
type Maximize struct {
	Steps  int     // 0: 120
	Rate   float64 // length of a step as a share of √pixels, so of the root mean square; 0: 0.05
	Decay  float64 // share of every pixel that is taken off at each step
	Blur   float64 // standard deviation in pixels of a Gaussian at every fourth step; 0 for none
	Jitter int     // each step looks at the image moved by up to so many pixels
	Seed   uint64
}

// Natural is regularization that makes readable digits of 28×28.
var Natural = Maximize{Decay: 0.03, Blur: 0.7, Jitter: 1}

// Images returns one image for each of classes. Pixels stay in [0,1].
func (a Maximize) Images(p *Probe, classes []uint16) *nn.Tensor {
	in := p.model.In
	rng := rand.New(rand.NewPCG(a.Seed, purposeMaximize))
	x := nn.NewTensor(len(classes), in)
	for i := range x.Data {
		x.Data[i] = 0.1 * rng.Float32()
	}
	rate := cmp.Or(a.Rate, 0.05) * math.Sqrt(float64(in.Size()))
	moved := nn.NewTensor(x.N, in)
	for step := range cmp.Or(a.Steps, 120) {
		dy, dx := rng.IntN(2*a.Jitter+1)-a.Jitter, rng.IntN(2*a.Jitter+1)-a.Jitter
		for i := range x.N {
			shift(moved.Example(i), x.Example(i), in, dy, dx)
		}
		g := p.Saliency(moved, classes)
		for i := range x.N {
			shift(moved.Example(i), g.Example(i), in, -dy, -dx)
			climb(x.Example(i), moved.Example(i), rate, a.Decay)
			if a.Blur > 0 && step%4 == 3 {
				blur(x.Example(i), in, a.Blur)
			}
		}
	}
	return x
}

// climb goes a step of the given length along g and keeps pixels in range.
func climb(x, g []float32, length, decay float64) {
	norm := 0.0
	for _, v := range g {
		norm += float64(v) * float64(v)
	}
	step := length / math.Max(math.Sqrt(norm), 1e-12)
	for i := range x {
		v := float64(x[i])*(1-decay) + step*float64(g[i])
		x[i] = float32(math.Max(0, math.Min(1, v)))
	}
}

// shift moves an image by whole pixels; what comes in is 0.
func shift(dst, src []float32, s nn.Shape, dy, dx int) {
	for c := range s.C {
		for y := range s.H {
			for x := range s.W {
				v := float32(0)
				if u, w := y-dy, x-dx; u >= 0 && u < s.H && w >= 0 && w < s.W {
					v = src[(c*s.H+u)*s.W+w]
				}
				dst[(c*s.H+y)*s.W+x] = v
			}
		}
	}
}

// blur folds each channel with a Gaussian, by rows and then by columns. Beyond
// the edge is 0.
func blur(x []float32, s nn.Shape, sd float64) {
	r := int(math.Ceil(3 * sd))
	w := make([]float64, 2*r+1)
	sum := 0.0
	for i := range w {
		w[i] = math.Exp(-float64((i-r)*(i-r)) / (2 * sd * sd))
		sum += w[i]
	}
	line := func(n, stride int, v []float32) {
		old := make([]float64, n)
		for i := range old {
			old[i] = float64(v[i*stride])
		}
		for i := range n {
			t := 0.0
			for k := max(0, i-r); k <= min(n-1, i+r); k++ {
				t += w[k-i+r] * old[k]
			}
			v[i*stride] = float32(t / sum)
		}
	}
	for c := range s.C {
		channel := x[c*s.H*s.W : (c+1)*s.H*s.W]
		for y := range s.H {
			line(s.W, 1, channel[y*s.W:])
		}
		for col := range s.W {
			line(s.H, s.W, channel[col:])
		}
	}
}

package inspect

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"inkling/pkg/nn"
)

// Saliency returns, for every example of x, the derivative of the logit of its
// class with respect to each pixel (Simonyan et al. 2014, without the absolute
// value).
func (p *Probe) Saliency(x *nn.Tensor, classes []uint16) *nn.Tensor {
	checkClasses("saliency", x, classes)
	out := nn.NewTensor(x.N, x.Shape)
	p.chunks(x, func(from int, part *nn.Tensor) {
		copy(out.Data[from*x.Shape.Size():], p.slope(part, classes[from:from+part.N]).Data)
	})
	return out
}

// GradientTimesInput is Saliency times the pixel itself (Shrikumar et al. 2016):
// what a pixel adds to the logit if the network is taken for linear. Where there
// is no ink it is 0, whatever the network.
func (p *Probe) GradientTimesInput(x *nn.Tensor, classes []uint16) *nn.Tensor {
	out := p.Saliency(x, classes)
	for i, v := range x.Data {
		out.Data[i] *= v
	}
	return out
}

// slope is the gradient of the logits of classes, valid until the next pass.
func (p *Probe) slope(x *nn.Tensor, classes []uint16) *nn.Tensor {
	dy := nn.NewTensor(x.N, p.Forward(x).Shape)
	for i, c := range classes {
		dy.Example(i)[c] = 1
	}
	return p.Backward(dy)
}

func checkClasses(what string, x *nn.Tensor, classes []uint16) {
	if x.N != len(classes) {
		panic(fmt.Sprintf("inspect: %s: %d classes for %d images", what, len(classes), x.N))
	}
}

// SmoothGrad is the mean gradient over noisy copies of an image (Smilkov et al.
// 2017): what flickers from copy to copy averages out.
type SmoothGrad struct {
	Samples int     // 0: 25
	Noise   float64 // standard deviation, pixels run from 0 to 1; 0: 0.2
	Seed    uint64
}

// Of returns the mean gradient for every example of x; see Saliency.
func (s SmoothGrad) Of(p *Probe, x *nn.Tensor, classes []uint16) *nn.Tensor {
	checkClasses("SmoothGrad", x, classes)
	n := cmp.Or(s.Samples, 25)
	sd := cmp.Or(s.Noise, 0.2)
	rng := rand.New(rand.NewPCG(s.Seed, purposeSmoothGrad))
	sum := make([]float64, len(x.Data))
	noisy := nn.NewTensor(x.N, x.Shape)
	for range n {
		for i, v := range x.Data {
			noisy.Data[i] = v + float32(sd*rng.NormFloat64())
		}
		for i, g := range p.Saliency(noisy, classes).Data {
			sum[i] += float64(g)
		}
	}
	out := nn.NewTensor(x.N, x.Shape)
	for i, v := range sum {
		out.Data[i] = float32(v / float64(n))
	}
	return out
}

// Purposes keep the random draws of one seed apart.
const (
	purposeSmoothGrad = 0x7000001
	purposeMaximize   = 0x7000002
)

// Occlusion returns, for every example of x, by how much the logit of its class
// falls when a square of Size×Size pixels is blanked (Zeiler & Fergus 2014),
// as the mean over all squares that cover a pixel. Squares stand Stride pixels
// apart and may reach over the edge.
type Occlusion struct {
	Size   int // 0: 5
	Stride int // 0: 2
}

// Of computes the occlusion map of every example.
func (o Occlusion) Of(p *Probe, x *nn.Tensor, classes []uint16) *nn.Tensor {
	checkClasses("occlusion", x, classes)
	out := nn.NewTensor(x.N, x.Shape)
	for i, class := range classes {
		o.one(p, x.Example(i), int(class), out.Example(i))
	}
	return out
}

func (o Occlusion) one(p *Probe, image []float32, class int, out []float32) {
	s := p.model.In
	size := cmp.Or(o.Size, 5)
	stride := min(cmp.Or(o.Stride, 2), size) // no pixel is left out
	var squares []Window
	for y := 1 - size; y < s.H; y += stride {
		for x := 1 - size; x < s.W; x += stride {
			squares = append(squares, Window{Y: y, X: x, Size: size})
		}
	}
	blanked := nn.NewTensor(1+len(squares), s) // the first one is the whole image
	for k := range blanked.N {
		copy(blanked.Example(k), image)
	}
	for k, w := range squares {
		w.each(s, func(i int) { blanked.Example(k + 1)[i] = 0 })
	}
	logits := p.Activations(blanked, -1)
	whole := float64(logits.Example(0)[class])
	sum, n := make([]float64, len(out)), make([]float64, len(out))
	for k, w := range squares {
		drop := whole - float64(logits.Example(k + 1)[class])
		w.each(s, func(i int) { sum[i] += drop; n[i]++ })
	}
	for i := range out {
		out[i] = float32(sum[i] / n[i])
	}
}

// each visits the values of all channels that lie in the window.
func (w Window) each(s nn.Shape, visit func(i int)) {
	for c := range s.C {
		for y := max(w.Y, 0); y < min(w.Y+w.Size, s.H); y++ {
			for x := max(w.X, 0); x < min(w.X+w.Size, s.W); x++ {
				visit((c*s.H+y)*s.W + x)
			}
		}
	}
}

// rankCorrelation is Spearman's coefficient of the magnitudes of a and b: how
// far two pictures agree on which pixels matter more. Equal magnitudes share
// their mean rank; NaN if one of the pictures is all the same or holds NaN.
func rankCorrelation(a, b []float32) float64 {
	if len(a) != len(b) {
		panic(fmt.Sprintf("inspect: rank correlation: %d values beside %d", len(a), len(b)))
	}
	nan := func(x float32) bool { return x != x }
	if slices.ContainsFunc(a, nan) || slices.ContainsFunc(b, nan) {
		return math.NaN() // what is no number has no rank
	}
	return correlation(ranks(a), ranks(b))
}

func ranks(v []float32) []float64 {
	order := make([]int, len(v))
	size := make([]float64, len(v))
	for i := range order {
		order[i], size[i] = i, math.Abs(float64(v[i]))
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(size[i], size[j]) })
	rank := make([]float64, len(v))
	for from := 0; from < len(order); {
		to := from
		for to < len(order) && size[order[to]] == size[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			rank[i] = float64(from+to-1) / 2
		}
		from = to
	}
	return rank
}

// correlation is Pearson's coefficient.
func correlation(a, b []float64) float64 {
	var ma, mb float64
	for i := range a {
		ma, mb = ma+a[i]/float64(len(a)), mb+b[i]/float64(len(b))
	}
	var ab, aa, bb float64
	for i := range a {
		ab += (a[i] - ma) * (b[i] - mb)
		aa += (a[i] - ma) * (a[i] - ma)
		bb += (b[i] - mb) * (b[i] - mb)
	}
	return ab / math.Sqrt(aa*bb)
}

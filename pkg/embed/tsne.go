package embed

import (
	"math"
)

// TSNE places points in the plane so that neighbours stay neighbours: t-SNE (van
// der Maaten and Hinton 2008) with the Barnes-Hut sum of van der Maaten (2014).
// Data of more dimensions than Reduce are first projected by PCA. The start is
// the first two principal axes (Kobak and Berens 2019), so nothing is random:
// equal data give equal pictures, on any number of cores.
type TSNE struct {
	Perplexity float64 // effective number of neighbours; 0: 30
	Iterations int     // 0: 750
	Theta      float64 // accuracy of Barnes-Hut, smaller is better; 0: 0.5
	Reduce     int     // dimensions after PCA; 0: 50
	// Progress, if set, is called after each iteration: Progress.Update fits.
	Progress func(done, total int, text string)
}

// The schedule of Belkina et al. (2019): learning rate n/12, exaggeration 12 at
// first, when clusters form.
const (
	exaggeration     = 12
	exaggerationEnd  = 250
	earlyMomentum    = 0.5
	lateMomentum     = 0.8
	smallestGain     = 0.01
	neighborsPerPerp = 3
	maxTheta         = 0.7 // see repulsion.push
)

// Embed returns one point per row of x; x holds rows of dim values. Values that
// are not finite are an error.
func (t TSNE) Embed(x []float32, dim int) ([][2]float64, error) {
	n, err := rowsOf("t-SNE", x, dim)
	if err != nil {
		return nil, err
	}
	t = t.defaults(n)
	if n < 4 {
		return circle(n), nil
	}
	k := min(max(t.Reduce, 2), dim)
	if dim == 1 {
		x, dim, k = widened(x), 2, 2
	}
	x, _, err = PCA(x, dim, k)
	if err != nil {
		return nil, err
	}
	p := affinities(x, n, k, t.Perplexity)
	y := start(x, n, k)
	return t.descend(p, y), nil
}

func (t TSNE) defaults(n int) TSNE {
	if t.Perplexity <= 0 {
		t.Perplexity = 30
	}
	t.Perplexity = math.Max(1, math.Min(t.Perplexity, float64(n-1)/neighborsPerPerp))
	if t.Iterations <= 0 {
		t.Iterations = 750
	}
	if t.Theta <= 0 {
		t.Theta = 0.5
	}
	t.Theta = math.Min(t.Theta, maxTheta)
	if t.Reduce <= 0 {
		t.Reduce = 50
	}
	return t
}

// circle places points too few to have neighbourhoods.
func circle(n int) [][2]float64 {
	y := make([][2]float64, n)
	for i := range y {
		s, c := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		y[i] = [2]float64{c, s}
	}
	return y
}

// widened gives one-dimensional data a second, empty dimension.
func widened(x []float32) []float32 {
	out := make([]float32, 2*len(x))
	for i, v := range x {
		out[2*i] = v
	}
	return out
}

// start is the first two columns of x, scaled to a standard deviation of 1e-4.
// A spiral a thousand times smaller parts points that coincide.
func start(x []float32, n, dim int) [][2]float64 {
	y := make([][2]float64, n)
	s := 0.0
	for i := range y {
		s += float64(x[i*dim]) * float64(x[i*dim])
	}
	scale := 1e-4 / math.Max(math.Sqrt(s/float64(n)), 1e-30)
	if s == 0 {
		scale = 0
	}
	for i := range y {
		sin, cos := math.Sincos(2.399963 * float64(i)) // the golden angle
		r := 1e-7 * math.Sqrt(float64(i)/float64(n))
		y[i] = [2]float64{float64(x[i*dim])*scale + r*cos, float64(x[i*dim+1])*scale + r*sin}
	}
	return y
}

// descend follows the gradient with momentum and gains.
func (t TSNE) descend(p sparse, y [][2]float64) [][2]float64 {
	n := len(y)
	rate := math.Max(float64(n)/exaggeration/4, 50) // the 4 is in our gradient
	grad, step, gain := make([][2]float64, n), make([][2]float64, n), make([][2]float64, n)
	for i := range gain {
		gain[i] = [2]float64{1, 1}
	}
	sum := newRepulsion(n, t.Theta)
	for it := range t.Iterations {
		exaggerate, momentum := 1.0, lateMomentum
		if it < min(exaggerationEnd, t.Iterations/3) {
			exaggerate, momentum = exaggeration, earlyMomentum
		}
		sum.gradient(p, y, exaggerate, grad)
		var mean [2]float64
		for i := range y {
			for c := range 2 {
				if (grad[i][c] > 0) == (step[i][c] > 0) {
					gain[i][c] = math.Max(gain[i][c]*0.8, smallestGain)
				} else {
					gain[i][c] += 0.2
				}
				step[i][c] = momentum*step[i][c] - rate*gain[i][c]*grad[i][c]
				y[i][c] += step[i][c]
				mean[c] += y[i][c] / float64(n)
			}
		}
		for i := range y {
			y[i][0] -= mean[0]
			y[i][1] -= mean[1]
		}
		if t.Progress != nil {
			t.Progress(it+1, t.Iterations, "")
		}
	}
	return y
}

package compare

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"

	"inkling/pkg/lab"
)

// Verdict is what runs say about a change.
type Verdict string

// A claim about a configuration needs two seeds of each at least. With one, there
// is something to say of two networks alone.
const (
	Helps   Verdict = "helps"
	Hurts   Verdict = "hurts"
	Better  Verdict = "better with this seed"
	Worse   Verdict = "worse with this seed"
	Unknown Verdict = "cannot tell"
)

const (
	falseClaims = 0.05 // of all comparisons without a difference, at most
	power       = 0.8  // with which More seeds would show a difference of the size seen
	mostSeeds   = 1000 // more than anyone makes
)

// McNemar is the exact p of the hypothesis that two networks are right about as
// many images, all in all, given how many the one alone is right about and how
// many the other: under it each of these falls to either side with probability ½.
func McNemar(one, other int) float64 {
	n := one + other
	if n == 0 {
		return 1
	}
	return min(1, 2*distuv.Binomial{N: float64(n), P: 0.5}.CDF(float64(min(one, other))))
}

// An estimate is a difference of two sides in points of %, with what makes it
// uncertain: as variances of the mean, what other seeds, what other images, and what
// is in both of these, the chance of one seed on one image.
type estimate struct {
	mean                    float64
	seeds, images, residual float64
	freedom                 float64 // of seeds
	n                       int     // of seeds
}

// floor keeps a variance above what counting whole images makes of equal ones: a
// sixth of an image, squared, for a difference of two counts. Without it two seeds
// that differ by the same few images would prove anything.
func floor(variance float64, images int) float64 {
	unit := 100 / float64(images)
	return variance + unit*unit/6
}

func square(x float64) float64 { return x * x }

// paired estimates from pairs of equal seeds, two at least, of which before and
// after are the errors; see overImages.
func paired(before, after []float64, images int) estimate {
	d := make([]float64, len(before))
	for i := range d {
		d[i] = after[i] - before[i]
	}
	s := lab.StatOf(d)
	n := float64(len(d))
	return estimate{mean: s.Mean, seeds: floor(square(s.SD), images) / n, freedom: n - 1, n: len(d)}
}

// unpaired estimates from runs with other seeds, two at least on each side, as
// Welch's t test does; see overImages.
func unpaired(before, after []float64, images int) estimate {
	a, b := lab.StatOf(before), lab.StatOf(after)
	na, nb := float64(a.N), float64(b.N)
	va, vb := floor(square(a.SD), images)/na, floor(square(b.SD), images)/nb
	freedom := square(va+vb) / (va*va/(na-1) + vb*vb/(nb-1))
	return estimate{mean: b.Mean - a.Mean, seeds: va + vb, freedom: freedom, n: min(a.N, b.N)}
}

// overImages adds what other images would change: m is by how much more the second
// side is wrong about each image, as a mean over its seeds, and squares the sum of
// the squares of this over all pairs of runs and images, NaN if there are no pairs.
func (e *estimate) overImages(m []float64, squares float64) {
	images, pairs := float64(len(m)), float64(e.n)
	var sum, ofImages float64
	for _, x := range m {
		sum, ofImages = sum+x, ofImages+x*x
	}
	mean := sum / images
	e.images = 1e4 * (ofImages - images*mean*mean) / (images - 1) / images
	if !math.IsNaN(squares) {
		ofSeeds := e.seeds*pairs*(pairs-1)/1e4 + pairs*mean*mean // Σ of squared means of pairs
		left := squares - images*ofSeeds - pairs*ofImages + pairs*images*mean*mean
		e.residual = 1e4 * max(0, left) / ((pairs - 1) * (images - 1)) / (pairs * images)
	}
}

// half is half the width of an interval around the mean, with n seeds: the two
// parts have intervals of their own, whose halves add as standard errors do. A
// standard error of both together has no such certainty: with two seeds that happen
// to agree it would be small, and look well known. Further is by how much wider it
// is for a difference to lie beyond it with that probability.
func (e *estimate) half(n int, level, further float64) float64 {
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: e.freedom + float64(n-e.n)}
	z := distuv.UnitNormal
	ofSeeds, ofImages := t.Quantile((1+level)/2), z.Quantile((1+level)/2)
	if further > 0 {
		ofSeeds, ofImages = ofSeeds+t.Quantile(further), ofImages+z.Quantile(further)
	}
	return math.Sqrt(square(ofSeeds)*e.seeds*float64(e.n)/float64(n) + square(ofImages)*max(0, e.images-e.residual))
}

// standardError is that of the mean, of seeds and images.
func (e *estimate) standardError() float64 {
	return math.Sqrt(e.seeds + max(0, e.images-e.residual))
}

// p is that of no difference, with other seeds and on other images, and low and
// high are the ends of the interval of 95 %: p is such that 0 is on the end of the
// interval of 1 - p.
func (e *estimate) p() (p, low, high float64) {
	least, most := 0.0, 1.0 // of the level
	for range 40 {
		if level := (least + most) / 2; e.half(e.n, level, 0) < math.Abs(e.mean) {
			least = level
		} else {
			most = level
		}
	}
	half := e.half(e.n, 0.95, 0)
	return 1 - least, e.mean - half, e.mean + half
}

// seedsFor is how many seeds would show a difference of the size seen at level
// alpha in 4 of 5 cases; mostSeeds if it is more.
func (e *estimate) seedsFor(alpha float64) int {
	return 2 + sort.Search(mostSeeds-2, func(i int) bool { return math.Abs(e.mean) >= e.half(i+2, 1-alpha, power) })
}

// imagesFor is how many times as many images would do so with many seeds; 0 if it
// is more than a hundred times.
func (e *estimate) imagesFor(alpha float64) float64 {
	n := distuv.UnitNormal
	times := square(n.Quantile(1-alpha/2)+n.Quantile(power)) * e.images / square(e.mean)
	if !(times <= 100) {
		return 0
	}
	return max(times, 1)
}

// holm makes p values of several comparisons such that a claim wherever one is at
// most falseClaims is wrong about any of them as seldom as that (Holm 1979).
func holm(p []float64) []float64 {
	adjusted := make([]float64, len(p))
	done := make([]bool, len(p))
	least := 0.0
	for left := len(p); left > 0; left-- {
		next := -1
		for i := range p {
			if !done[i] && (next < 0 || p[i] < p[next]) {
				next = i
			}
		}
		least = max(least, min(1, float64(left)*p[next]))
		adjusted[next], done[next] = least, true
	}
	return adjusted
}

// decide turns the change's numbers into its verdict; claims is how many changes
// are judged together.
//
// A claim about a configuration is one about other seeds and other images than
// those at hand: a t test of seeds alone would call it a difference of the
// configurations that one does better on a few images of this split.
func (c *Change) decide(claims int) {
	claim, sure := c.P <= falseClaims, c.Seeds >= 2
	switch {
	case claim && sure && c.Difference.Mean < 0:
		c.Verdict = Helps
	case claim && sure:
		c.Verdict = Hurts
	case claim && c.Difference.Mean < 0:
		c.Verdict = Better
	case claim:
		c.Verdict = Worse
	default:
		c.Verdict = Unknown
	}
	if claim && sure {
		return
	}
	alpha := falseClaims / float64(claims)
	need := c.e.seedsFor(alpha)
	if need < mostSeeds {
		c.More = max(1, need-c.Seeds)
		return
	}
	c.Times = c.e.imagesFor(alpha)
}

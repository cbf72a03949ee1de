package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"inkling/pkg/lab"
	"inkling/pkg/nn/metric"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// Exact values by hand: sums of binomial coefficients over 2ⁿ.
func TestMcNemar(t *testing.T) {
	for _, c := range []struct {
		one, other int
		p          float64
	}{{0, 0, 1}, {0, 5, 2.0 / 32}, {5, 0, 2.0 / 32}, {10, 2, 2 * (1 + 12 + 66) / 4096.0}, {3, 3, 1}, {3, 4, 1}} {
		near(t, "p", McNemar(c.one, c.other), c.p, 1e-12)
	}
}

// Student's sleep data, as R's t.test tells of them.
func TestTTests(t *testing.T) {
	before := []float64{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0}
	after := []float64{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4}
	const images = 1e9
	e := paired(before, after, images)
	p, low, high := e.p()
	near(t, "paired p", p, 0.002833, 5e-7)
	near(t, "paired low", low, 0.7001142, 1e-6)
	near(t, "paired high", high, 2.4598858, 1e-6)
	w := unpaired(before, after, images)
	p, low, _ = w.p()
	near(t, "Welch's p", p, 0.07939, 5e-6)
	near(t, "Welch's freedom", w.freedom, 17.776, 5e-4)
	near(t, "Welch's low", low, -0.2054832, 1e-6)
}

func TestHolm(t *testing.T) {
	for i, p := range holm([]float64{0.01, 0.04, 0.03}) { // p.adjust of R
		near(t, "adjusted p", p, []float64{0.03, 0.06, 0.06}[i], 1e-12)
	}
}

// world draws what networks say: an image is hard or easy for all, a side does
// better on some images and worse on others, a seed is good or bad on all of them,
// for both sides and for each, and the rest is chance.
type world struct {
	images                 int
	side, seed, own, shift float64 // standard deviations, and by how much the second side is better
}

func (w world) draw(rng *rand.Rand, seeds int) (a, b Side) {
	hard := make([]float64, w.images)
	for i := range hard {
		hard[i] = 1.5*rng.NormFloat64() - 3
	}
	common := make([]float64, seeds)
	for s := range common {
		common[s] = w.seed * rng.NormFloat64()
	}
	for k, side := range []*Side{&a, &b} {
		likes := make([]float64, w.images)
		for i := range likes {
			likes[i] = hard[i] + w.side*rng.NormFloat64() - float64(k)*w.shift
		}
		for s := range seeds {
			quality := common[s] + w.own*rng.NormFloat64()
			said := make([]metric.Judged, w.images)
			for i := range said {
				said[i].Index = i
				if likes[i]+quality+rng.NormFloat64() > 0 {
					said[i].Predicted = 1
				}
			}
			r := &lab.Result{}
			r.Seed = uint64(s + 1)
			side.Runs, side.said, side.Errors = append(side.Runs, r), append(side.said, said), append(side.Errors, wrong(said))
		}
	}
	return a, b
}

// share is how often claims are made, by all that decides and by the test of seeds
// alone, and the standard deviation of the error over seeds.
func (w world) share(t *testing.T, seeds, trials int) (claims, bySeeds, sd float64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, uint64(seeds)))
	for range trials {
		a, b := w.draw(rng, seeds)
		c := between(&a, &b)
		c.decide(1)
		if c.Verdict != Unknown {
			claims += 1 / float64(trials)
		}
		alone := estimate{seeds: c.e.seeds, freedom: c.e.freedom, n: c.e.n}
		if seeds > 1 && alone.half(seeds, 1-falseClaims, 0) <= math.Abs(c.e.mean) {
			bySeeds += 1 / float64(trials)
		}
		if s := lab.StatOf(a.Errors); s.N > 1 {
			sd += s.SD / float64(trials)
		}
		if got := c.Verdict == Helps || c.Verdict == Hurts; got && seeds == 1 {
			t.Fatal("a claim about a configuration from one seed")
		}
	}
	return claims, bySeeds, sd
}

// Where there is no difference, at most one comparison in twenty says that there
// is: images are new each time, seeds scatter as much as errors of the notebooks'
// runs do beside what the images' number makes of them, more, or hardly.
func TestFalseClaims(t *testing.T) {
	const trials = 500
	worst, all, n := 0.0, 0.0, 0.0
	for _, w := range []world{
		{images: 1000, own: 0.1, seed: 0.1}, {images: 1000, side: 0.7, own: 0.03}, {images: 1000, side: 0.7, own: 0.1, seed: 0.1}, {images: 200, own: 0.02},
	} {
		for _, seeds := range []int{2, 4, 8} {
			claims, bySeeds, sd := w.share(t, seeds, trials)
			t.Logf("%+v, %2d seeds (sd %.2f points): %.1f %% false claims; by the t test of seeds alone %.1f %%", w, seeds, sd, 100*claims, 100*bySeeds)
			if claims > 0.05+2*math.Sqrt(0.05*0.95/trials) { // what chance makes of 5 % in so many
				t.Errorf("%+v, %d seeds: %.1f %% false claims", w, seeds, 100*claims)
			}
			worst, all, n = max(worst, bySeeds), all+claims, n+1
		}
	}
	if t.Logf("all: %.2f %%", 100*all/n); all/n > 0.05 {
		t.Errorf("%.2f %% false claims in all", 100*all/n)
	}
	if worst < 0.1 {
		t.Errorf("the test of seeds alone makes at most %.1f %% false claims: what is that of images for?", 100*worst)
	}
	// Of one seed something is said of two networks, where seeds do not differ in quality.
	if claims, _, _ := (world{images: 1000}).share(t, 1, 1000); claims > 0.05 {
		t.Errorf("one seed: %.1f %% false claims", 100*claims)
	}
}

// The standard error that is told is that of the difference, whatever it comes
// from: over worlds drawn anew the difference scatters as much as it says.
func TestStandardError(t *testing.T) {
	for _, w := range []world{{images: 500}, {images: 500, side: 0.7}, {images: 500, own: 0.1}, {images: 500, side: 0.7, own: 0.1, seed: 0.2}} {
		rng := rand.New(rand.NewPCG(3, 3))
		const trials = 500
		var told, seen float64
		for range trials {
			a, b := w.draw(rng, 4)
			c := between(&a, &b)
			told, seen = told+square(c.Difference.SD)/trials, seen+square(c.Difference.Mean)/trials
		}
		ratio := math.Sqrt(told / seen)
		t.Logf("%+v: the standard error is %.3f points, told is %.2f of that", w, math.Sqrt(seen), ratio)
		if ratio < 0.93 || ratio > 1.12 {
			t.Errorf("%+v: told is %.2f of the standard error", w, ratio)
		}
	}
}

// A difference is found, the sooner the larger it is and the more seeds there are.
func TestPower(t *testing.T) {
	before := 0.0
	for _, c := range []struct {
		shift float64
		seeds int
		least float64
	}{{0.2, 3, 0.25}, {0.2, 5, 0.7}, {0.4, 5, 0.95}} {
		w := world{images: 2000, side: 0.3, own: 0.05, seed: 0.05, shift: c.shift}
		claims, _, _ := w.share(t, c.seeds, 300)
		t.Logf("shift %.1f, %d seeds: found in %.0f %%", c.shift, c.seeds, 100*claims)
		if claims < c.least || claims < before {
			t.Errorf("shift %.1f, %d seeds: found in %.0f %%, want %.0f %% or more", c.shift, c.seeds, 100*claims, 100*c.least)
		}
		before = claims
	}
}

// As many seeds as are said to be needed find a difference of that size in about
// four of five cases.
func TestSeedsNeeded(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, size := range []float64{0.4, 0.7, 1, 1.5, 2.5} { // in standard deviations
		e := estimate{mean: size, seeds: 1.0 / 3, freedom: 2, n: 3}
		n := e.seedsFor(falseClaims)
		const trials = 2000
		found := 0.0
		for range trials {
			d := make([]float64, n)
			for i := range d {
				d[i] = size + rng.NormFloat64()
			}
			e := paired(make([]float64, n), d, 1e9)
			if e.half(n, 1-falseClaims, 0) <= math.Abs(e.mean) {
				found += 1.0 / trials
			}
		}
		t.Logf("%.1f standard deviations: %d seeds, found in %.0f %%", size, n, 100*found)
		if found < 0.72 || found > 0.95 {
			t.Errorf("%.1f standard deviations: %d seeds find it in %.0f %%", size, n, 100*found)
		}
	}
	few := estimate{mean: 0.1, seeds: 0.01, images: 0.02, residual: 0.001, freedom: 2, n: 3}
	if n, times := few.seedsFor(falseClaims), few.imagesFor(falseClaims); n != mostSeeds || times < 10 || times > 20 {
		t.Errorf("%d seeds, %v times the images, where these are too few", n, times)
	}
	nothing := estimate{seeds: 1e-4, freedom: 2, n: 3}
	if n, times := nothing.seedsFor(falseClaims), nothing.imagesFor(falseClaims); n != mostSeeds || times != 0 {
		t.Errorf("%d seeds, %v times the images, where there is no difference", n, times)
	}
}

package inspect

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"inkling/pkg/nn"
)

func TestMapsAndColumns(t *testing.T) {
	m := build(t, nn.CHW(2, 4, 4), nn.Conv2D{Filters: 3, Kernel: 3}, nn.Linear{Out: 5})
	maps := Maps(m.Param("0.conv2d.W"))
	if len(maps) != 6 || len(maps[5]) != 9 || &maps[5][0] != &m.Param("0.conv2d.W").Data[45] {
		t.Errorf("%d kernels of %d values", len(maps), len(maps[0]))
	}
	w := m.Param("1.linear.W")
	if rows := Maps(w); len(rows) != 5 || !slices.Equal(rows[1], w.Data[12:24]) {
		t.Errorf("%d rows of a Linear", len(rows))
	}
	cols := Columns(w)
	if len(cols) != 12 || len(cols[3]) != 5 || cols[3][2] != w.Data[2*12+3] {
		t.Errorf("%d columns of a Linear", len(cols))
	}
	mustPanic(t, "inspect: columns of weights of [3 2 3 3], want those of a Linear", func() { Columns(m.Param("0.conv2d.W")) })
	if u := Unit([][]float32{{3, 4}, {0, 0}}); !slices.Equal(u[0], []float32{0.6, 0.8}) || !slices.Equal(u[1], []float32{0, 0}) {
		t.Errorf("unit length: %v", u)
	}
	if n := Norms([][]float32{{3, 4}, {0}}); !slices.Equal(n, []float64{5, 0}) {
		t.Errorf("norms %v", n)
	}
}

func TestTotalVariation(t *testing.T) {
	var all float64
	for seed := range uint64(10) {
		all += totalVariation(noise(1, nn.CHW(1, 28, 28), seed).Data, 28, 28, 0) / 10
	}
	if !near(all, 2*math.Sqrt2, 0.03) {
		t.Errorf("of noise %.3f, want 2√2", all)
	}
	ramp := []float32{0, 1, 2, 0, 1, 2, 0, 1, 2} // 6 of 12 pairs differ by 1, mean magnitude 1
	if v := totalVariation(ramp, 3, 3, 0); !near(v, 1, 1e-12) {
		t.Errorf("of a ramp %g, want 1", v)
	}
	framed := []float32{9, -9, 9, -9, 5, 1, 1, 5, -5, 1, 1, -9, 9, 9, -9, 9}
	if v := totalVariation(framed, 4, 4, 1); v != 0 {
		t.Errorf("of a flat middle %g", v)
	}
	a, b := noise(1, nn.CHW(1, 9, 9), 1).Data, make([]float32, 81)
	for i, v := range a {
		b[i] = 16 * v
	}
	if totalVariation(a, 9, 9, 2) != totalVariation(b, 9, 9, 2) {
		t.Error("scale matters")
	}
	if v := totalVariation(make([]float32, 9), 3, 3, 0); !math.IsNaN(v) {
		t.Errorf("of zeros %g, want NaN", v)
	}
}

func TestOrientation(t *testing.T) {
	const n = 15
	draw := func(f func(x, y float64) float64) []float32 {
		m := make([]float32, n*n)
		for i := range m {
			m[i] = float32(f(float64(i%n)-n/2, n/2-float64(i/n)))
		}
		return m
	}
	for angle := 0.0; angle < 180; angle += 15 {
		s, c := math.Sincos(angle * math.Pi / 180)
		bar := draw(func(x, y float64) float64 { d := y*c - x*s; return math.Exp(-d * d / 4) })
		o := OrientationOf(bar, n, n)
		if d := math.Mod(o.Angle-angle+270, 180) - 90; math.Abs(d) > 2 || o.Strength < 0.97 {
			t.Errorf("a bar at %g°: %+v", angle, o)
		}
	}
	if o := OrientationOf(draw(func(x, y float64) float64 { return math.Exp(-(x*x + y*y) / 8) }), n, n); o.Strength > 0.01 {
		t.Errorf("a round blob: %+v", o)
	}
	if o := OrientationOf(make([]float32, 9), 3, 3); o != (Orientation{}) {
		t.Errorf("nothing: %+v", o)
	}
}

func TestFitGabor(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 25 {
		want := Gabor{
			X: 2*r.Float64() - 1, Y: 2*r.Float64() - 1, Angle: 180 * r.Float64(), Wavelength: 4 + 4*r.Float64(),
			Across: 1.3 + r.Float64(), Along: 1.5 + r.Float64(), Even: r.NormFloat64(), Odd: 1 + r.Float64(), Offset: r.NormFloat64(),
		}
		m := want.Map(7, 7)
		got := FitGabor(m, 7, 7)
		if got.R2 < 0.995 {
			t.Errorf("%+v\nfitted as %+v", want, got)
		}
		// R2 is what the drawn model says of the map.
		mean, rest, all := 0.0, 0.0, 0.0
		for _, v := range m {
			mean += float64(v) / 49
		}
		for i, v := range got.Map(7, 7) {
			rest += (float64(v) - float64(m[i])) * (float64(v) - float64(m[i]))
			all += (float64(m[i]) - mean) * (float64(m[i]) - mean)
		}
		if !near(1-rest/all, got.R2, 1e-4) {
			t.Errorf("the drawn model explains %.5f, R2 says %.5f", 1-rest/all, got.R2)
		}
		if d := math.Mod(got.Angle-want.Angle+270, 180) - 90; math.Abs(d) > 12 && want.Along < 1.6*want.Across {
			t.Errorf("angle %.0f°, want %.0f°: %+v as %+v", got.Angle, want.Angle, want, got)
		}
	}
}

// TestGaborOfNoise: noise must not pass for a Gabor, and scale, offset and sign
// do not matter.
func TestGaborOfNoise(t *testing.T) {
	mean := map[int]float64{}
	for _, k := range []int{3, 5, 7, 9} {
		for seed := range uint64(12) {
			m := noise(1, nn.CHW(1, k, k), seed).Data
			g := FitGabor(m, k, k)
			mean[k] += g.R2 / 12
			other := make([]float32, len(m))
			for i, v := range m {
				other[i] = 3 - 8*v
			}
			if h := FitGabor(other, k, k); !near(g.R2, h.R2, 1e-3) {
				t.Errorf("R2 %.4f, turned over %.4f", g.R2, h.R2)
			}
		}
	}
	if !(mean[3] > 0.8 && mean[5] < 0.65 && mean[7] < 0.4 && mean[9] < 0.3) {
		t.Errorf("Gabors explain of noise, by size: %v", mean)
	}
	if g := FitGabor([]float32{2, 2, 2, 2}, 2, 2); !math.IsNaN(g.R2) || g.Offset != 2 || g.Map(2, 2)[0] != 2 {
		t.Errorf("of a constant: %+v", g)
	}
	mustPanic(t, "inspect: Gabor: 3 values, want 2×2", func() { FitGabor(make([]float32, 3), 2, 2) })
}

func TestSimilarity(t *testing.T) {
	a := []float32{0, 0, 0, 1, 2, 0, 3, 4, 0}
	moved := []float32{0, 1, 2, 0, 3, 4, 0, 0, 0} // one up, one right
	if s := Similarity(a, moved, 3, 3, 1); !near(s, 1, 1e-9) {
		t.Errorf("moved by one: %g", s)
	}
	if s := Similarity(a, moved, 3, 3, 0); !near(s, (2.*3+3*0+4*0)/30, 1e-9) {
		t.Errorf("in place: %g", s)
	}
	if s := Similarity(a, make([]float32, 9), 3, 3, 1); s != 0 {
		t.Errorf("with nothing: %g", s)
	}
}

func TestLargestAndCorrelation(t *testing.T) {
	nan := math.NaN()
	if got := Largest([]float64{1, nan, 3, 1, 2}, 4); !slices.Equal(got, []int{2, 4, 0, 3}) {
		t.Errorf("largest at %v", got)
	}
	if got := Largest([]float64{nan, 1}, 5); !slices.Equal(got, []int{1, 0}) {
		t.Errorf("all, at %v", got)
	}
	if a := Average([]float64{1, nan, 3, math.Inf(1)}); a != 2 || !math.IsNaN(Average(nil)) {
		t.Errorf("average %g", a)
	}
	if c := Correlation([]float64{1, 2, nan, 3}, []float64{-2, -4, 9, -6}); !near(c, -1, 1e-12) {
		t.Errorf("correlation %g, want −1", c)
	}
	if tv := TotalVariations([][]float32{{0, 1, 2, 0, 1, 2, 0, 1, 2}, make([]float32, 9)}, 3, 3, 0); !near(tv[0], 1, 1e-12) || !math.IsNaN(tv[1]) {
		t.Errorf("total variations %v", tv)
	}
}

func TestCosinesAndStrengths(t *testing.T) {
	a := [][]float32{{1, 0, 0, 0}, {1, 1, 0, 0}}
	b := [][]float32{{-2, 0, 0, 0}, {0, 3, 0, 0}}
	if c := cosines(a, b); c[0] != -1 || !near(c[1], math.Sqrt2/2, 1e-9) {
		t.Errorf("cosines %v, want −1 and √½", c)
	}
	if s := strengths([][]float32{{1, 1, 0, 0}, {0, 0, 0, 0}}, 2, 2); s[0] != 1 || s[1] != 0 {
		t.Errorf("strengths %v", s)
	}
	mustPanic(t, "inspect: cosines: 2 maps beside 1", func() { cosines(a, b[:1]) })
}

// TestMatch compares with all permutations.
func TestMatch(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for n := 1; n <= 6; n++ {
		for range 20 {
			v := make([][]float64, n)
			for i := range v {
				for range n {
					v[i] = append(v[i], math.Round(r.NormFloat64()*4)) // ties occur
				}
			}
			best := math.Inf(-1)
			permutations(n, func(p []int) {
				s := 0.0
				for i, j := range p {
					s += v[i][j]
				}
				best = math.Max(best, s)
			})
			got, sum, seen := match(v), 0.0, map[int]bool{}
			for i, j := range got {
				sum += v[i][j]
				seen[j] = true
			}
			if sum != best || len(seen) != n {
				t.Fatalf("%v: %v with %g, best is %g", v, got, sum, best)
			}
		}
	}
	if got := match(nil); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
	mustPanic(t, "inspect: match: value NaN at 0, 0", func() { match([][]float64{{math.NaN()}}) })
	mustPanic(t, "inspect: match: row 1 has 1 values, want 2", func() { match([][]float64{{1, 2}, {1}}) })
}

func permutations(n int, visit func([]int)) {
	p := make([]int, 0, n)
	var next func()
	next = func() {
		if len(p) == n {
			visit(p)
		}
		for i := range n {
			if !slices.Contains(p, i) {
				p = append(p, i)
				next()
				p = p[:len(p)-1]
			}
		}
	}
	next()
}

// TestPair finds kernels again that were put in another order and disturbed.
func TestPair(t *testing.T) {
	a := Maps(&nn.Param{Dims: []int{8, 1, 5, 5}, Data: noise(8, nn.CHW(1, 5, 5), 1).Data})
	order := []int{3, 0, 7, 1, 6, 2, 5, 4}
	b := make([][]float32, 8)
	for i, k := range order {
		b[k] = slices.Clone(a[i])
		for j, v := range noise(1, nn.CHW(1, 5, 5), uint64(50+i)).Data {
			b[k][j] += 0.5 * v
		}
	}
	p := Pair(a, b, 5, 5, 1)
	if !slices.Equal(p.Partner, order) {
		t.Errorf("partners %v, want %v", p.Partner, order)
	}
	for i, s := range p.Similarity {
		if s < 0.6 || s > 1 {
			t.Errorf("similarity of pair %d: %g", i, s)
		}
	}
	if q := Pick(b, p.Partner); &q[2][0] != &b[7][0] {
		t.Error("Pick does not follow the order")
	}
}

package viz

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		s    scale
		want int
		is   string
	}{
		{scale{0, 1, false}, 5, "0 0.2 0.4 0.6 0.8 1.0"},
		{scale{0.84, 1.003, false}, 4, "0.85 0.90 0.95 1.00"},
		{scale{0, 7800, false}, 6, "0 2000 4000 6000"},
		{scale{0, 48000, false}, 6, "0 10k 20k 30k 40k"},
		{scale{-3.2, 3.2, false}, 2, "−2 0 2"},
		{scale{0.9, 1.5, true}, 5, "1.0 1.2 1.4"},
		{scale{0.1, 10, true}, 5, "0.1 0.2 0.5 1 2 5 10"},
		{scale{1e-5, 1, true}, 5, "1e−5 1e−4 0.001 0.01 0.1 1"},
		{scale{1e-9, 1e9, true}, 5, "1e−8 1e−4 1 10k 1e8"},
		{scale{1e-7, 5e-7, false}, 4, "1e−7 2e−7 3e−7 4e−7 5e−7"},
	} {
		var got []string
		for _, k := range c.s.ticks(c.want) {
			if k.label != "" {
				got = append(got, k.label)
			}
		}
		if s := strings.Join(got, " "); s != c.is {
			t.Errorf("%v, %d wanted: %s, want %s", c.s, c.want, s, c.is)
		}
	}
}

// TestScalesAlways checks, over random extents of all magnitudes, that a scale
// holds its data, that ticks are on it, in order, labelled apart and not many.
func TestScalesAlways(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 20_000 {
		a := math.Copysign(math.Pow(10, r.Float64()*615-307), r.Float64()-0.5)
		b := a * (1 + math.Pow(10, r.Float64()*14-12))
		if i%3 == 0 {
			b = math.Copysign(math.Pow(10, r.Float64()*615-307), r.Float64()-0.5)
		}
		e := noExtent()
		e.add(a)
		e.add(b)
		log := e.lo > 0 && i%2 == 0
		s := newScale(e, log, 0.05)
		if !(s.lo < s.hi) || !isFinite(s.lo) || !isFinite(s.hi) || (log && s.lo <= 0) {
			t.Fatalf("extent %v, log %v: scale %v", e, log, s)
		}
		for _, v := range []float64{e.lo, e.hi} {
			if n := s.norm(v); !(n >= -1e-9 && n <= 1+1e-9) {
				t.Fatalf("extent %v on %v: %g is at %g", e, s, v, n)
			}
		}
		want := 2 + i%8
		ticks := s.ticks(want)
		last, labels := math.Inf(-1), map[string]bool{}
		for _, k := range ticks {
			if !(k.at > last) || s.norm(k.at) < -1e-6 || s.norm(k.at) > 1+1e-6 {
				t.Fatalf("scale %v: tick %g after %g", s, k.at, last)
			}
			last = k.at
			// A range of the last few digits of a number has no short labels.
			if s.hi/2-s.lo/2 > 1e-6*math.Max(math.Abs(s.lo), math.Abs(s.hi)) {
				if k.label != "" && labels[k.label] {
					t.Fatalf("scale %v: label %s twice", s, k.label)
				}
			}
			labels[k.label] = true
		}
		if len(ticks) > 200 {
			t.Fatalf("scale %v: %d ticks", s, len(ticks))
		}
	}
}

func TestShort(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1: "1", 0.97123: "0.9712", 12.345: "12.35", 123.45: "123.5", 1234.5: "1234", 50000: "50000",
		1e-5: "1e−5", 0.0012: "0.0012", 2.5e7: "2.5e7", math.Inf(1): "+∞", -0.5: "-0.5000",
	} {
		if got := short(v); got != want {
			t.Errorf("short(%g) = %s, want %s", v, got, want)
		}
	}
	for n, want := range map[int]string{0: "0", 9999: "9999", 10000: "10,000", -1234567: "−1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestSmooth(t *testing.T) {
	line := make([]float64, 50)
	for i := range line {
		line[i] = float64(i)
	}
	s := smooth(line, 9)
	for i := 2; i < 45; i++ {
		if math.Abs(s[i]-line[i]) > 1e-9 {
			t.Errorf("a straight line moved at %d: %g", i, s[i])
		}
	}
	s = smooth([]float64{1, 1, math.NaN(), 1, math.Inf(1), 1}, 3)
	if fmt.Sprint(s) != "[1 1 NaN 1 +Inf 1]" {
		t.Errorf("gaps were filled or spread: %v", s)
	}
}

// TestThinKeepsExtremes checks that thinning loses no peak.
func TestThinKeepsExtremes(t *testing.T) {
	v := noise(50_000)
	v[12_345], v[40_000] = 99, -77
	x := make([]float64, len(v))
	for i := range x {
		x[i] = float64(i)
	}
	c := Curves{Series: []Series{{Y: v}}}.layout().(*chart)
	p := plane{x: c.x.scale, y: c.y.scale}
	p.Max.X, p.Max.Y = 600, 300
	segs := p.segments(x, v)
	if len(segs) != 1 || len(segs[0]) > 4*600+8 {
		t.Fatalf("%d segments, the first of %d points", len(segs), len(segs[0]))
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, q := range segs[0] {
		lo, hi = math.Min(lo, float64(q.Y)), math.Max(hi, float64(q.Y))
	}
	if math.Abs(lo-float64(p.at(0, -77).Y)) > 1e-6 || math.Abs(hi-float64(p.at(0, 99).Y)) > 1e-6 {
		t.Errorf("extremes at %g and %g", lo, hi)
	}
}

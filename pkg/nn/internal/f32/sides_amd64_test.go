//go:build amd64 && !purego

package f32

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// sides lets AVX2 and AVX-512 take turns at f, so that a machine whose speed
// drifts treats them alike, and reports both rates and the ratio turn by turn.
func sides(b *testing.B, flop float64, f func()) {
	if !haveAVX512 {
		b.Skip("no AVX-512")
	}
	list := []implementation{avx2, avx512}
	best, times := [2]time.Duration{1 << 62, 1 << 62}, [2][]float64{}
	var ratios []float64
	for b.Loop() {
		var turn [2]time.Duration
		for i, impl := range list {
			restore := use(impl)
			f()
			turn[i] = 1 << 62
			for range 5 {
				start := time.Now()
				f()
				turn[i] = min(turn[i], time.Since(start))
			}
			restore()
			best[i] = min(best[i], turn[i])
			times[i] = append(times[i], flop/float64(turn[i]))
		}
		ratios = append(ratios, float64(turn[0])/float64(turn[1]))
	}
	b.ReportMetric(0, "ns/op")
	for i, name := range []string{"avx2", "avx512"} {
		slices.Sort(times[i])
		b.ReportMetric(times[i][len(times[i])/2], name+"-GF")
		b.ReportMetric(flop/float64(best[i]), name+"-best")
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "x-avx2")
}

func BenchmarkSides(b *testing.B) {
	for _, s := range gemmShapes {
		b.Run(fmt.Sprintf("MatMul/%s_%dx%dx%d", s.name, s.m, s.n, s.k), func(b *testing.B) {
			r := newRand(1)
			x, y, c := random(r, s.m*s.k), random(r, s.k*s.n), random(r, s.m*s.n)
			sides(b, 2*float64(s.m)*float64(s.n)*float64(s.k), func() { layouts[s.layout].run(c, x, y, s.m, s.n, s.k, s.e) })
		})
	}
	for _, c := range convShapes {
		s := c.s
		r := newRand(1)
		x, w, bias := random(r, s.N*s.C*s.H*s.W), random(r, s.F*s.C*s.KH*s.KW), random(r, s.F)
		y := random(r, s.N*s.F*s.OutH()*s.OutW())
		flop := 2 * float64(len(y)) * float64(s.C*s.KH*s.KW)
		out, dx, dw, db := random(r, len(y)), random(r, len(x)), random(r, len(w)), random(r, s.F)
		b.Run("Conv/"+c.name+"/forward", func(b *testing.B) { sides(b, flop, func() { ConvForward(out, x, w, bias, s, true) }) })
		b.Run("Conv/"+c.name+"/dX", func(b *testing.B) { sides(b, flop, func() { ConvBackwardData(dx, y, w, s) }) })
		b.Run("Conv/"+c.name+"/dW", func(b *testing.B) { sides(b, flop, func() { ConvBackwardWeights(dw, db, y, x, s) }) })
	}
	for _, batch := range []int{32, 64, 256} {
		step := newMLPStep(batch)
		b.Run(fmt.Sprintf("Step/batch%d", batch), func(b *testing.B) {
			sides(b, 2*float64(batch)*(3*(784*512+512*256+2560)-784*512), step.run)
		})
	}
}

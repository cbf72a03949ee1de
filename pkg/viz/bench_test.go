package viz

import (
	"io"
	"math"
	"math/rand/v2"
	"testing"
)

// Every figure must be drawn and encoded within 300 ms.

func BenchmarkCurvesPNG(b *testing.B) {
	f := Curves{Title: "Loss", X: "iteration", Y: "cross-entropy", Series: benchSeries(6, 8000), Smooth: 100, LogY: true}
	for b.Loop() {
		if err := writePNG(io.Discard, f.layout()); err != nil {
			b.Fatal(err)
		}
	}
}

func benchSeries(n, points int) []Series {
	r := rand.New(rand.NewPCG(1, 2))
	var out []Series
	for k := range n {
		s := Series{Name: string(rune('a' + k)), Best: Min}
		for i := range points {
			s.X = append(s.X, float64(i))
			s.Y = append(s.Y, (2.3*math.Exp(-float64(i)/float64(points)*5)+0.1)*math.Exp(0.2*r.NormFloat64()))
		}
		out = append(out, s)
	}
	return out
}

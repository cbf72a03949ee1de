package inspect

import (
	"testing"

	"inkling/pkg/nn"
)

// BenchmarkFitGabor fits 16 kernels of noise, the hardest there are, and says
// what share of their variance the search finds.
func BenchmarkFitGabor(b *testing.B) {
	var ms [][]float32
	for s := range uint64(16) {
		ms = append(ms, noise(1, nn.CHW(1, 7, 7), s).Data)
	}
	r2 := 0.0
	for b.Loop() {
		r2 = 0
		for _, m := range ms {
			r2 += FitGabor(m, 7, 7).R2 / 16
		}
	}
	b.ReportMetric(r2, "R2")
}

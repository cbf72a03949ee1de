package embed

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkTSNE embeds 10,000 vectors of 128 values; 60 s is the limit.
func BenchmarkTSNE(b *testing.B) {
	x, _ := clusters(10_000, 128)
	for b.Loop() {
		if _, err := (TSNE{}).Embed(x, 128); err != nil {
			b.Fatal(err)
		}
	}
}

// clusters are n points around ten centres in dim dimensions, with labels.
func clusters(n, dim int) (x []float32, labels []uint16) {
	r := rand.New(rand.NewPCG(5, 6))
	centres := make([]float32, 10*dim)
	for i := range centres {
		centres[i] = float32(r.NormFloat64())
	}
	for i := range n {
		k := i % 10
		labels = append(labels, uint16(k))
		for j := range dim {
			x = append(x, centres[k*dim+j]+0.6*float32(r.NormFloat64()))
		}
	}
	return x, labels
}

//go:build amd64 && !purego

package f32

import "testing"

// BenchmarkPanels measures what keeping the weights of dx = dy·W packed from step
// to step would save: packing W of 256×512, beside a product of 64×512×256.
func BenchmarkPanels(b *testing.B) {
	w := operand{random(newRand(1), 256*512), 512, false}
	dst := make([]float32, 64*256) // four panels, as a chunk of the product does
	b.Run("pack256x512", func(b *testing.B) {
		gigabytes(b, 8*256*512, func() {
			for j := 0; j < 512; j += 64 {
				w.panels(dst, j, j+64, 512, 0, 256)
			}
		})
	})
	x, c := random(newRand(2), 64*256), make([]float32, 64*512)
	b.Run("product64x512x256", func(b *testing.B) {
		measure(b, 2*64*512*256, func() { MatMul(c, x, w.data, 64, 512, 256, Epilogue{}) })
	})
}

package f32

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// pages returns n values that end where memory ends, or begin where it begins:
// whoever reads or writes beyond them, on that side, crashes.
func pages(t *testing.T, n int, end bool) []float32 {
	t.Helper()
	size := unix.Getpagesize()
	length := (4*n + size - 1) / size * size
	mem, err := unix.Mmap(-1, 0, length+2*size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(mem) })
	for _, edge := range [][]byte{mem[:size], mem[size+length:]} {
		if err := unix.Mprotect(edge, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	from := size
	if end {
		from = size + length - 4*n
	}
	x := unsafe.Slice((*float32)(unsafe.Pointer(&mem[from])), n)
	copy(x, random(newRand(uint64(n)), n))
	return x[:n:n]
}

// TestNothingBeyondOperands: no kernel touches what lies beside its operands.
func TestNothingBeyondOperands(t *testing.T) {
	forEach(t, func(t *testing.T) {
		for _, end := range []bool{true, false} {
			get := func(n int) []float32 { return pages(t, n, end) }
			for _, s := range [][3]int{{1, 1, 1}, {1, 45, 13}, {5, 7, 3}, {9, 17, 13}, {64, 10, 70}, {10, 33, 64}, {7, 49, 515}, {70, 71, 9}, {24, 48, 31}} {
				m, n, k := s[0], s[1], s[2]
				a, b, c, bias := get(m*k), get(k*n), get(m*n), get(n)
				for _, l := range layouts {
					l.run(c, a, b, m, n, k, Epilogue{Bias: bias, ReLU: true, Accumulate: true})
				}
			}
			for _, s := range convs {
				x, w, bias := get(s.N*s.C*s.H*s.W), get(s.F*s.C*s.KH*s.KW), get(s.F)
				y := get(s.N * s.F * s.OutH() * s.OutW())
				ConvForward(y, x, w, bias, s, true)
				ConvBackwardData(x, y, w, s)
				ConvBackwardWeights(w, bias, y, x, s)
			}
			for n := 1; n < 70; n++ {
				dst, a, b := get(n), get(n), get(n)
				for _, v := range vectorTests {
					v.run(dst, a, b)
				}
				c, d := get(n), get(n)
				for _, u := range updateTests {
					u.run(dst, a, b, c, d)
				}
				Dot(a, b)
				MaxAbs(a)
				ColSums(dst, a, 1, n)
				SoftmaxRows(dst, a, 1, n)
				mean, variance, invstd, gamma, beta := get(2), get(2), get(2), get(2), get(2)
				x, y := get(2*n), get(2*n)
				BatchNormTrain(y, x, mean, variance, invstd, gamma, beta, 1e-5, 1, 2, n, true)
				BatchNormForward(y, x, mean, invstd, gamma, beta, 1, 2, n, true)
				dgamma, dbeta := get(2), get(2)
				BatchNormBackward(y, dgamma, dbeta, y, x, mean, invstd, gamma, beta, 1, 2, n, true, false)
			}
			for w := 2; w < 40; w++ {
				s := Pool{N: 1, C: 2, H: 5, W: w, K: 2, Stride: 2}
				x, y, dy := get(s.C*s.H*s.W), get(s.C*s.OutH()*s.OutW()), get(s.C*s.OutH()*s.OutW())
				index := get(len(y))
				arg := unsafe.Slice((*int32)(unsafe.Pointer(&index[0])), len(index))
				MaxPool(y, arg, x, s)
				MaxPoolBackward(x, dy, arg, s)
				MaxPoolReLUBackward(x, dy, y, arg, s)
			}
		}
	})
}

package f32

import (
	"fmt"
	"os"
	"runtime"
)

// An implementation is one way to compute everything in this package.
type implementation int

const (
	generic implementation = iota // plain Go: slow, and the oracle of the tests
	blas                          // plain Go, products by gonum's blas32
	avx2                          // assembly for AVX2 and FMA
	avx512                        // and for AVX-512, with the same bits
	neon                          // assembly for arm64, with the same bits
)

func (i implementation) String() string {
	return [...]string{"generic Go", "gonum blas32", "avx2+fma 6x16", "avx512 8x32", "neon 6x16"}[i]
}

// assembly reports whether products and convolutions go by tiles, and the rest by
// eight values at a time.
func (i implementation) assembly() bool { return i >= avx2 }

// kernels is the implementation in use. Only tests change it.
var kernels, kernelsNote = choose(os.Getenv("INKLING_KERNELS"))

// choose returns the best implementation this machine has, or the wanted one if
// it has that. It never fails: a request it cannot meet is named in the note.
func choose(wanted string) (best implementation, note string) {
	best = blas
	if haveAVX2 {
		best = avx2
	}
	if haveAVX512 {
		best = avx512
	}
	if haveNEON {
		best = neon
	}
	switch wanted {
	case "", "auto":
	case "generic":
		best = generic
	case "blas":
		best = blas
	case "avx2":
		if haveAVX2 {
			return avx2, ""
		}
		note = "; INKLING_KERNELS=avx2 is not possible here"
	case "avx512":
		if !haveAVX512 {
			note = "; INKLING_KERNELS=avx512 is not possible here"
		}
	case "neon":
		if !haveNEON {
			note = "; INKLING_KERNELS=neon is not possible here"
		}
	default:
		note = fmt.Sprintf("; INKLING_KERNELS=%s is unknown (avx512, avx2, neon, blas or generic)", wanted)
	}
	return best, note
}

// Describe says in one line which kernels compute and how many workers there
// are: "avx2+fma 6x16, 2 workers". The environment variable INKLING_KERNELS
// chooses avx512, avx2, neon, blas or generic; where the value is unknown or the machine
// lacks it, the best kernels are used and the line says so.
func Describe() string {
	workers := "1 worker"
	if n := runtime.GOMAXPROCS(0); n > 1 {
		workers = fmt.Sprintf("%d workers", n)
	}
	return fmt.Sprintf("%v, %s%s", kernels, workers, kernelsNote)
}

// Bits names what the kernels return, to the last bit: implementations of one
// name return the same. Assembly sums in one order and rounds a multiply-add
// once, so it goes by that and not by the processor or its registers; plain Go
// rounds twice, on every machine. The products of gonum are another library's:
// its version, the architecture and its build tags decide, so they are tried.
func Bits() string {
	switch kernels {
	case generic:
		return "generic"
	case blas:
		return "blas " + blasBits()
	}
	return "fma"
}

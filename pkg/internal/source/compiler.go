package source

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"runtime"
	"sync"
)

// Compiler names what of Go, of the build and of the machine changes the bits
// of float64 arithmetic, as losses, initial weights and augmentation have it:
//
//   - Go's minor version: its compiler, and the sources of package math and of
//     the random sources; a release that only mends it changes no results;
//   - the architecture;
//   - whether the compiler fuses x·y + z into one rounding, as it may: it does on
//     arm64, ppc64, riscv64 and s390x, and on amd64 with GOAMD64=v3 or v4;
//   - what package math returns: it has assembly for some architectures, and on
//     amd64 its exponential is rounded otherwise where the machine has no FMA.
//
// The last two are tried rather than concluded. What does not count: GOAMD64=v2,
// GOEXPERIMENT, GOFIPS140, the race detector and -gcflags, of which none changes
// how often a result is rounded, and the operating system.
var Compiler = sync.OnceValue(func() string {
	fused := ""
	if fuses() {
		fused = ", fused"
	}
	return fmt.Sprintf("%s %s%s, math %s", minor(), runtime.GOARCH, fused, mathBits())
})

// operands are variables, so that nothing of them is known when this is
// compiled: (1+2⁻³⁰)² - 1 - 2⁻²⁹ is 2⁻⁶⁰, and 0 where the square is rounded.
var operands = [2]float64{1 + 1.0/(1<<30), -1 - 1.0/(1<<29)}

func fuses() bool { return operands[0]*operands[0]+operands[1] != 0 }

// mathBits is a digest of what the functions of package math that the library
// uses return for a few arguments.
func mathBits() string {
	h := sha256.New()
	for i := range 64 {
		x := float64(i+1) * 0.173
		for _, v := range []float64{
			math.Exp(-x), math.Exp(x), math.Log(x), math.Log1p(x), math.Expm1(-x), math.Tanh(x / 4), math.Sqrt(x), math.Cbrt(x),
			math.Pow(x, 0.37), math.Cos(x), math.Sin(x), math.Erf(x / 4), math.Hypot(x, 1), math.Exp2(-x), math.Atan2(x, 2), math.Log2(x), math.Log10(x),
		} {
			fmt.Fprintf(h, "%x ", math.Float64bits(v))
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:4])
}

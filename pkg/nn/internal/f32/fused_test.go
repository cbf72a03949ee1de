package f32

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestNothingIsFused reads what the compiler makes of this package where it may
// fuse a multiplication and an addition into one rounding. Plain Go must say
// where it rounds, or it would have other bits there. The files of the assembly
// kernels are left out: arithmetic in Go there plans the work, and no plan
// changes a result.
func TestNothingIsFused(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the package for other machines")
	}
	fused := regexp.MustCompile(`\bV?F?N?M(ADD|SUB)[0-9]*S?[SD]\b`)
	place := regexp.MustCompile(`\(([^()]*\.go:\d+)\)`)
	for _, target := range [][]string{{"GOARCH=amd64", "GOAMD64=v3"}, {"GOARCH=arm64"}} {
		t.Run(strings.Join(target, " "), func(t *testing.T) {
			cmd := exec.Command("go", "build", "-gcflags=-S", ".")
			cmd.Env = append(os.Environ(), append(target, "CGO_ENABLED=0")...)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%.2000s", err, out)
			}
			var places []string
			lines := 0
			for line := range strings.Lines(string(out)) {
				lines++
				if m := place.FindStringSubmatch(line); m != nil && fused.MatchString(line) && !strings.Contains(m[1], "_amd64.go:") {
					places = append(places, m[1][strings.LastIndex(m[1], "/")+1:])
				}
			}
			if lines < 10000 {
				t.Fatalf("%d lines of assembly, the package has more", lines)
			}
			slices.Sort(places)
			if places = slices.Compact(places); places != nil {
				t.Errorf("fused, so rounded once here and twice elsewhere: write float32(x*y) + z in %q", places)
			}
		})
	}
}

// TestGenericBits holds the digest of a fixed set of calls to what a build for
// another level of the architecture gives.
func TestGenericBits(t *testing.T) {
	const child = "INKLING_TEST_PRINT_BITS"
	own := genericBits(t)
	if os.Getenv(child) != "" {
		fmt.Println("bits", own)
		return
	}
	if testing.Short() {
		t.Skip("builds the package for GOAMD64=v3")
	}
	if !haveFMA() {
		t.Skip("this machine cannot run what is built for GOAMD64=v3")
	}
	for _, more := range [][]string{{"-tags=purego"}, nil} {
		cmd := exec.Command("go", append([]string{"test", "-count=1", "-run=^TestGenericBits$", "-v"}, append(more, ".")...)...)
		cmd.Env = append(os.Environ(), "GOAMD64=v3", child+"=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if !strings.Contains(string(out), "bits "+own) {
			t.Errorf("GOAMD64=v3 %v: want bits %s\n%s", more, own, out)
		}
	}
}

// genericBits calls every kernel in plain Go on values that fusing would round
// otherwise, and returns a digest of all they return.
func genericBits(t *testing.T) string {
	before := kernels
	kernels = generic
	defer func() { kernels = before }()
	rng := rand.New(rand.NewPCG(1, 2))
	draw := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = rng.Float32()*2 - 1
		}
		return v
	}
	h := sha256.New()
	tell := func(all ...[]float32) {
		for _, v := range all {
			binary.Write(h, binary.LittleEndian, v)
		}
	}
	const m, n, k = 7, 37, 91
	for _, f := range []func(c, a, b []float32, m, n, k int, e Epilogue){MatMul, MatMulTA, MatMulTB} {
		c := draw(m * n)
		f(c, draw(m*k), draw(n*k), m, n, k, Epilogue{Bias: draw(n), Accumulate: true})
		tell(c)
	}
	const size = 133
	w, g := draw(size), draw(size)
	state := [3][]float32{make([]float32, size), make([]float32, size), make([]float32, size)}
	for range 3 {
		SGD(w, g, 0.1, 0.01)
		tell(w)
		Adam(w, g, state[0], state[1], AdamParams{LR: 0.01, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: 0.1, Correction1: 0.1, Correction2: 0.001})
		tell(w, state[0], state[1])
		c := coefficients{0.1, 0.9, 0.7, 0.01, 1e-3, 0.3, 0.2, 0.99}
		momentumGeneric(&c, w, g, state[0])
		nesterovGeneric(&c, w, g, state[0])
		rmsPropGeneric(&c, w, g, state[1], state[0], state[2])
		adaGradGeneric(&c, w, g, state[1])
		emaGeneric(&c, state[2], w)
		tell(w, state[0], state[1], state[2])
	}
	y := draw(size)
	affineGeneric(y, w, 0.3, 1.7, 0.1, false)
	tell(y)
	affineGradGeneric(y, g, w, 0.3, 1.1, 0.7, 0.2)
	addScaledGeneric(y, w, 0.37)
	tell(y)
	sum, dot := deviationDotGeneric(y, w, 0.123)
	binary.Write(h, binary.LittleEndian, []float64{sum, dot, dotGeneric(y, w), squareDeviationsGeneric(y, 0.123), sumGeneric(w)})
	for _, s := range []Conv{{N: 2, C: 3, H: 9, W: 8, F: 4, KH: 3, KW: 3, Stride: 1, Pad: 1}, {N: 2, C: 3, H: 9, W: 8, F: 4, KH: 3, KW: 3, Stride: 2}} {
		x, weights, bias := draw(s.N*s.C*s.H*s.W), draw(s.F*s.C*s.KH*s.KW), draw(s.F)
		out := draw(s.N * s.F * s.OutH() * s.OutW())
		c := convolution{Conv: s, y: out, x: x, w: weights, bias: bias}
		for i := range s.N {
			forwardGeneric(&c, i)
		}
		tell(out)
		for i := range s.N {
			backwardDataGeneric(&c, i)
		}
		for f := range s.F {
			backwardWeightsGeneric(&c, f)
		}
		tell(x, weights, bias)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

package f32

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

var normShapes = [][3]int{{1, 1, 1}, {2, 3, 1}, {64, 10, 1}, {128, 256, 1}, {3, 2, 49}, {4, 5, 196}, {8, 32, 784}, {2, 3, 7}, {1, 2, 130}, {5, 1, 33}, {2, 2, 2500}}

func TestNorm(t *testing.T) {
	forEach(t, func(t *testing.T) {
		for i, s := range normShapes {
			n, c, hw := s[0], s[1], s[2]
			for _, shift := range []float32{0, 1000} { // far from zero, where E[x²]-mean² cancels
				testNorm(t, n, c, hw, i, shift)
			}
		}
	})
}

func testNorm(t *testing.T, n, c, hw, offset int, shift float32) {
	t.Helper()
	what := fmt.Sprintf("%d×%d×%d shift %v: ", n, c, hw, shift)
	r := newRand(uint64(n + c + hw))
	size, m := n*c*hw, float64(n*hw)
	x, checkX := guarded(size, offset%16)
	copy(x, random(r, size))
	for i := range x {
		x[i] += shift
	}
	at := func(ch int) (index []int) {
		for i := range n {
			for k := range hw {
				index = append(index, (i*c+ch)*hw+k)
			}
		}
		return index
	}

	mean, checkMean := guarded(c, 1)
	variance, checkVariance := guarded(c, 2)
	trained, checkTrained := guarded(size, (offset+7)%16)
	invstd, checkInvstd := guarded(c, 5)
	gamma, beta := random(r, c), random(r, c)
	const eps = 1e-5
	BatchNormTrain(trained, x, mean, variance, invstd, gamma, beta, eps, n, c, hw, offset%2 == 0)
	for ch := range c {
		var sum, squares float64
		for _, i := range at(ch) {
			sum += float64(x[i])
		}
		for _, i := range at(ch) {
			d := float64(x[i]) - sum/m
			squares += d * d
		}
		if !(math.Abs(float64(mean[ch])-sum/m) <= 1e-7*(1+math.Abs(sum/m))) || !(math.Abs(float64(variance[ch])-squares/m) <= 1e-6*(squares/m+1e-30)) {
			t.Fatalf("%schannel %d: mean and variance %v, %v, want %v, %v", what, ch, mean[ch], variance[ch], sum/m, squares/m)
		}
		if want := 1 / math.Sqrt(squares/m+eps); !(math.Abs(float64(invstd[ch])-want) <= 1e-6*want) {
			t.Fatalf("%schannel %d: invstd %v, want %v", what, ch, invstd[ch], want)
		}
	}

	y, checkY := guarded(size, (offset+5)%16)
	dx, checkDX := guarded(size, (offset+9)%16)
	dgamma, checkDGamma := guarded(c, 0)
	dbeta, checkDBeta := guarded(c, 3)
	dy := random(r, size)
	for _, relu := range []bool{false, true} {
		BatchNormForward(y, x, mean, invstd, gamma, beta, n, c, hw, relu)
		for i := range y {
			if relu == (offset%2 == 0) && !sameBits(y[i], trained[i]) {
				t.Fatalf("%sBatchNormTrain: y[%d] is %v, of the same statistics %v", what, i, trained[i], y[i])
			}
		}
		for ch := range c {
			for _, i := range at(ch) {
				want := (float64(x[i])-float64(mean[ch]))*float64(invstd[ch])*float64(gamma[ch]) + float64(beta[ch])
				if relu && want < 0 {
					want = 0
				}
				if !(math.Abs(float64(y[i])-want) <= 2e-6*(math.Abs(want)+10)) {
					t.Fatalf("%sy[%d] is %v, want %v", what, i, y[i], want)
				}
			}
		}
	}
	BatchNormBackward(dx, dgamma, dbeta, dy, x, mean, invstd, gamma, beta, n, c, hw, false, false)
	for ch := range c {
		var sum, dot, sizes float64
		hat := func(i int) float64 { return (float64(x[i]) - float64(mean[ch])) * float64(invstd[ch]) }
		for _, i := range at(ch) {
			sum += float64(dy[i])
			dot += float64(dy[i]) * hat(i)
			sizes += math.Abs(float64(dy[i])) * (1 + math.Abs(hat(i)))
		}
		if !(math.Abs(float64(dbeta[ch])-sum) <= 1e-6*sizes) || !(math.Abs(float64(dgamma[ch])-dot) <= 1e-6*sizes) {
			t.Fatalf("%schannel %d: dbeta, dgamma %v, %v, want %v, %v", what, ch, dbeta[ch], dgamma[ch], sum, dot)
		}
		for _, i := range at(ch) {
			want := float64(gamma[ch]) * float64(invstd[ch]) * (float64(dy[i]) - sum/m - hat(i)*dot/m)
			if scale := math.Abs(float64(gamma[ch])*float64(invstd[ch])) * 20; !(math.Abs(float64(dx[i])-want) <= 1e-6*scale) {
				t.Fatalf("%sdx[%d] is %v, want %v", what, i, dx[i], want)
			}
		}
	}
	// With constant statistics the same sums, and a plain factor.
	fixed, checkFixed := guarded(size, (offset+11)%16)
	gamma3, beta3 := make([]float32, c), make([]float32, c)
	BatchNormBackward(fixed, gamma3, beta3, dy, x, mean, invstd, gamma, beta, n, c, hw, false, true)
	if !slices.Equal(gamma3, dgamma) || !slices.Equal(beta3, dbeta) {
		t.Fatalf("%sconstant statistics: other dgamma or dbeta", what)
	}
	for ch := range c {
		for _, i := range at(ch) {
			step := float64(gamma[ch]) * float64(invstd[ch])
			if want := step * float64(dy[i]); !(math.Abs(float64(fixed[i])-want) <= 1e-6*math.Abs(step)*20) {
				t.Fatalf("%sconstant statistics: dx[%d] is %v, want %v", what, i, fixed[i], want)
			}
		}
	}
	checkFixed(t)
	// The ReLU's gradient taken here is that of ReLUGrad.
	masked, plain := slices.Clone(dy), make([]float32, size)
	ReLUGrad(plain, dy, y)
	gamma4, beta4, want := make([]float32, c), make([]float32, c), make([]float32, size)
	BatchNormBackward(want, gamma3, beta3, plain, x, mean, invstd, gamma, beta, n, c, hw, false, false)
	BatchNormBackward(masked, gamma4, beta4, masked, x, mean, invstd, gamma, beta, n, c, hw, true, false)
	if !slices.EqualFunc(masked, want, sameBits) || !slices.EqualFunc(gamma4, gamma3, sameBits) || !slices.EqualFunc(beta4, beta3, sameBits) {
		t.Fatalf("%swith the ReLU's gradient, other gradients than after ReLUGrad", what)
	}
	// Gradients without dx, and dx in place of dy, are the same.
	dgamma2, dbeta2 := make([]float32, c), make([]float32, c)
	BatchNormBackward(nil, dgamma2, dbeta2, dy, x, mean, invstd, gamma, beta, n, c, hw, false, false)
	BatchNormBackward(dy, dgamma2, dbeta2, dy, x, mean, invstd, gamma, beta, n, c, hw, false, false)
	for i := range dx {
		if !sameBits(dx[i], dy[i]) {
			t.Fatalf("%sin place, dx[%d] is %v, not %v", what, i, dy[i], dx[i])
		}
	}
	for ch := range c {
		if !sameBits(dgamma[ch], dgamma2[ch]) || !sameBits(dbeta[ch], dbeta2[ch]) {
			t.Fatalf("%swithout dx, other gradients", what)
		}
	}
	for _, check := range []func(testing.TB){checkX, checkMean, checkVariance, checkInvstd, checkTrained, checkY, checkDX, checkDGamma, checkDBeta} {
		check(t)
	}
}

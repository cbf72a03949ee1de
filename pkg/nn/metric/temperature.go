package metric

import (
	"fmt"
	"math"

	"inkling/pkg/nn"
)

// Temperature returns the T for which softmax(logits/T) fits the labels best,
// by mean cross-entropy: how much too sure of itself a network is (T > 1), or
// too little (Guo et al. 2017, §4.2). It changes no prediction. Choose it on
// the dev split. Logits that are right on every example get a T so small that
// every probability rounds to 0 or 1; it is never outside of 0.001 to 1,000.
// Examples without an answer tell nothing; if there are no others, it is NaN.
func Temperature(logits *nn.Tensor, labels []uint16) float64 {
	if logits.N != len(labels) || logits.N == 0 {
		panic(fmt.Sprintf("metric: temperature: %d labels for %d examples", len(labels), logits.N))
	}
	answers := 0
	for i := range labels {
		if logits.Argmax(i) >= 0 {
			answers++
		}
	}
	if answers == 0 {
		return math.NaN()
	}
	// In β = 1/T the cross-entropy is convex, so its slope rises: halve the
	// interval of log β in which it changes its sign.
	lo, hi := math.Log(1e-3), math.Log(1e3)
	for hi-lo > 1e-6 {
		mid := (lo + hi) / 2
		if coolingSlope(logits, labels, math.Exp(mid)) < 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return math.Exp(-(lo + hi) / 2)
}

// coolingSlope is the derivative of the summed cross-entropy of softmax(β·z) by
// β: Σ (Σ p_j·z_j − z_label).
func coolingSlope(logits *nn.Tensor, labels []uint16, beta float64) (slope float64) {
	for i, label := range labels {
		z, best := logits.Example(i), logits.Argmax(i)
		if best < 0 {
			continue
		}
		top := float64(z[best])
		var sum, mean float64
		for _, v := range z {
			if e := math.Exp(beta * (float64(v) - top)); e > 0 { // 0·∞ is no number
				sum += e
				mean += e * float64(v)
			}
		}
		slope += mean/sum - float64(z[label])
	}
	return slope
}

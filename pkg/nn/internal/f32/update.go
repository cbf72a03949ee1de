package f32

import (
	"fmt"
	"math"
)

// Optimizer updates over flat slices: w the weights, g their gradient, the
// others the optimizer's state, all of w's length. The formulas are PyTorch's;
// decay is coupled (added to the gradient) unless said otherwise. What depends
// on hyperparameters alone is computed once, in float64.

// SGD sets w -= lr·(g + decay·w).
func SGD(w, g []float32, lr, decay float32) {
	update("SGD", sgdOp, coefficients{lr, decay}, w, g, nil, nil, nil)
}

// Momentum sets v = mu·v + (1-dampening)·d with d = g + decay·w, and then
// w -= lr·v, or with Nesterov w -= lr·(d + mu·v). PyTorch leaves dampening out
// of the first step, v = d: pass 0 there.
func Momentum(w, g, v []float32, lr, mu, dampening, decay float32, nesterov bool) {
	op := momentumOp
	if nesterov {
		op = nesterovOp
	}
	update("Momentum", op, coefficients{lr, mu, float32(1 - float64(dampening)), decay}, w, g, v, nil, nil)
}

// AdamParams are the hyperparameters of one step of Adam or AdamW.
type AdamParams struct {
	LR, Beta1, Beta2, Eps float64
	Decay                 float64
	Decoupled             bool    // AdamW: w -= LR·Decay·w before the step
	Correction1           float64 // 1 - Beta1^t, with t = 1 in the first step
	Correction2           float64 // 1 - Beta2^t
}

// Adam sets, with d = g + Decay·w (AdamW: d = g),
//
//	m += (1-Beta1)·(d - m)
//	v  = Beta2·v + (1-Beta2)·d²
//	w -= LR/Correction1 · m / (√v/√Correction2 + Eps)
func Adam(w, g, m, v []float32, p AdamParams) {
	keep, decay := 1.0, p.Decay
	if p.Decoupled {
		keep, decay = 1-float64(p.LR*p.Decay), 0
	}
	update("Adam", adamOp, coefficients{
		float32(p.LR / p.Correction1), float32(1 - p.Beta1), float32(p.Beta2), float32(1 - p.Beta2),
		float32(p.Eps), float32(1 / math.Sqrt(p.Correction2)), float32(decay), float32(keep),
	}, w, g, m, v, nil)
}

// RMSPropParams are the hyperparameters of RMSProp.
type RMSPropParams struct {
	LR, Alpha, Eps, Decay, Momentum float64
	Centered                        bool
}

// RMSProp sets, with d = g + Decay·w,
//
//	v   = Alpha·v + (1-Alpha)·d²
//	avg += (1-Alpha)·(d - avg)             if Centered
//	s   = d / (√v + Eps), or with √(v - avg²) if Centered, never below √0
//	buf = Momentum·buf + s;  w -= LR·buf   if Momentum is not zero
//	w  -= LR·s                             otherwise
//
// avg and buf may be nil where they are not used.
func RMSProp(w, g, v, avg, buf []float32, p RMSPropParams) {
	k := coefficients{float32(p.LR), float32(p.Alpha), float32(1 - p.Alpha), float32(p.Eps), float32(p.Decay), float32(p.Momentum)}
	if !p.Centered {
		avg = nil
	}
	if p.Momentum == 0 {
		buf = nil
	}
	update("RMSProp", rmsPropOp, k, w, g, v, avg, buf)
}

// AdaGrad sets, with d = g + decay·w, sum += d² and w -= lr·d/(√sum + eps).
// PyTorch's lr_decay is the caller's: pass lr/(1+(t-1)·lrDecay).
func AdaGrad(w, g, sum []float32, lr, eps, decay float32) {
	update("AdaGrad", adaGradOp, coefficients{lr, eps, decay}, w, g, sum, nil, nil)
}

// EMA sets avg += (1-decay)·(w - avg): the exponential moving average of w.
func EMA(avg, w []float32, decay float64) {
	update("EMA", emaOp, coefficients{float32(1 - decay)}, avg, w, nil, nil, nil)
}

// updateGrain is the number of weights in one chunk of an update.
const updateGrain = 16 << 10

// coefficients are the scalars of an update, in the order its kernel reads them.
type coefficients [8]float32

// An updateOp updates one range; slices its formula does not name are nil.
type updateOp func(k *coefficients, w, g, s1, s2, s3 []float32)

type updateJob struct {
	op               updateOp
	k                coefficients
	w, g, s1, s2, s3 []float32
}

var updateJobs freeList[updateJob]

// update runs op over w. States that are nil are passed as empty slices; op
// knows which it needs.
func update(name string, op updateOp, k coefficients, w, g, s1, s2, s3 []float32) {
	n := len(w)
	for _, s := range [...][]float32{g, s1, s2, s3} {
		if s != nil && len(s) != n {
			panic(fmt.Sprintf("f32: %s: %d weights, a slice beside them holds %d values", name, n, len(s)))
		}
	}
	j := updateJobs.get()
	*j = updateJob{op: op, k: k, w: w, g: g, s1: s1, s2: s2, s3: s3}
	Parallel((n+updateGrain-1)/updateGrain, j)
	*j = updateJob{}
	updateJobs.put(j)
}

func (j *updateJob) Do(chunk int) {
	lo := chunk * updateGrain
	hi := min(lo+updateGrain, len(j.w))
	part := func(s []float32) []float32 {
		if s == nil {
			return nil
		}
		return s[lo:hi]
	}
	j.op(&j.k, part(j.w), part(j.g), part(j.s1), part(j.s2), part(j.s3))
}

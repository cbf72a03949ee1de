package f32

import (
	"fmt"
	"math"
)

// Batch normalization over x of n×c×hw: the statistics of a channel run over
// its n·hw values. For a normalization of features, hw is 1.

// BatchNormTrain sets mean[c] and variance[c] to the mean and the biased variance
// of each channel, invstd[c] to 1/√(variance+eps), and y as BatchNormForward does.
// Sums are float64, in two passes: E[(x-mean)²], not E[x²]-mean², which cancels. y
// may be x.
func BatchNormTrain(y, x, mean, variance, invstd, gamma, beta []float32, eps float64, n, c, hw int, relu bool) {
	checkChannels("BatchNormTrain", n, c, hw, c, mean, variance, invstd, gamma, beta)
	checkChannels("BatchNormTrain", n, c, hw, n*c*hw, y, x)
	runNorm(normJob{op: normTrainOp, features: featureTrain, n: n, c: c, hw: hw, y: y, x: x,
		mean: mean, scale: variance, invstd: invstd, gamma: gamma, beta: beta, eps: eps, relu: relu})
}

// BatchNormForward sets y = (x - mean)·invstd·gamma + beta by channel, and then
// ReLU of it if relu. y may be x.
func BatchNormForward(y, x, mean, invstd, gamma, beta []float32, n, c, hw int, relu bool) {
	checkChannels("BatchNormForward", n, c, hw, c, mean, invstd, gamma, beta)
	checkChannels("BatchNormForward", n, c, hw, n*c*hw, y, x)
	runNorm(normJob{op: normForwardOp, features: featureForward, n: n, c: c, hw: hw, y: y, x: x,
		mean: mean, invstd: invstd, gamma: gamma, beta: beta, relu: relu})
}

// BatchNormBackward differentiates BatchNormForward. With x̂ = (x-mean)·invstd and
// M = n·hw:
//
//	dbeta  = Σ dy
//	dgamma = Σ dy·x̂
//	dx     = gamma·invstd·(dy - dbeta/M - x̂·dgamma/M)   where mean and invstd are those of this very batch
//	dx     = gamma·invstd·dy                             where they are constant
//
// dx may be dy, and may be nil if nobody wants it. If relu, dy is the gradient
// behind the ReLU: values for which BatchNormForward's result was not positive are
// first set to zero, in dy.
func BatchNormBackward(dx, dgamma, dbeta, dy, x, mean, invstd, gamma, beta []float32, n, c, hw int, relu, constant bool) {
	checkChannels("BatchNormBackward", n, c, hw, c, dgamma, dbeta, mean, invstd, gamma, beta)
	checkChannels("BatchNormBackward", n, c, hw, n*c*hw, dy, x)
	if dx != nil {
		checkChannels("BatchNormBackward", n, c, hw, n*c*hw, dx)
	}
	runNorm(normJob{op: normBackwardOp, features: featureBackward, n: n, c: c, hw: hw, y: dx, dy: dy, x: x,
		mean: mean, invstd: invstd, gamma: gamma, beta: beta, scale: dgamma, dbeta: dbeta, relu: relu, constant: constant})
}

func checkChannels(name string, n, c, hw, want int, slices ...[]float32) {
	for _, s := range slices {
		if len(s) < want {
			panic(fmt.Sprintf("f32: %s: a slice holds %d values, n×c×hw = %d×%d×%d needs %d", name, len(s), n, c, hw, want))
		}
	}
}

// A normJob does one channel in each chunk, or featureBlock channels where hw is
// one and the channels of an example lie side by side.
type normJob struct {
	op           func(j *normJob, ch int)
	features     func(j *normJob, lo, hi int)
	n, c, hw     int
	y, x, dy     []float32
	mean, invstd []float32
	gamma, beta  []float32
	scale, dbeta []float32 // variance or dgamma; dbeta
	eps          float64
	relu         bool
	constant     bool // mean and invstd do not depend on x
}

var normJobs freeList[normJob]

func runNorm(job normJob) {
	j := normJobs.get()
	*j = job
	chunks := j.c
	if j.hw == 1 {
		chunks = (j.c + featureBlock - 1) / featureBlock
	}
	if j.n*j.c*j.hw <= vectorGrain {
		for chunk := range chunks {
			j.Do(chunk)
		}
	} else {
		Parallel(chunks, j)
	}
	*j = normJob{}
	normJobs.put(j)
}

func (j *normJob) Do(chunk int) {
	if j.hw == 1 {
		j.features(j, chunk*featureBlock, min((chunk+1)*featureBlock, j.c))
		return
	}
	j.op(j, chunk)
}

// plane returns the values of one example and channel.
func (j *normJob) plane(s []float32, i, ch int) []float32 {
	at := (i*j.c + ch) * j.hw
	return s[at : at+j.hw]
}

// fetch asks for a plane ahead of its use: planes of one channel lie far apart, so
// that each is a surprise to the processor.
func (j *normJob) fetch(s []float32, i, ch int) {
	if i < j.n {
		fetch(j.plane(s, i, ch))
	}
}

// statsOp takes the sums of each plane while it is in the first-level cache and
// joins them as Chan, Golub and LeVeque do (1979): with d the distance of the
// plane's mean from that of the others,
//
//	mean += d·hw/count,  squares += plane's squares + d²·hw·(count-hw)/count
func statsOp(j *normJob, ch int) {
	var mean, squares, count float64
	hw := float64(j.hw)
	for i := range j.n {
		x := j.plane(j.x, i, ch)
		j.fetch(j.x, i+1, ch)
		m := sumOp(x, nil) / hw
		d := m - mean
		count += hw
		mean += d * hw / count
		squares += squareDeviations(x, m) + d*d*hw*(count-hw)/count
	}
	j.mean[ch], j.scale[ch] = float32(mean), float32(squares/count)
}

// normTrainOp finds the channel in the second-level cache when it comes back to it.
func normTrainOp(j *normJob, ch int) {
	statsOp(j, ch)
	j.invert(ch)
	normForwardOp(j, ch)
}

// invert sets invstd of a channel whose variance is known.
func (j *normJob) invert(ch int) {
	j.invstd[ch] = float32(1 / math.Sqrt(float64(j.scale[ch])+j.eps))
}

func normForwardOp(j *normJob, ch int) {
	mean, scale, shift := j.mean[ch], j.invstd[ch]*j.gamma[ch], j.beta[ch]
	for i := range j.n {
		j.fetch(j.y, i+1, ch)
		affine(j.plane(j.y, i, ch), j.plane(j.x, i, ch), mean, scale, shift, j.relu)
	}
}

func normBackwardOp(j *normJob, ch int) {
	mean := float64(j.mean[ch])
	var sum, dot float64
	var mask *buffer
	if j.relu {
		mask = buffers.get()
		defer buffers.put(mask)
	}
	for i := range j.n {
		j.fetch(j.dy, i+1, ch)
		j.fetch(j.x, i+1, ch)
		if j.relu {
			j.maskPlane(i, ch, mask.take(maskBlock))
		}
		s, d := deviationDot(j.plane(j.dy, i, ch), j.plane(j.x, i, ch), mean)
		sum += s
		dot += d
	}
	p, q, r := j.gradient(ch, sum, dot)
	if j.y == nil {
		return
	}
	for i := range j.n {
		affineGrad(j.plane(j.y, i, ch), j.plane(j.dy, i, ch), j.plane(j.x, i, ch),
			j.mean[ch], p, q, r)
	}
}

// maskBlock is the number of values masked at once: they stay in the first-level
// cache. It must be whole vectors, so that each value is computed as forward.
const maskBlock = 1 << 10

// maskPlane clears dy where the result was not positive. To compute that once more
// costs less than to read it from memory.
func (j *normJob) maskPlane(i, ch int, y []float32) {
	dy, x := j.plane(j.dy, i, ch), j.plane(j.x, i, ch)
	for len(x) > 0 {
		n := min(len(x), maskBlock)
		affine(y[:n], x[:n], j.mean[ch], j.invstd[ch]*j.gamma[ch], j.beta[ch], false)
		reluGradOp(dy[:n], dy[:n], y[:n], 0)
		dy, x = dy[n:], x[n:]
	}
}

// gradient stores dbeta and dgamma of a channel, given Σ dy and Σ dy·(x-mean),
// and returns the coefficients of dx = p·dy + (q·(x-mean) + r).
func (j *normJob) gradient(ch int, sum, dot float64) (p, q, r float32) {
	invstd := float64(j.invstd[ch])
	dot *= invstd
	j.dbeta[ch], j.scale[ch] = float32(sum), float32(dot)
	step := float64(j.gamma[ch]) * invstd
	if j.constant {
		return float32(step), 0, 0
	}
	count := float64(j.n * j.hw)
	return float32(step), float32(-step * invstd * dot / count), float32(-step * sum / count)
}

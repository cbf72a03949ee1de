package f32

import "fmt"

// Batch normalization over x of n×c×hw: the statistics of a channel run over
// its n·hw values. For a normalization of features, hw is 1.

// ChannelStats sets mean[c] and variance[c] to the mean and the biased variance
// of each channel. Sums are float64, in two passes: E[(x-mean)²], not
// E[x²]-mean², which cancels.
func ChannelStats(mean, variance, x []float32, n, c, hw int) {
	checkChannels("ChannelStats", n, c, hw, c, mean, variance)
	checkChannels("ChannelStats", n, c, hw, n*c*hw, x)
	runNorm(normJob{op: statsOp, n: n, c: c, hw: hw, x: x, mean: mean, scale: variance})
}

// BatchNormForward sets y = (x - mean)·invstd·gamma + beta by channel, and then
// ReLU of it if relu. y may be x.
func BatchNormForward(y, x, mean, invstd, gamma, beta []float32, n, c, hw int, relu bool) {
	checkChannels("BatchNormForward", n, c, hw, c, mean, invstd, gamma, beta)
	checkChannels("BatchNormForward", n, c, hw, n*c*hw, y, x)
	runNorm(normJob{op: normForwardOp, n: n, c: c, hw: hw, y: y, x: x,
		mean: mean, invstd: invstd, gamma: gamma, beta: beta, relu: relu})
}

// BatchNormBackward differentiates BatchNormForward without ReLU, where mean
// and invstd are those of this very batch. With x̂ = (x-mean)·invstd and
// M = n·hw:
//
//	dbeta  = Σ dy
//	dgamma = Σ dy·x̂
//	dx     = gamma·invstd·(dy - dbeta/M - x̂·dgamma/M)
//
// dx may be dy, and may be nil if nobody wants it.
func BatchNormBackward(dx, dgamma, dbeta, dy, x, mean, invstd, gamma []float32, n, c, hw int) {
	checkChannels("BatchNormBackward", n, c, hw, c, dgamma, dbeta, mean, invstd, gamma)
	checkChannels("BatchNormBackward", n, c, hw, n*c*hw, dy, x)
	if dx != nil {
		checkChannels("BatchNormBackward", n, c, hw, n*c*hw, dx)
	}
	runNorm(normJob{op: normBackwardOp, n: n, c: c, hw: hw, y: dx, dy: dy, x: x,
		mean: mean, invstd: invstd, gamma: gamma, scale: dgamma, beta: dbeta})
}

func checkChannels(name string, n, c, hw, want int, slices ...[]float32) {
	for _, s := range slices {
		if len(s) < want {
			panic(fmt.Sprintf("f32: %s: a slice holds %d values, n×c×hw = %d×%d×%d needs %d", name, len(s), n, c, hw, want))
		}
	}
}

// A normJob does one channel in each chunk.
type normJob struct {
	op           func(*normJob, int)
	n, c, hw     int
	y, x, dy     []float32
	mean, invstd []float32
	gamma, beta  []float32
	scale        []float32 // variance, or dgamma
	relu         bool
}

var normJobs freeList[normJob]

func runNorm(job normJob) {
	j := normJobs.get()
	*j = job
	if j.n*j.c*j.hw <= vectorGrain {
		for ch := range j.c {
			j.Do(ch)
		}
	} else {
		Parallel(j.c, j)
	}
	*j = normJob{}
	normJobs.put(j)
}

func (j *normJob) Do(chunk int) { j.op(j, chunk) }

// plane returns the values of one example and channel.
func (j *normJob) plane(s []float32, i, ch int) []float32 {
	at := (i*j.c + ch) * j.hw
	return s[at : at+j.hw]
}

// statsOp takes the sums of each plane while it is in the first-level cache and
// joins them as Chan, Golub and LeVeque do (1979): with d the distance of the
// plane's mean from that of the others,
//
//	mean += d·hw/count,  squares += plane's squares + d²·hw·(count-hw)/count
func statsOp(j *normJob, ch int) {
	var mean, squares, count float64
	if j.hw == 1 {
		for i := range j.n {
			mean += float64(j.x[i*j.c+ch])
		}
		mean /= float64(j.n)
		for i := range j.n {
			d := float64(j.x[i*j.c+ch]) - mean
			squares += d * d
		}
		j.mean[ch], j.scale[ch] = float32(mean), float32(squares/float64(j.n))
		return
	}
	hw := float64(j.hw)
	for i := range j.n {
		x := j.plane(j.x, i, ch)
		m := sumOp(x, nil) / hw
		d := m - mean
		count += hw
		mean += d * hw / count
		squares += squareDeviations(x, m) + d*d*hw*(count-hw)/count
	}
	j.mean[ch], j.scale[ch] = float32(mean), float32(squares/count)
}

func normForwardOp(j *normJob, ch int) {
	mean, scale, shift := j.mean[ch], j.invstd[ch]*j.gamma[ch], j.beta[ch]
	if j.hw == 1 {
		for at := ch; at < j.n*j.c; at += j.c {
			affineGeneric(j.y[at:at+1], j.x[at:at+1], mean, scale, shift, j.relu)
		}
		return
	}
	for i := range j.n {
		affine(j.plane(j.y, i, ch), j.plane(j.x, i, ch), mean, scale, shift, j.relu)
	}
}

func normBackwardOp(j *normJob, ch int) {
	mean, invstd := float64(j.mean[ch]), float64(j.invstd[ch])
	var sum, dot float64
	for i := range j.n {
		s, d := deviationDot(j.plane(j.dy, i, ch), j.plane(j.x, i, ch), mean)
		sum += s
		dot += d
	}
	dot *= invstd
	j.beta[ch], j.scale[ch] = float32(sum), float32(dot)
	if j.y == nil {
		return
	}
	// dx = p·dy + (q·(x - mean) + r)
	count := float64(j.n * j.hw)
	p := float64(j.gamma[ch]) * invstd
	q := -p * invstd * dot / count
	r := -p * sum / count
	for i := range j.n {
		affineGrad(j.plane(j.y, i, ch), j.plane(j.dy, i, ch), j.plane(j.x, i, ch),
			j.mean[ch], float32(p), float32(q), float32(r))
	}
}

package f32

// Batch normalization of features, hw = 1: a row of x holds the channels side by
// side, so that some channels are done together, row by row.

// featureBlock is the number of channels in a chunk.
const featureBlock = 32

// row returns channels [lo, hi) of example i.
func (j *normJob) row(s []float32, i, lo, hi int) []float32 { return s[i*j.c+lo : i*j.c+hi] }

func featureStats(j *normJob, lo, hi int) {
	var mean, squares [featureBlock]float64
	for i := range j.n {
		for k, v := range j.row(j.x, i, lo, hi) {
			mean[k%featureBlock] += float64(v)
		}
	}
	for k := range mean {
		mean[k] /= float64(j.n)
	}
	for i := range j.n {
		for k, v := range j.row(j.x, i, lo, hi) {
			d := float64(v) - mean[k%featureBlock]
			squares[k%featureBlock] += float64(d * d)
		}
	}
	for k := range hi - lo {
		j.mean[lo+k], j.scale[lo+k] = float32(mean[k]), float32(squares[k]/float64(j.n))
	}
}

func featureTrain(j *normJob, lo, hi int) {
	featureStats(j, lo, hi)
	for ch := lo; ch < hi; ch++ {
		j.invert(ch)
	}
	featureForward(j, lo, hi)
}

func featureForward(j *normJob, lo, hi int) {
	mean, beta := j.mean[lo:hi], j.beta[lo:hi]
	var scale [featureBlock]float32
	for k := range mean {
		scale[k] = j.invstd[lo+k] * j.gamma[lo+k]
	}
	for i := range j.n {
		y := j.row(j.y, i, lo, hi)
		for k, v := range j.row(j.x, i, lo, hi) {
			y[k] = float32((v-mean[k])*scale[k%featureBlock]) + beta[k]
		}
		if j.relu {
			reluOp(y, y, nil, 0)
		}
	}
}

func featureBackward(j *normJob, lo, hi int) {
	mean := j.mean[lo:hi]
	if j.relu {
		j.maskRows(lo, hi)
	}
	var sum, dot [featureBlock]float64
	for i := range j.n {
		x := j.row(j.x, i, lo, hi)
		for k, v := range j.row(j.dy, i, lo, hi) {
			sum[k%featureBlock] += float64(v)
			dot[k%featureBlock] += float64(float64(v) * (float64(x[k]) - float64(mean[k])))
		}
	}
	var p, q, r [featureBlock]float32
	for k := range mean {
		p[k], q[k], r[k] = j.gradient(lo+k, sum[k], dot[k])
	}
	if j.y == nil {
		return
	}
	for i := range j.n {
		x, dx := j.row(j.x, i, lo, hi), j.row(j.y, i, lo, hi)
		for k, v := range j.row(j.dy, i, lo, hi) {
			f := k % featureBlock
			dx[k] = float32(p[f]*v) + (float32(q[f]*(x[k]-mean[k])) + r[f])
		}
	}
}

// maskRows clears dy where the result was not positive.
func (j *normJob) maskRows(lo, hi int) {
	mean, beta := j.mean[lo:hi], j.beta[lo:hi]
	for i := range j.n {
		dy := j.row(j.dy, i, lo, hi)
		for k, v := range j.row(j.x, i, lo, hi) {
			if y := float32((v-mean[k])*(j.invstd[lo+k]*j.gamma[lo+k])) + beta[k]; !(y > 0) {
				dy[k] = 0
			}
		}
	}
}

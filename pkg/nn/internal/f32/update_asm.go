//go:build (amd64 || arm64) && !purego

package f32

// Kernels over n values, a multiple of eight and at least eight.

//go:noescape
func sgd8(k *coefficients, w, grad *float32, n int)

//go:noescape
func momentum8(k *coefficients, w, grad, v *float32, n int)

//go:noescape
func nesterov8(k *coefficients, w, grad, v *float32, n int)

//go:noescape
func adam8(k *coefficients, w, grad, m, v *float32, n int)

//go:noescape
func rmsProp8(k *coefficients, w, grad, v, avg, buf *float32, n int)

//go:noescape
func adaGrad8(k *coefficients, w, grad, sum *float32, n int)

//go:noescape
func ema8(k *coefficients, avg, w *float32, n int)

func sgdOp(k *coefficients, w, g, _, _, _ []float32) {
	n := vectorLen(len(w))
	if n > 0 {
		sgd8(k, &w[0], &g[0], n)
	}
	sgdGeneric(k, w[n:], g[n:])
}

func momentumOp(k *coefficients, w, g, v, _, _ []float32) {
	n := vectorLen(len(w))
	if n > 0 {
		momentum8(k, &w[0], &g[0], &v[0], n)
	}
	momentumGeneric(k, w[n:], g[n:], v[n:])
}

func nesterovOp(k *coefficients, w, g, v, _, _ []float32) {
	n := vectorLen(len(w))
	if n > 0 {
		nesterov8(k, &w[0], &g[0], &v[0], n)
	}
	nesterovGeneric(k, w[n:], g[n:], v[n:])
}

func adamOp(k *coefficients, w, g, m, v, _ []float32) {
	n := vectorLen(len(w))
	if n > 0 {
		adam8(k, &w[0], &g[0], &m[0], &v[0], n)
	}
	adamGeneric(k, w[n:], g[n:], m[n:], v[n:])
}

func rmsPropOp(k *coefficients, w, g, v, avg, buf []float32) {
	n := vectorLen(len(w))
	if n > 0 {
		var pa, pb *float32
		if avg != nil {
			pa = &avg[0]
			avg = avg[n:]
		}
		if buf != nil {
			pb = &buf[0]
			buf = buf[n:]
		}
		rmsProp8(k, &w[0], &g[0], &v[0], pa, pb, n)
	}
	rmsPropGeneric(k, w[n:], g[n:], v[n:], avg, buf)
}

func adaGradOp(k *coefficients, w, g, sum, _, _ []float32) {
	n := vectorLen(len(w))
	if n > 0 {
		adaGrad8(k, &w[0], &g[0], &sum[0], n)
	}
	adaGradGeneric(k, w[n:], g[n:], sum[n:])
}

func emaOp(k *coefficients, avg, w, _, _, _ []float32) {
	n := vectorLen(len(avg))
	if n > 0 {
		ema8(k, &avg[0], &w[0], n)
	}
	emaGeneric(k, avg[n:], w[n:])
}

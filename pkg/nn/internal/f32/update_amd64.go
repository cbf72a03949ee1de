//go:build amd64 && !purego

package f32

// Kernels over n values, a multiple of eight and at least eight.

//go:noescape
func sgdAVX2(k *coefficients, w, grad *float32, n int)

//go:noescape
func momentumAVX2(k *coefficients, w, grad, v *float32, n int)

//go:noescape
func nesterovAVX2(k *coefficients, w, grad, v *float32, n int)

//go:noescape
func adamAVX2(k *coefficients, w, grad, m, v *float32, n int)

//go:noescape
func rmsPropAVX2(k *coefficients, w, grad, v, avg, buf *float32, n int)

//go:noescape
func adaGradAVX2(k *coefficients, w, grad, sum *float32, n int)

//go:noescape
func emaAVX2(k *coefficients, avg, w *float32, n int)

func sgdOp(k *coefficients, w, g, _, _, _ []float32) {
	n := vectorLen(len(w))
	if n > 0 {
		sgdAVX2(k, &w[0], &g[0], n)
	}
	sgdGeneric(k, w[n:], g[n:])
}

func momentumOp(k *coefficients, w, g, v, _, _ []float32) {
	n := vectorLen(len(w))
	if n > 0 {
		momentumAVX2(k, &w[0], &g[0], &v[0], n)
	}
	momentumGeneric(k, w[n:], g[n:], v[n:])
}

func nesterovOp(k *coefficients, w, g, v, _, _ []float32) {
	n := vectorLen(len(w))
	if n > 0 {
		nesterovAVX2(k, &w[0], &g[0], &v[0], n)
	}
	nesterovGeneric(k, w[n:], g[n:], v[n:])
}

func adamOp(k *coefficients, w, g, m, v, _ []float32) {
	n := vectorLen(len(w))
	if n > 0 {
		adamAVX2(k, &w[0], &g[0], &m[0], &v[0], n)
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
		rmsPropAVX2(k, &w[0], &g[0], &v[0], pa, pb, n)
	}
	rmsPropGeneric(k, w[n:], g[n:], v[n:], avg, buf)
}

func adaGradOp(k *coefficients, w, g, sum, _, _ []float32) {
	n := vectorLen(len(w))
	if n > 0 {
		adaGradAVX2(k, &w[0], &g[0], &sum[0], n)
	}
	adaGradGeneric(k, w[n:], g[n:], sum[n:])
}

func emaOp(k *coefficients, avg, w, _, _, _ []float32) {
	n := vectorLen(len(avg))
	if n > 0 {
		emaAVX2(k, &avg[0], &w[0], n)
	}
	emaGeneric(k, avg[n:], w[n:])
}

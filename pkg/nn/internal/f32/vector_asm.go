//go:build (amd64 || arm64) && !purego

package f32

// Kernels over n values, a multiple of eight and at least eight; the twins named
// …Generic do the rest and are what they are tested against.

//go:noescape
func relu8(dst, x *float32, n int)

//go:noescape
func reluGrad8(dx, dy, y *float32, n int)

//go:noescape
func add8(dst, a, b *float32, n int)

//go:noescape
func mul8(dst, a, b *float32, n int)

//go:noescape
func addScaled8(dst, a *float32, n int, s float32)

//go:noescape
func scale8(dst *float32, n int, s float32)

//go:noescape
func fill8(dst *float32, n int, s float32)

//go:noescape
func affine8(y, x *float32, n int, mean, scale, shift float32)

//go:noescape
func affineReLU8(y, x *float32, n int, mean, scale, shift float32)

//go:noescape
func affineGrad8(dx, dy, x *float32, n int, mean, p, q, r float32)

// vectorLen returns how many of n values the assembly takes.
func vectorLen(n int) int {
	if !kernels.assembly() {
		return 0
	}
	return n &^ 7
}

func reluOp(dst, x, _ []float32, _ float32) {
	n := vectorLen(len(dst))
	if n > 0 {
		relu8(&dst[0], &x[0], n)
	}
	reluGeneric(dst[n:], x[n:])
}

func reluGradOp(dx, dy, y []float32, _ float32) {
	n := vectorLen(len(dx))
	if n > 0 {
		reluGrad8(&dx[0], &dy[0], &y[0], n)
	}
	reluGradGeneric(dx[n:], dy[n:], y[n:])
}

func addOp(dst, a, b []float32, _ float32) {
	n := vectorLen(len(dst))
	if n > 0 {
		add8(&dst[0], &a[0], &b[0], n)
	}
	addGeneric(dst[n:], a[n:], b[n:])
}

func mulOp(dst, a, b []float32, _ float32) {
	n := vectorLen(len(dst))
	if n > 0 {
		mul8(&dst[0], &a[0], &b[0], n)
	}
	mulGeneric(dst[n:], a[n:], b[n:])
}

func addScaledOp(dst, a, _ []float32, s float32) {
	n := vectorLen(len(dst))
	if n > 0 {
		addScaled8(&dst[0], &a[0], n, s)
	}
	addScaledGeneric(dst[n:], a[n:], s)
}

func scaleOp(dst, _, _ []float32, s float32) {
	n := vectorLen(len(dst))
	if n > 0 {
		scale8(&dst[0], n, s)
	}
	scaleGeneric(dst[n:], s)
}

func fillOp(dst, _, _ []float32, s float32) {
	n := vectorLen(len(dst))
	if n > 0 {
		fill8(&dst[0], n, s)
	}
	fillGeneric(dst[n:], s)
}

// affine sets y = (x - mean)·scale + shift, and ReLU of it if relu.
func affine(y, x []float32, mean, scale, shift float32, relu bool) {
	n := vectorLen(len(y))
	if n > 0 && relu {
		affineReLU8(&y[0], &x[0], n, mean, scale, shift)
	} else if n > 0 {
		affine8(&y[0], &x[0], n, mean, scale, shift)
	}
	affineGeneric(y[n:], x[n:], mean, scale, shift, relu)
}

// affineGrad sets dx = p·dy + (q·(x - mean) + r).
func affineGrad(dx, dy, x []float32, mean, p, q, r float32) {
	n := vectorLen(len(dx))
	if n > 0 {
		affineGrad8(&dx[0], &dy[0], &x[0], n, mean, p, q, r)
	}
	affineGradGeneric(dx[n:], dy[n:], x[n:], mean, p, q, r)
}

//go:noescape
func exp8(x *float32, n int)

// exp sets x[i] = exp(x[i]) for x[i] ≤ 0. The last values go the way of the others:
// package math has other bits on other machines, and a value would be another at
// another place.
func exp(x []float32) {
	if !kernels.assembly() {
		expGeneric(x)
		return
	}
	n := vectorLen(len(x))
	if n > 0 {
		exp8(&x[0], n)
	}
	if x = x[n:]; len(x) > 0 {
		var eight [8]float32
		copy(eight[:], x)
		exp8(&eight[0], len(eight))
		copy(x, eight[:])
	}
}

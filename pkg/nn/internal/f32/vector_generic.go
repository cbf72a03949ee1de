package f32

func reluGeneric(dst, x []float32) {
	for i, v := range x[:len(dst)] {
		if v < 0 {
			v = 0
		}
		dst[i] = v
	}
}

func reluGradGeneric(dx, dy, y []float32) {
	for i, v := range dy[:len(dx)] {
		if !(y[i] > 0) {
			v = 0
		}
		dx[i] = v
	}
}

func addGeneric(dst, a, b []float32) {
	for i, v := range a[:len(dst)] {
		dst[i] = v + b[i]
	}
}

func mulGeneric(dst, a, b []float32) {
	for i, v := range a[:len(dst)] {
		dst[i] = v * b[i]
	}
}

func addScaledGeneric(dst, a []float32, s float32) {
	for i, v := range a[:len(dst)] {
		dst[i] += float32(s * v)
	}
}

func scaleGeneric(dst []float32, s float32) {
	for i := range dst {
		dst[i] *= s
	}
}

func fillGeneric(dst []float32, s float32) {
	for i := range dst {
		dst[i] = s
	}
}

func affineGeneric(y, x []float32, mean, scale, shift float32, relu bool) {
	for i, v := range x[:len(y)] {
		v = float32((v-mean)*scale) + shift
		if relu && v < 0 {
			v = 0
		}
		y[i] = v
	}
}

func affineGradGeneric(dx, dy, x []float32, mean, p, q, r float32) {
	for i, v := range dy[:len(dx)] {
		dx[i] = float32(p*v) + (float32(q*(x[i]-mean)) + r)
	}
}

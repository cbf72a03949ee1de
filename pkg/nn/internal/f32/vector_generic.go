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
		dst[i] += s * v
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

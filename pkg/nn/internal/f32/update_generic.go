package f32

import "math"

func sgdGeneric(k *coefficients, w, g []float32) {
	lr, decay := k[0], k[1]
	for i := range w {
		w[i] -= float32(lr * (g[i] + float32(decay*w[i])))
	}
}

func momentumGeneric(k *coefficients, w, g, v []float32) {
	lr, mu, undamped, decay := k[0], k[1], k[2], k[3]
	for i := range w {
		v[i] = float32(mu*v[i]) + float32(undamped*(g[i]+float32(decay*w[i])))
		w[i] -= float32(lr * v[i])
	}
}

func nesterovGeneric(k *coefficients, w, g, v []float32) {
	lr, mu, undamped, decay := k[0], k[1], k[2], k[3]
	for i := range w {
		d := g[i] + float32(decay*w[i])
		v[i] = float32(mu*v[i]) + float32(undamped*d)
		w[i] -= float32(lr * (d + float32(mu*v[i])))
	}
}

func adamGeneric(k *coefficients, w, g, m, v []float32) {
	step, rise, beta2, rise2, eps, correct, decay, keep := k[0], k[1], k[2], k[3], k[4], k[5], k[6], k[7]
	for i := range w {
		d := g[i] + float32(decay*w[i])
		m[i] += float32(rise * (d - m[i]))
		v[i] = float32(beta2*v[i]) + float32(rise2*d*d)
		w[i] = float32(keep*w[i]) - step*m[i]/(float32(sqrt(v[i])*correct)+eps)
	}
}

func rmsPropGeneric(k *coefficients, w, g, v, avg, buf []float32) {
	lr, alpha, rise, eps, decay, mu := k[0], k[1], k[2], k[3], k[4], k[5]
	for i := range w {
		d := g[i] + float32(decay*w[i])
		v[i] = float32(alpha*v[i]) + float32(rise*d*d)
		square := v[i]
		if avg != nil {
			avg[i] += float32(rise * (d - avg[i]))
			square -= float32(avg[i] * avg[i])
			if square < 0 {
				square = 0
			}
		}
		s := d / (sqrt(square) + eps)
		if buf != nil {
			buf[i] = float32(mu*buf[i]) + s
			s = buf[i]
		}
		w[i] -= float32(lr * s)
	}
}

func adaGradGeneric(k *coefficients, w, g, sum []float32) {
	lr, eps, decay := k[0], k[1], k[2]
	for i := range w {
		d := g[i] + float32(decay*w[i])
		sum[i] += float32(d * d)
		w[i] -= lr * d / (sqrt(sum[i]) + eps)
	}
}

func emaGeneric(k *coefficients, avg, w []float32) {
	rise := k[0]
	for i := range avg {
		avg[i] += float32(rise * (w[i] - avg[i]))
	}
}

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }

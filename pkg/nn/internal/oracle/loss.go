package oracle

import "math"

// Loss returns the mean loss of a batch and its gradient with respect to y.
type Loss func(y Batch, labels []uint16) (float64, Batch)

// CrossEntropy is −Σ_c t_c·log softmax(y)_c with the target t = 1−smoothing on
// the label plus smoothing/classes everywhere.
func CrossEntropy(smoothing float64) Loss {
	return func(y Batch, labels []uint16) (float64, Batch) {
		dy := NewBatch(y.N, y.Shape)
		var total float64
		for n, label := range labels {
			p, d := softmax(y.example(n)), dy.example(n)
			for c := range p {
				target := smoothing / float64(len(p))
				if c == int(label) {
					target += 1 - smoothing
				}
				total -= target * math.Log(p[c])
				d[c] = (p[c] - target) / float64(y.N)
			}
		}
		return total / float64(y.N), dy
	}
}

// NegativeLog is −log y[label]; y holds probabilities.
func NegativeLog(y Batch, labels []uint16) (float64, Batch) {
	dy := NewBatch(y.N, y.Shape)
	var total float64
	for n, label := range labels {
		p := y.example(n)[label]
		total -= math.Log(p)
		dy.example(n)[label] = -1 / (p * float64(y.N))
	}
	return total / float64(y.N), dy
}

// MSE is the mean of (y − onehot)² over all values.
func MSE(y Batch, labels []uint16) (float64, Batch) {
	dy := NewBatch(y.N, y.Shape)
	var total float64
	for n, label := range labels {
		for c, v := range y.example(n) {
			if c == int(label) {
				v--
			}
			total += v * v
			dy.example(n)[c] = 2 * v / float64(len(y.V))
		}
	}
	return total / float64(len(y.V)), dy
}

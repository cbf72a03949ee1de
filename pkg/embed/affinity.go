package embed

import (
	"math"
	"slices"

	"inkling/pkg/internal/parallel"
)

// sparse is a matrix by rows: row i is the entries from first[i] to first[i+1].
type sparse struct {
	first []int32
	col   []int32
	val   []float64
}

// affinities are the joint probabilities of t-SNE: p(j|i) ∝ exp(−β d²ij) over
// the nearest 3·perplexity rows, β such that 2^entropy is the perplexity; then
// p(ij) = (p(j|i) + p(i|j)) / 2n. They sum to 1.
func affinities(x []float32, n, dim int, perplexity float64) sparse {
	k := min(int(neighborsPerPerp*perplexity), n-1)
	index, dist := neighbors(x, n, dim, k)
	cond := make([]float64, n*k)
	parallel.Chunks(n, 64, func(from, to int) {
		for i := from; i < to; i++ {
			conditional(dist[i*k:(i+1)*k], math.Log(perplexity), cond[i*k:(i+1)*k])
		}
	})
	return symmetric(index, cond, n, k)
}

// conditional fills p with the probabilities of neighbours at squared distances
// d, whose entropy in nats is as given.
func conditional(d []float32, entropy float64, p []float64) {
	beta, lo, hi := 1.0, 0.0, math.Inf(1)
	if mean := meanOf(d) - float64(d[0]); mean > 0 {
		beta = 1 / mean // the scale of the distances
	}
	for range 200 {
		var sum, weighted float64
		for j, v := range d {
			// The nearest as zero keeps the sum at 1 or more.
			e := float64(v - d[0])
			p[j] = math.Exp(-beta * e)
			sum += p[j]
			weighted += e * p[j]
		}
		h := math.Log(sum) + beta*weighted/sum
		for j := range p {
			p[j] /= sum
		}
		switch {
		case math.Abs(h-entropy) < 1e-5:
			return
		case h > entropy:
			lo = beta
			if math.IsInf(hi, 1) {
				beta *= 2
			} else {
				beta = (beta + hi) / 2
			}
		default:
			hi = beta
			beta = (beta + lo) / 2
		}
	}
}

func meanOf(v []float32) float64 {
	s := 0.0
	for _, x := range v {
		s += float64(x)
	}
	return s / float64(len(v))
}

func symmetric(index []int32, cond []float64, n, k int) sparse {
	type entry struct {
		col int32
		val float64
	}
	rows := make([][]entry, n)
	for i := range n {
		for e := i * k; e < (i+1)*k; e++ {
			j, v := index[e], cond[e]/float64(2*n)
			rows[i] = append(rows[i], entry{j, v})
			rows[j] = append(rows[j], entry{int32(i), v})
		}
	}
	p := sparse{first: make([]int32, n+1)}
	for i, r := range rows {
		slices.SortStableFunc(r, func(a, b entry) int { return int(a.col) - int(b.col) })
		for e, v := range r {
			if e > 0 && r[e-1].col == v.col {
				p.val[len(p.val)-1] += v.val // i and j chose each other
				continue
			}
			p.col, p.val = append(p.col, v.col), append(p.val, v.val)
		}
		p.first[i+1] = int32(len(p.col))
	}
	return p
}

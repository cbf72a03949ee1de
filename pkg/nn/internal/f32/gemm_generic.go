package f32

// generic is the plain-Go twin of fast: every value of C is one sum over k in
// ascending order.
func (p product) generic() {
	j := genericProducts.get()
	j.product = p
	Parallel(j.cut(), j)
	*j = genericProduct{}
	genericProducts.put(j)
}

// A genericProduct computes a band of rows of C in each chunk.
type genericProduct struct {
	product
	rows int // rows in a chunk
}

var genericProducts freeList[genericProduct]

// cut makes bands of about 64k multiplications and returns how many there are.
func (j *genericProduct) cut() int {
	j.rows = max(1, 1<<16/max(1, j.n*j.k))
	return (j.m + j.rows - 1) / j.rows
}

func (j *genericProduct) Do(chunk int) {
	for i := chunk * j.rows; i < min(j.m, (chunk+1)*j.rows); i++ {
		row := j.c[i*j.n : (i+1)*j.n]
		if !j.Accumulate {
			clear(row)
		}
		if j.transB {
			j.dotRow(row, i)
		} else {
			j.addRows(row, i)
		}
		j.finish(row)
	}
}

// dotRow adds row i of A times every row of B.
func (j *genericProduct) dotRow(row []float32, i int) {
	a := j.a[i*j.k : (i+1)*j.k]
	for q := range row {
		var sum float32
		for l, v := range j.b[q*j.k : (q+1)*j.k] {
			sum += float32(a[l] * v)
		}
		row[q] += sum
	}
}

// addRows adds the rows of B, each times its value in row i of A (or of Aᵀ).
func (j *genericProduct) addRows(row []float32, i int) {
	start, step := i*j.k, 1
	if j.transA {
		start, step = i, j.m
	}
	for l := range j.k {
		a := j.a[start+l*step]
		for q, v := range j.b[l*j.n : (l+1)*j.n] {
			row[q] += float32(a * v)
		}
	}
}

// finish adds the bias and applies ReLU to one row of C.
func (p *product) finish(row []float32) {
	if p.Bias != nil {
		for q, v := range p.Bias[:len(row)] {
			row[q] += v
		}
	}
	if p.ReLU {
		reluGeneric(row, row)
	}
}

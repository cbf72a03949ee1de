package embed

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// PCA projects rows of dim values on their k principal axes. It returns one row
// of k values per row of x, and the share of the variance along each axis,
// largest first. The sign of an axis is chosen so that its largest entry is
// positive, so a projection is the same on every machine.
func PCA(x []float32, dim, k int) (rows []float32, explained []float64, err error) {
	n, err := rowsOf("PCA", x, dim)
	if err != nil {
		return nil, nil, err
	}
	if k < 1 || k > dim {
		panic(fmt.Sprintf("embed: PCA: %d axes, want 1 to %d", k, dim))
	}
	if n == 0 {
		return nil, make([]float64, k), nil
	}
	c := centred(x, n, dim)
	axes, explained, err := principal(c, n, dim, k)
	if err != nil {
		return nil, nil, err
	}
	return along(c, n, axes), explained, nil
}

// principal are the k principal axes of centred rows, in the columns, and the share of
// the variance along each.
func principal(c []float32, n, dim, k int) (axes blas32.General, explained []float64, err error) {
	values, vectors, ok := eigen(covariance(c, n, dim), dim)
	if !ok {
		return axes, nil, errors.New("embed: PCA: the eigenvalues do not converge")
	}
	total := 0.0
	for _, v := range values {
		total += math.Max(v, 0)
	}
	axes = blas32.General{Rows: dim, Cols: k, Stride: k, Data: make([]float32, dim*k)}
	explained = make([]float64, k)
	for a := range k {
		col := dim - 1 - a
		if total > 0 {
			explained[a] = math.Max(values[col], 0) / total
		}
		largest := 0.0
		for i := range dim {
			if v := vectors[i*dim+col]; math.Abs(v) > math.Abs(largest)+1e-9 {
				largest = v
			}
		}
		for i := range dim {
			axes.Data[i*k+a] = float32(math.Copysign(1, largest) * vectors[i*dim+col])
		}
	}
	return axes, explained, nil
}

// along projects n rows on axes.
func along(c []float32, n int, axes blas32.General) []float32 {
	out := blas32.General{Rows: n, Cols: axes.Cols, Stride: axes.Cols, Data: make([]float32, n*axes.Cols)}
	blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, blas32.General{Rows: n, Cols: axes.Rows, Stride: axes.Rows, Data: c}, axes, 0, out)
	return out.Data
}

// Planes projects several sets of rows on the two principal axes of one of them, x, from
// its middle: the rows of a layer in the course of a training, whose points then move and
// do not jump. Explained are the shares of the variance of x.
func Planes(x []float32, dim int, sets ...[]float32) (points [][][2]float64, explained []float64, err error) {
	n, err := rowsOf("PCA", x, dim)
	if err != nil || n == 0 {
		return make([][][2]float64, len(sets)), nil, err
	}
	axes, explained, err := principal(centred(x, n, dim), n, dim, min(2, dim))
	if err != nil {
		return nil, nil, err
	}
	middle := middleOf(x, n, dim)
	for _, set := range sets {
		n, err := rowsOf("PCA", set, dim)
		if err != nil {
			return nil, nil, err
		}
		points = append(points, plane(along(less(set, n, middle), n, axes), axes.Cols))
	}
	return points, explained, nil
}

// plane makes points of rows of one or two values.
func plane(rows []float32, dim int) (points [][2]float64) {
	for row := range slices.Chunk(rows, dim) {
		var p [2]float64
		for axis, v := range row {
			p[axis] = float64(v)
		}
		points = append(points, p)
	}
	return points
}

// Plane is PCA on two axes: a point for each row, and the share of the variance
// along each axis. Rows of one value have one axis.
func Plane(x []float32, dim int) (points [][2]float64, explained []float64, err error) {
	rows, explained, err := PCA(x, dim, min(2, dim))
	if err != nil {
		return nil, nil, err
	}
	return plane(rows, len(explained)), explained, nil
}

// eigen returns the eigenvalues of the symmetric matrix a in ascending order and
// the eigenvectors in its columns; a is used up. Calling LAPACK without the mat
// package keeps the program of every notebook cell smaller.
func eigen(a []float64, n int) (values, vectors []float64, ok bool) {
	values = make([]float64, n)
	sym := blas64.Symmetric{N: n, Stride: n, Data: a, Uplo: blas.Upper}
	var size [1]float64
	lapack64.Syev(lapack.EVCompute, sym, values, size[:], -1)
	ok = lapack64.Syev(lapack.EVCompute, sym, values, make([]float64, int(size[0])), int(size[0]))
	return values, a, ok
}

// covariance of centred rows. Products are float32, their sums over blocks of
// rows float64: enough for a picture, and ten times faster than float64 alone.
func covariance(c []float32, n, dim int) []float64 {
	const block = 256
	sum := make([]float64, dim*dim)
	part := blas32.General{Rows: dim, Cols: dim, Stride: dim, Data: make([]float32, dim*dim)}
	for from := 0; from < n; from += block {
		to := min(from+block, n)
		rows := blas32.General{Rows: to - from, Cols: dim, Stride: dim, Data: c[from*dim : to*dim]}
		blas32.Gemm(blas.Trans, blas.NoTrans, 1, rows, rows, 0, part)
		for i, v := range part.Data {
			sum[i] += float64(v)
		}
	}
	for i := range sum {
		sum[i] /= float64(n)
	}
	return sum
}

package embed

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestPCA(t *testing.T) {
	// An ellipse with standard deviations 3, 1 and 0.1 along known axes.
	r := rand.New(rand.NewPCG(1, 9))
	axes := [3][3]float64{{2. / 3, 2. / 3, 1. / 3}, {-2. / 3, 1. / 3, 2. / 3}, {1. / 3, -2. / 3, 2. / 3}}
	sd := [3]float64{3, 1, 0.1}
	const n = 4000
	var x []float32
	var along [][3]float64
	for range n {
		var p, a [3]float64
		for k := range 3 {
			a[k] = sd[k] * r.NormFloat64()
			for c := range 3 {
				p[c] += a[k] * axes[k][c]
			}
		}
		along = append(along, a)
		x = append(x, float32(p[0]+100), float32(p[1]-50), float32(p[2])) // off centre
	}
	y, explained, err := PCA(x, 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	total := sd[0]*sd[0] + sd[1]*sd[1] + sd[2]*sd[2]
	for k := range 2 {
		if want := sd[k] * sd[k] / total; math.Abs(explained[k]-want) > 0.02 {
			t.Errorf("axis %d explains %.3f, want %.3f", k, explained[k], want)
		}
		var same float64 // correlation with the true coordinate
		for i := range n {
			same += float64(y[2*i+k]) * along[i][k] / (sd[k] * sd[k]) / n
		}
		if math.Abs(math.Abs(same)-1) > 0.06 {
			t.Errorf("axis %d: projection on the true axis %.3f, want ±1", k, same)
		}
	}
	if _, _, err := PCA([]float32{1, float32(math.NaN())}, 2, 1); err == nil || !strings.Contains(err.Error(), "row 0 holds NaN") {
		t.Errorf("NaN: error %v", err)
	}
	for _, x := range [][]float32{nil, {1, 2}, {5, 5, 5, 5}} {
		if y, e, err := PCA(x, 2, 2); err != nil || len(y) != len(x) || len(e) != 2 || !isFinite(e[0]) {
			t.Errorf("PCA of %v: %v, %v, %v", x, y, e, err)
		}
	}
}

// Sets lie on the axes of one of them, from its middle: what is moved there moves on the
// picture by as much, and nothing hangs on the other sets.
func TestPlanes(t *testing.T) {
	x := []float32{0, 0, 0, 2, 0, 1, 4, 1, 0, 6, -1, 1, 8, 0, 2}
	own, explained, err := Plane(x, 3)
	if err != nil {
		t.Fatal(err)
	}
	moved := slices.Clone(x)
	for i := 0; i < len(moved); i += 3 {
		moved[i], moved[i+2] = moved[i]+30, moved[i+2]-4
	}
	one := []float32{4, 0, 0.8} // the middle of x
	planes, again, err := Planes(x, 3, moved, x, one)
	if err != nil || len(planes) != 3 || len(planes[0]) != 5 || len(planes[2]) != 1 || !slices.Equal(explained, again) {
		t.Fatalf("%v, %v, %v", planes, again, err)
	}
	if !slices.Equal(planes[1], own) {
		t.Errorf("on its own axes x is %v, want %v", planes[1], own)
	}
	by := [2]float64{planes[0][0][0] - own[0][0], planes[0][0][1] - own[0][1]}
	if math.Hypot(by[0], by[1]) < 20 || math.Hypot(by[0], by[1]) > math.Hypot(30, 4)+1e-4 {
		t.Errorf("moved by %v", by)
	}
	for i, p := range planes[0] {
		if math.Hypot(p[0]-own[i][0]-by[0], p[1]-own[i][1]-by[1]) > 1e-4 {
			t.Errorf("point %d moved to %v from %v, the first one by %v", i, p, own[i], by)
		}
	}
	if p := planes[2][0]; math.Hypot(p[0], p[1]) > 1e-5 {
		t.Errorf("the middle lies at %v", p)
	}
	if _, _, err := Planes(x, 3, x, []float32{1, 2, float32(math.NaN())}); err == nil || !strings.Contains(err.Error(), "row 0 holds NaN") {
		t.Errorf("NaN in another set: %v", err)
	}
	if planes, _, err := Planes(nil, 3, nil, nil); err != nil || len(planes) != 2 {
		t.Errorf("of no rows: %v, %v", planes, err)
	}
	if planes, explained, err := Planes([]float32{1, 3}, 1, []float32{1, 3}); err != nil || len(explained) != 1 || planes[0][0] != [2]float64{-1, 0} {
		t.Errorf("of one value a row: %v, %v, %v", planes, explained, err)
	}
}

func TestPlane(t *testing.T) {
	x := []float32{0, 0, 2, 0, 4, 1, 6, -1, 8, 0}
	rows, explained, err := PCA(x, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	points, shares, err := Plane(x, 2)
	if err != nil || len(points) != 5 || points[3] != [2]float64{float64(rows[6]), float64(rows[7])} {
		t.Errorf("%v, error %v, want the rows %v", points, err, rows)
	}
	if !slices.Equal(shares, explained) {
		t.Errorf("shares of the variance %v, want %v", shares, explained)
	}
	if points, _, err := Plane([]float32{1, 2, 3}, 1); err != nil || len(points) != 3 || points[0][1] != 0 || points[0][0] != -1 {
		t.Errorf("of one dimension %v, error %v", points, err)
	}
	if _, _, err := Plane([]float32{1, float32(math.NaN())}, 2); err == nil {
		t.Error("NaN was accepted")
	}
}

func TestNeighbors(t *testing.T) {
	x, _ := clusters(301, 17)
	n, dim, k := 301, 17, 9
	index, dist := neighbors(x, n, dim, k)
	for i := range n {
		type pair struct {
			d float64
			j int
		}
		var all []pair
		for j := range n {
			d := 0.0
			for c := range dim {
				e := float64(x[i*dim+c]) - float64(x[j*dim+c])
				d += e * e
			}
			if j != i {
				all = append(all, pair{d, j})
			}
		}
		slices.SortFunc(all, func(a, b pair) int { return int(math.Copysign(1, a.d-b.d)) })
		for e := range k {
			if int(index[i*k+e]) != all[e].j || math.Abs(float64(dist[i*k+e])-all[e].d) > 1e-4*(1+all[e].d) {
				t.Fatalf("row %d, neighbour %d: %d at %g, want %d at %g", i, e, index[i*k+e], dist[i*k+e], all[e].j, all[e].d)
			}
		}
	}
}

func TestKNNAccuracy(t *testing.T) {
	x := []float32{0, 1, 2, 10, 11, 12, 1.5}
	labels := []uint16{1, 1, 1, 2, 2, 2, 2} // the last stands among strangers
	if a, err := KNNAccuracy(x, 1, labels, 1); err != nil || math.Abs(a-4./7) > 1e-12 {
		t.Errorf("1-NN %.4f, error %v, want 4 of 7", a, err)
	}
	if a, _ := KNNAccuracy(x, 1, labels, 3); math.Abs(a-6./7) > 1e-12 {
		t.Errorf("3-NN %.4f, want 6 of 7", a)
	}
	if a, err := KNNAccuracy([]float32{1}, 1, labels[:1], 3); err != nil || !math.IsNaN(a) {
		t.Errorf("of one row: %g, %v", a, err)
	}
}

func TestAffinities(t *testing.T) {
	x, _ := clusters(200, 8)
	d := []float32{1, 2, 2.5, 4, 9, 9, 20, 40, 41, 50}
	p := make([]float64, len(d))
	conditional(d, math.Log(4), p)
	h := 0.0
	for _, v := range p {
		h -= v * math.Log(v)
	}
	if math.Abs(h-math.Log(4)) > 1e-4 {
		t.Errorf("entropy %g, want ln 4", h)
	}
	s := affinities(x, 200, 8, 10)
	at := func(i, j int32) float64 {
		for e := s.first[i]; e < s.first[i+1]; e++ {
			if s.col[e] == j {
				return s.val[e]
			}
		}
		return 0
	}
	sum := 0.0
	for i := range int32(200) {
		for e := s.first[i]; e < s.first[i+1]; e++ {
			sum += s.val[e]
			if math.Abs(at(s.col[e], i)-s.val[e]) > 1e-15 {
				t.Fatalf("p(%d,%d) = %g, p(%d,%d) = %g", i, s.col[e], s.val[e], s.col[e], i, at(s.col[e], i))
			}
		}
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("affinities sum to %g", sum)
	}
}

// divergence is the cost of t-SNE by its definition, p log(p/q).
func divergence(p sparse, y [][2]float64) float64 {
	w := func(i, j int) float64 {
		return 1 / (1 + (y[i][0]-y[j][0])*(y[i][0]-y[j][0]) + (y[i][1]-y[j][1])*(y[i][1]-y[j][1]))
	}
	z := 0.0
	for i := range y {
		for j := range y {
			if i != j {
				z += w(i, j)
			}
		}
	}
	c := 0.0
	for i := range y {
		for e := p.first[i]; e < p.first[i+1]; e++ {
			c += p.val[e] * math.Log(p.val[e]*z/w(i, int(p.col[e])))
		}
	}
	return c
}

// TestGradient compares with central differences of the cost where the tree is
// opened to the last point, and with that sum where it is not.
func TestGradient(t *testing.T) {
	x, _ := clusters(60, 5)
	p := affinities(x, 60, 5, 8)
	r := rand.New(rand.NewPCG(2, 3))
	y := make([][2]float64, 60)
	for i := range y {
		y[i] = [2]float64{3 * r.NormFloat64(), 3 * r.NormFloat64()}
	}
	exact, rough := make([][2]float64, 60), make([][2]float64, 60)
	newRepulsion(60, 1e-9).gradient(p, y, 1, exact)
	newRepulsion(60, 0.5).gradient(p, y, 1, rough)
	var off, size float64
	for i := range y {
		for c := range 2 {
			const h = 1e-5
			old := y[i][c]
			y[i][c] = old + h
			up := divergence(p, y)
			y[i][c] = old - h
			down := divergence(p, y)
			y[i][c] = old
			if want := (up - down) / (2 * h); math.Abs(exact[i][c]-want) > 1e-7 {
				t.Errorf("∂C/∂y[%d][%d] = %g, by differences %g", i, c, exact[i][c], want)
			}
			off += (rough[i][c] - exact[i][c]) * (rough[i][c] - exact[i][c])
			size += exact[i][c] * exact[i][c]
		}
	}
	if e := math.Sqrt(off / size); e > 0.02 || e == 0 {
		t.Errorf("Barnes-Hut with θ = 0.5 is %.4f off, want a little, at most 0.02", e)
	}
}

// TestTSNE embeds ten clusters: neighbours must be of one cluster, the cost must
// have fallen, and the bits must not depend on the number of cores.
func TestTSNE(t *testing.T) {
	const n, dim = 600, 20
	x, labels := clusters(n, dim)
	embed := func() [][2]float64 {
		calls := 0
		y, err := TSNE{Perplexity: 15, Iterations: 300, Progress: func(done, total int, _ string) { calls++ }}.Embed(x, dim)
		if err != nil || len(y) != n || calls != 300 {
			t.Fatalf("%d points, %d calls of Progress, error %v", len(y), calls, err)
		}
		return y
	}
	y := embed()
	flat := make([]float32, 0, 2*n)
	for _, p := range y {
		flat = append(flat, float32(p[0]), float32(p[1]))
	}
	if a, err := KNNAccuracy(flat, 2, labels, 5); err != nil || a < 0.98 {
		t.Errorf("5-NN accuracy %.3f, error %v", a, err)
	}
	p := affinities(centred(x, n, dim), n, dim, 15)
	if before, after := divergence(p, start(x, n, dim)), divergence(p, y); !(after < 0.5*before) {
		t.Errorf("cost %.3f, at the start %.3f", after, before)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, cores := range []int{1, 4} {
		runtime.GOMAXPROCS(cores)
		if !slices.Equal(embed(), y) {
			t.Errorf("other bits on %d cores", cores)
		}
	}
}

func TestTSNEOfLittle(t *testing.T) {
	same := make([]float32, 3*40)
	for n := range 9 {
		for name, x := range map[string][]float32{"different": {9, 1, 2, 4, 5, 6, 1, 7, 5, 6, 4, 7, 2, 7, 8, 3, 3, 3, 9, 9, 8, 1, 1, 0}, "equal": same} {
			y, err := TSNE{Iterations: 60}.Embed(x[:3*n], 3)
			if err != nil || len(y) != n {
				t.Fatalf("%d %s rows: %d points, error %v", n, name, len(y), err)
			}
			for _, p := range y {
				if !isFinite(p[0]) || !isFinite(p[1]) {
					t.Fatalf("%d %s rows: %v", n, name, y)
				}
			}
		}
	}
	if y, err := (TSNE{Iterations: 50}).Embed(same, 3); err != nil || !isFinite(y[39][0]) {
		t.Errorf("40 equal rows: %v, %v", y, err)
	}
	if y, err := (TSNE{Iterations: 50, Theta: 5, Perplexity: 1e9}).Embed([]float32{1, 2, 3, 4, 5, 6, 7}, 1); err != nil || len(y) != 7 {
		t.Errorf("one dimension: %v, %v", y, err)
	}
	if _, err := (TSNE{}).Embed([]float32{1, 2, 3, float32(math.Inf(1))}, 2); err == nil {
		t.Error("an infinite value was accepted")
	}
	defer func() {
		if got := fmt.Sprint(recover()); got != "embed: t-SNE: 5 values, want rows of 2" {
			t.Errorf("panic %q", got)
		}
	}()
	(TSNE{}).Embed(make([]float32, 5), 2)
}

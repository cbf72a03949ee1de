package embed

import (
	"cmp"
	"math"
	"slices"

	"inkling/pkg/internal/parallel"
)

// repulsion computes the gradient of t-SNE,
//
//	∂C/∂yi = 4 Σj (p(ij) − q(ij)) w(ij) (yi − yj),  w = 1/(1+|yi−yj|²),  q = w/Σw,
//
// the sum over p exactly, the sum over q by Barnes and Hut: a cell of width s at
// distance d counts as one point if s < θd. Buffers are kept between calls.
type repulsion struct {
	theta float64
	order []coded
	nodes []quad
	force [][2]float64 // Σ w² (yi − yj) by point
	z     []float64    // Σ w by point
}

// quad is a cell or a single point, in depth-first order: the next node that is
// not below it is skip.
type quad struct {
	x, y  float64 // centre of mass
	mass  float64
	width float64 // squared and divided by θ²; 0 for a point
	skip  int32
}

// coded is a point with its place on the Morton curve, which visits cells in
// depth-first order.
type coded struct {
	code  uint32
	index int32
}

// levels of the tree: 16 bits of each coordinate. Points closer than that share
// a leaf.
const levels = 16

func newRepulsion(n int, theta float64) *repulsion {
	return &repulsion{theta: theta, order: make([]coded, n), force: make([][2]float64, n), z: make([]float64, n)}
}

func (r *repulsion) gradient(p sparse, y [][2]float64, exaggerate float64, grad [][2]float64) {
	r.build(y)
	parallel.Chunks(len(y), 128, func(from, to int) {
		for _, c := range r.order[from:to] { // neighbours open the same cells
			r.force[c.index], r.z[c.index] = r.push(y[c.index])
		}
	})
	z := 0.0
	for _, v := range r.z {
		z += v
	}
	z = math.Max(z, 1e-300)
	parallel.Chunks(len(y), 128, func(from, to int) {
		for i := from; i < to; i++ {
			var ax, ay float64
			xi, yi := y[i][0], y[i][1]
			for e := p.first[i]; e < p.first[i+1]; e++ {
				q := y[p.col[e]]
				dx, dy := xi-q[0], yi-q[1]
				w := p.val[e] / (1 + dx*dx + dy*dy)
				ax += w * dx
				ay += w * dy
			}
			grad[i] = [2]float64{4 * (exaggerate*ax - r.force[i][0]/z), 4 * (exaggerate*ay - r.force[i][1]/z)}
		}
	})
}

// push sums over the tree for a point at y. The point meets itself with w = 1
// and no force; that is taken off. A cell around y is never far: its centre of
// mass lies within √2 widths, and θ < 1/√2.
func (r *repulsion) push(at [2]float64) (force [2]float64, z float64) {
	nodes := r.nodes
	for i := int32(0); int(i) < len(nodes); {
		c := &nodes[i]
		dx, dy := at[0]-c.x, at[1]-c.y
		d := dx*dx + dy*dy
		if c.width > d {
			i++ // near: open it
			continue
		}
		w := 1 / (1 + d)
		z += c.mass * w
		w *= w * c.mass
		force[0] += w * dx
		force[1] += w * dy
		i = c.skip
	}
	return force, z - 1
}

// build sorts the points along the Morton curve and emits the tree over them.
func (r *repulsion) build(y [][2]float64) {
	x0, y0 := math.Inf(1), math.Inf(1)
	x1, y1 := math.Inf(-1), math.Inf(-1)
	for _, q := range y {
		x0, x1 = math.Min(x0, q[0]), math.Max(x1, q[0])
		y0, y1 = math.Min(y0, q[1]), math.Max(y1, q[1])
	}
	span := math.Max(math.Max(x1-x0, y1-y0), 1e-300) * (1 + 1e-9)
	for i, q := range y {
		u, v := uint32((q[0]-x0)/span*(1<<levels)), uint32((q[1]-y0)/span*(1<<levels))
		r.order[i] = coded{spread(u) | spread(v)<<1, int32(i)}
	}
	slices.SortFunc(r.order, func(a, b coded) int {
		if c := cmp.Compare(a.code, b.code); c != 0 {
			return c
		}
		return cmp.Compare(a.index, b.index)
	})
	r.nodes = r.nodes[:0]
	r.emit(y, r.order, levels, span)
}

// emit appends the cell of the given points, which share all bits above level.
func (r *repulsion) emit(y [][2]float64, pts []coded, level int, width float64) {
	if len(pts) == 1 || level == 0 {
		for _, p := range pts {
			q := y[p.index]
			r.nodes = append(r.nodes, quad{x: q[0], y: q[1], mass: 1, skip: int32(len(r.nodes) + 1)})
		}
		return
	}
	shift := uint(2 * (level - 1))
	if (pts[0].code^pts[len(pts)-1].code)>>shift == 0 {
		r.emit(y, pts, level-1, width/2) // all in one quarter: no node of its own
		return
	}
	at := len(r.nodes)
	r.nodes = append(r.nodes, quad{})
	for from := 0; from < len(pts); {
		quarter := pts[from].code >> shift
		to := from + 1
		for to < len(pts) && pts[to].code>>shift == quarter {
			to++
		}
		r.emit(y, pts[from:to], level-1, width/2)
		from = to
	}
	c := quad{width: width * width / (r.theta * r.theta), skip: int32(len(r.nodes))}
	for i := at + 1; i < len(r.nodes); i = int(r.nodes[i].skip) {
		child := r.nodes[i]
		c.mass += child.mass
		c.x += child.mass * child.x
		c.y += child.mass * child.y
	}
	c.x /= c.mass
	c.y /= c.mass
	r.nodes[at] = c
}

// spread puts a zero between the lower 16 bits of v.
func spread(v uint32) uint32 {
	v &= 0xffff
	v = (v | v<<8) & 0x00ff00ff
	v = (v | v<<4) & 0x0f0f0f0f
	v = (v | v<<2) & 0x33333333
	return (v | v<<1) & 0x55555555
}

package inspect

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"inkling/pkg/nn"
)

// Window is the part of the input that decides a unit at one place: rows Y to
// Y+Size and columns X to X+Size, which may reach beyond the image into its
// padding. Unknown means that a layer on the way does not say what it sees (see
// nn.Receptive): then the window is the whole image, for want of a better one.
type Window struct {
	Y, X, Size int
	Unknown    bool
}

// Excitation is an image, and a place on it, that excites a unit.
type Excitation struct {
	Example int     // in the batch
	Value   float64 // what the unit puts out there
	Window  Window
}

// Exciting finds for every unit of a layer the n examples of x that excite it
// most, the strongest first. An example counts once, with its strongest place,
// so that one odd image does not fill the list; of equals the first one is
// taken.
func (p *Probe) Exciting(x *nn.Tensor, layer, n int) [][]Excitation {
	s := p.Shape(layer)
	hw := s.H * s.W
	all := make([][]Excitation, s.C)
	p.chunks(x, func(from int, part *nn.Tensor) {
		p.Forward(part)
		y := p.Output(layer)
		for i := range part.N {
			row := y.Example(i)
			for c := range all {
				place := argmax(row[c*hw : (c+1)*hw])
				e := Excitation{Example: from + i, Value: float64(row[c*hw+place])}
				if len(all[c]) == n && !(e.Value > all[c][n-1].Value) {
					continue
				}
				e.Window = p.Window(layer, place/s.W, place%s.W)
				all[c] = append(all[c], e)
				slices.SortStableFunc(all[c], func(a, b Excitation) int { return cmp.Compare(b.Value, a.Value) })
				all[c] = all[c][:min(n, len(all[c]))]
			}
		}
	})
	return all
}

// argmax is the place of the largest value; NaN is smaller than all.
func argmax(v []float32) (best int) {
	for i, x := range v {
		if cmp.Less(v[best], x) {
			best = i
		}
	}
	return best
}

// Reach is, for every kernel of a convolution that reads the image, how close
// the response to the best place in all of x comes to the largest one that there
// is (see largestResponse), biases left out: 1 if the images hold the very patch that the
// kernel looks for. NaN for a kernel without positive weights.
func (p *Probe) Reach(x *nn.Tensor, layer int) []float64 {
	w, b := p.source.Param(p.Name(layer)+".W"), p.source.Param(p.Name(layer)+".b")
	if w == nil || len(w.Dims) != 4 || w.Dims[1] != p.source.In.C {
		panic(fmt.Sprintf("inspect: reach: %s is no convolution of the image", p.Name(layer)))
	}
	var shares []float64
	for i, es := range p.Exciting(x, layer, 1) {
		bias := float32(0)
		if b != nil {
			bias = b.Data[i]
		}
		n := w.Len() / w.Dims[0]
		ideal := largestResponse(w.Data[i*n : (i+1)*n])
		if ideal == 0 {
			ideal = math.NaN()
		}
		shares = append(shares, (es[0].Value-float64(bias))/ideal)
	}
	return shares
}

// Window is what a unit of a layer at row y and column x sees. Behind a layer
// that joins all places, such as Linear, it is the whole image.
func (p *Probe) Window(layer, y, x int) Window {
	p.at(layer)
	if layer < 0 {
		layer += len(p.taps)
	}
	in := p.model.In
	f := see(p.source.Layers[:layer+1], field{size: 1, jump: 1})
	if f.view != local {
		return Window{Size: max(in.H, in.W), Unknown: f.view == unknown}
	}
	return Window{Y: f.start + y*f.jump, X: f.start + x*f.jump, Size: f.size}
}

// field is the receptive field of the unit at place 0, and by how many pixels
// that of the next one is further on.
type field struct {
	start, size, jump int
	view              view
}

// view says what kind of field it is.
type view int

const (
	local   view = iota // a window
	global              // all places
	unknown             // a layer does not say
)

// see follows a field through layers.
func see(layers []nn.Layer, f field) field {
	for _, l := range layers {
		f = look(l, f)
	}
	return f
}

// look follows a field through a layer.
func look(l nn.Layer, f field) field {
	if b, ok := l.(nn.Branching); ok {
		branches := b.Branches()
		if len(branches) == 0 {
			return field{view: unknown}
		}
		sum := see(branches[0], f)
		for _, layers := range branches[1:] {
			sum = join(sum, see(layers, f))
		}
		return sum
	}
	r, ok := l.(nn.Receptive)
	if !ok {
		return field{view: unknown}
	}
	if w := r.Receptive(); w == (nn.Field{}) {
		return field{view: global}
	} else if f.view == local {
		return f.through(w.Kernel, w.Stride, w.Padding)
	}
	return f
}

// join is the field of the sum of two branches.
func join(a, b field) field {
	switch {
	case a.view == unknown || b.view == unknown:
		return field{view: unknown}
	case a.view == global || b.view == global || a.jump != b.jump:
		return field{view: global}
	}
	end := max(a.start+a.size, b.start+b.size)
	a.start = min(a.start, b.start)
	a.size = end - a.start
	return a
}

// through is the field behind a sliding window.
func (f field) through(kernel, stride, padding int) field {
	return field{start: f.start - padding*f.jump, size: f.size + (kernel-1)*f.jump, jump: f.jump * stride}
}

// patch cuts a window out of channel c of example i, Size×Size values; what
// lies beyond the image is 0.
func patch(x *nn.Tensor, i, c int, w Window) []float32 {
	s := x.Shape
	if c < 0 || c >= s.C {
		panic(fmt.Sprintf("inspect: patch: channel %d of %d", c, s.C))
	}
	image := x.Example(i)[c*s.H*s.W:]
	out := make([]float32, w.Size*w.Size)
	for dy := range w.Size {
		for dx := range w.Size {
			if y, x := w.Y+dy, w.X+dx; y >= 0 && y < s.H && x >= 0 && x < s.W {
				out[dy*w.Size+dx] = image[y*s.W+x]
			}
		}
	}
	return out
}

// Patches are those of several excitations, all channels of each one after the
// other.
func Patches(x *nn.Tensor, es []Excitation) [][]float32 {
	out := make([][]float32, len(es))
	for k, e := range es {
		for c := range x.Shape.C {
			out[k] = append(out[k], patch(x, e.Example, c, e.Window)...)
		}
	}
	return out
}

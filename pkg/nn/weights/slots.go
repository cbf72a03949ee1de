package weights

import (
	"fmt"
	"slices"
	"strings"

	"inkling/pkg/nn"
)

// Kinds of layers that hold weights, by their operators. A layer of any other kind
// is found by name alone.
const (
	linear    = "Gemm"
	conv      = "Conv"
	batchNorm = "BatchNormalization"
	other     = ""
)

// A slot is an array of a model, to be filled.
type slot struct {
	name, role string // "0.linear.W", "W"
	kind       string
	dims       []int
	data       []float32
	image      nn.Shape // what was flattened on the way here, if that matters
	eps        float64  // of batch normalization
}

// A layer is what is filled together.
type layer struct {
	name, kind string
	slots      []*slot
}

// slot is that of a role, or nil.
func (l *layer) slot(role string) *slot {
	for _, s := range l.slots {
		if s.role == role {
			return s
		}
	}
	return nil
}

// layersOf are the layers of m that hold weights, in their order.
func layersOf(m *nn.Model) ([]*layer, error) {
	g, err := m.Graph()
	if err != nil {
		return nil, err
	}
	var layers []*layer
	flattened := map[string]nn.Shape{} // values that are images in a row
	for _, n := range g.Nodes {
		image := flattened[n.Inputs[0]]
		switch {
		case n.Op == "Flatten" && n.In.C > 1 && n.In.H*n.In.W > 1:
			flattened[n.Output] = n.In
		case n.Op == linear:
		case n.Op == conv && image != (nn.Shape{}):
			return nil, fmt.Errorf("%s: a convolution of an image that was flattened, whose order is not known", n.Name)
		case image != (nn.Shape{}):
			flattened[n.Output] = image
		}
		kind := n.Op
		if kind != conv && kind != batchNorm && (kind != linear || n.Attr("transB") != 1) {
			kind = other
		}
		for _, a := range n.Arrays {
			name, role := cutLast(a.Name, ".")
			s := &slot{name: a.Name, role: role, kind: kind, dims: a.Dims, data: a.Data, image: image}
			s.eps, _ = n.Attr("epsilon").(float64)
			i := slices.IndexFunc(layers, func(l *layer) bool { return l.name == name && l.kind == kind })
			if i < 0 {
				i, layers = len(layers), append(layers, &layer{name: name, kind: kind})
			}
			layers[i].slots = append(layers[i].slots, s)
		}
	}
	return layers, nil
}

// cutLast cuts a name at its last separator.
func cutLast(name, separators string) (before, after string) {
	i := strings.LastIndexAny(name, separators)
	return name[:max(i, 0)], name[i+1:]
}

// letters are the axes of the slot's array as f lays it out, and the size of each.
func (s *slot) letters(f Framework) (letters string, sizes map[byte]int) {
	switch {
	case s.kind == linear && len(s.dims) == 2:
		return f.Linear, map[byte]int{'O': s.dims[0], 'I': s.dims[1]}
	case s.kind == conv && len(s.dims) == 4:
		return f.Conv, map[byte]int{'O': s.dims[0], 'I': s.dims[1], 'H': s.dims[2], 'W': s.dims[3]}
	}
	return "", nil
}

// shape is that of the slot's array as f lays it out.
func (s *slot) shape(f Framework) []int {
	letters, sizes := s.letters(f)
	if letters == "" {
		return s.dims
	}
	var dims []int
	for _, l := range []byte(letters) {
		dims = append(dims, sizes[l])
	}
	return dims
}

// read fills the slot from a, which has the slot's shape as f lays it out.
func (s *slot) read(a *array, f Framework) (err error) {
	from, closer, err := a.open()
	if err != nil {
		return err
	}
	defer func() {
		if e := closer.Close(); err == nil {
			err = e
		}
	}()
	letters, sizes := s.letters(f)
	ours, rows := "IHW", 0
	switch {
	case s.kind == conv && letters != "":
		rows = sizes['O']
	case letters != "":
		ours, rows = "I", sizes['O']
	case len(s.dims) == 1: // one row of them
		letters, ours, rows, sizes = "OI", "I", 1, map[byte]int{'I': s.dims[0]}
	default:
		if a.fortran {
			return fmt.Errorf("in Fortran's order, want C's: numpy.ascontiguousarray")
		}
		return from.Read(s.data)
	}
	if a.fortran {
		b := []byte(letters)
		slices.Reverse(b)
		letters = string(b)
	}
	if s.reorders(f) {
		letters, ours = strings.Replace(letters, "I", f.Flatten, 1), "CHW"
		sizes['C'], sizes['H'], sizes['W'] = s.image.C, s.image.H, s.image.W
	}
	lead, columns, n := lay(letters, ours, sizes)
	return fill(s.data, from, rows, n, lead, columns)
}

// reorders reports whether the slot holds a value for each of an image, which f
// flattens otherwise than we do.
func (s *slot) reorders(f Framework) bool {
	inputs := s.kind == linear && s.role == "W" || s.kind == batchNorm
	return inputs && s.image != (nn.Shape{}) && f.Flatten != "CHW"
}

package data

// Lattice returns n images of 28×28 with crossing lines: on them one sees what
// an Augment does to the plane.
func Lattice(n int) *Set {
	s := greyDigits("lattice", nil, make([]uint16, n))
	s.Prepared = ""
	for range n {
		for i := range side * side {
			ink := uint8(0)
			if i/side%9 == 0 || i%side%9 == 0 {
				ink = 255
			}
			s.Pixels = append(s.Pixels, ink)
		}
	}
	return s
}

// Stress returns s and the same images changed in fixed ways that a reader
// would hardly mind: turned, moved, magnified, leant, distorted, noisy. Each
// set is named after its change; s comes first, as "as it is".
func Stress(s *Set) []*Set {
	same := *s
	same.Name = "as it is"
	sets := []*Set{&same}
	for _, c := range []struct {
		name string
		Affine
	}{
		{"+20°", Affine{Rotate: 20}},
		{"−20°", Affine{Rotate: -20}},
		{"3 px right", Affine{DX: 3}},
		{"3 px down", Affine{DY: 3}},
		{"× 0.75", Affine{Scale: 0.75}},
		{"× 1.25", Affine{Scale: 1.25}},
		{"shear 25°", Affine{Shear: 25}},
	} {
		sets = append(sets, s.Transform(c.name, c.Affine))
	}
	for _, c := range []struct {
		name string
		Augment
	}{
		{"elastic", Augment{Elastic: Elastic{Alpha: 40, Sigma: 5}}},
		{"noise", Augment{Noise: 0.3}},
	} {
		changed := c.Materialize(s, 1, 1)
		changed.Name = c.name
		sets = append(sets, changed)
	}
	return sets
}

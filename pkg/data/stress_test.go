package data

import (
	"slices"
	"testing"
)

func TestStress(t *testing.T) {
	s := Synthetic("digits", 1, 0, 30)
	sets := Stress(s)
	if len(sets) != 10 || sets[0].Fingerprint() != s.Fingerprint() || s.Name != "digits" {
		t.Fatalf("%d sets, the first %v, of %v", len(sets), sets[0], s)
	}
	seen := map[string]string{}
	for _, c := range sets {
		if c.Len() != s.Len() || !slices.Equal(c.Labels, s.Labels) {
			t.Errorf("%v: not the labels of %v", c, s)
		}
		if twin, ok := seen[c.Fingerprint()]; ok {
			t.Errorf("%s and %s are the same images", twin, c.Name)
		}
		seen[c.Fingerprint()] = c.Name
	}
	again := Stress(s)
	for i, c := range sets {
		if again[i].Fingerprint() != c.Fingerprint() {
			t.Errorf("%s differs from call to call", c.Name)
		}
	}
}

func TestLattice(t *testing.T) {
	s := Lattice(2)
	st := s.Stats()
	// Lines at 0, 9, 18 and 27 of 28: 4 rows of 28, and 4 pixels of the other 24.
	if s.Len() != 2 || st.Histogram[255] != 2*(4*28+24*4) || st.Histogram[0]+st.Histogram[255] != len(s.Pixels) {
		t.Errorf("%v with %d pixels of full ink", s, st.Histogram[255])
	}
}

func TestOfClass(t *testing.T) {
	s := numbered(30) // labels 7i mod 10: 4 at 2, 12 and 22
	for n, want := range map[int][]int{0: nil, 2: {2, 12}, 9: {2, 12, 22}} {
		c := s.OfClass(4, n)
		var got []int
		for i := range c.Len() {
			got = append(got, int(c.pixels(i)[0])<<8+int(c.pixels(i)[1]))
			if c.Labels[i] != 4 {
				t.Errorf("image %d has label %d", i, c.Labels[i])
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("the first %d of class 4 are %v, want %v", n, got, want)
		}
	}
}

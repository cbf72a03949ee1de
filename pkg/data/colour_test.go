package data

import (
	"bytes"
	"slices"
	"testing"
)

// planes are the planes of a set in colour as grey sets.
func planes(s *Set) (list []*Set) {
	for c := range s.C {
		grey := *s
		grey.C, grey.Pixels = 1, nil
		for i := range s.Len() {
			grey.Pixels = append(grey.Pixels, s.plane(i, c)...)
		}
		list = append(list, &grey)
	}
	return list
}

// Every plane of a colour image is changed as if it were a grey image of that
// number: no change takes one place for another, or another amount.
func TestPlanesAreChangedAlike(t *testing.T) {
	s := colours(40)
	for name, a := range map[string]Augment{
		"all but noise": {Shift: 1, Rotate: 20, Scale: 0.2, Shear: 10, Elastic: Elastic{Alpha: 8, Sigma: 3}, Thick: 0.5, Erase: 2, Keep: 0.1},
		"of one's own":  {Shift: 1, More: []Change{salt(0.3)}},
	} {
		got := planes(a.Materialize(s, 7, 2))
		for c, grey := range planes(s) {
			if want := a.Materialize(grey, 7, 2); !bytes.Equal(got[c].Pixels, want.Pixels) {
				t.Errorf("%s: plane %d is not changed as a grey image is", name, c)
			}
		}
	}
	moved := planes(s.Transform("moved", Affine{DX: 1, Rotate: 15, Scale: 1.2}))
	for c, grey := range planes(s) {
		if want := grey.Transform("moved", Affine{DX: 1, Rotate: 15, Scale: 1.2}); !bytes.Equal(moved[c].Pixels, want.Pixels) {
			t.Errorf("Transform: plane %d is not moved as a grey image is", c)
		}
	}
	for i, noisy := range planes((Augment{Noise: 0.2}).Materialize(s, 1, 1)) {
		if bytes.Equal(noisy.Pixels, planes(s)[i].Pixels) {
			t.Errorf("no noise on plane %d", i)
		}
	}
}

// A Loader gives the bytes of all planes, in the order of the set, by 255.
func TestLoaderInColour(t *testing.T) {
	s := colours(23)
	for _, a := range []Augment{{}, {Shift: 1e-9}} { // two ways through the loader
		l := Loader{Set: s, Batch: 5, Seed: 3, Shuffle: true, Augment: a}
		seen := 0
		for b := range l.Epoch(1) {
			if len(b.X) != b.Len()*30 {
				t.Fatalf("%d values for %d images", len(b.X), b.Len())
			}
			for k, i := range b.Index {
				if b.Labels[k] != s.Labels[i] {
					t.Errorf("label %d of image %d", b.Labels[k], i)
				}
				for j, v := range b.X[30*k : 30*(k+1)] {
					if d := v - toFloat[s.pixels(i)[j]]; d > 1e-6 || d < -1e-6 {
						t.Fatalf("value %d of image %d is %v, want %v", j, i, v, toFloat[s.pixels(i)[j]])
					}
				}
				seen++
			}
		}
		if seen != 23 {
			t.Errorf("%d images of 23", seen)
		}
	}
	l := &Loader{Set: colours(300), Batch: 10, Shuffle: true}
	for range l.Epoch(0) {
	}
	if n := testing.AllocsPerRun(5, func() {
		for range l.Epoch(1) {
		}
	}); n > 5 {
		t.Errorf("a warm epoch of 30 batches allocates %v times", n)
	}
}

func TestBaselinesOfColours(t *testing.T) {
	d := &Dataset{Train: colours(30), Test: colours(30)}
	if got := d.Majority(); got != 1./3 {
		t.Errorf("majority %v", got)
	}
	if got := d.NearestMean(); !(got > 0.3) {
		t.Errorf("nearest mean %v", got)
	}
	if got, want := (&Dataset{Name: "pets", Source: "here", Train: colours(9), Test: colours(3)}).String(),
		"pets: 9 training and 3 test images of 3×2×5 in 3 classes, cat, dog, café au lait (here)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	both := Concat("both", d.Train, d.Test)
	if both.Len() != 60 || both.Check() != nil || !slices.Equal(both.Classes, d.Train.Classes) {
		t.Errorf("%v", both)
	}
	for _, s := range Stress(d.Test) {
		if err := s.Check(); err != nil || s.Like(d.Test) != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
}

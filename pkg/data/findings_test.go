package data

import (
	"strings"
	"testing"
)

// clean are data with nothing to say of them.
func clean() *Dataset {
	return &Dataset{Name: "clean", Train: Synthetic("train", 1, 0, 600), Test: Synthetic("test", 1, 600, 200)}
}

// Each thing that can be the matter with data is found where it was put, and nothing
// else is.
func TestFindings(t *testing.T) {
	if f := clean().Findings(); len(f) != 0 {
		t.Errorf("clean data: %+v", f)
	}
	fill := func(s *Set, i int, v uint8) {
		for j := range s.pixels(i) {
			s.pixels(i)[j] = v
		}
	}
	without := func(s *Set, class int, keep int) *Set {
		var index []int
		for i, y := range s.Labels {
			if int(y) != class || keep > 0 {
				index = append(index, i)
				if int(y) == class {
					keep--
				}
			}
		}
		return s.Select(s.Name, index)
	}
	for what, c := range map[string]struct {
		spoil   func(d *Dataset)
		kinds   string // of the findings, in order
		warning bool
		n       int
		text    string // the first one's
		example string
	}{
		"both parts": {func(d *Dataset) {
			copy(d.Test.pixels(7), d.Train.pixels(3))
			d.Test.Labels[7] = d.Train.Labels[3]
		}, "both parts", true, 1, "1 image of test is in train too", "train 3, test 7"},
		"both parts, other label": {func(d *Dataset) {
			copy(d.Test.pixels(7), d.Train.pixels(3))
			d.Test.Labels[7] = (d.Train.Labels[3] + 1) % 10
		}, "both parts, two labels", true, 1, "1 image of test is in train too", "train 3, test 7"},
		"two labels": {func(d *Dataset) {
			copy(d.Train.pixels(11), d.Train.pixels(4))
			d.Train.Labels[11] = (d.Train.Labels[4] + 1) % 10
		}, "two labels", true, 1, "under another label", "train 4, train 11"},
		"faint": {func(d *Dataset) {
			for i, v := range d.Test.Pixels {
				d.Test.Pixels[i] = v / 16
			}
		}, "faint", true, 200, "no value of test is above 15, where 255 is full", ""},
		"repeated": {func(d *Dataset) {
			for _, i := range []int{11, 12} {
				copy(d.Train.pixels(i), d.Train.pixels(4))
				d.Train.Labels[i] = d.Train.Labels[4]
			}
		}, "repeated", false, 2, "2 images seen before", "train 4, train 11, train 4, train 12"},
		"constant": {func(d *Dataset) { fill(d.Test, 5, 0) }, "constant", true, 1, "1 image of test has one value", "test 5"},
		"dark on light": {func(d *Dataset) {
			for _, s := range []*Set{d.Train, d.Test} {
				for i := range s.Pixels {
					s.Pixels[i] = 255 - s.Pixels[i]
				}
			}
		}, "light ground", false, 800, "PATH,invert", "train 0, train 1, train 2, train 3, train 4, train 5"},
		"one part inverted": {func(d *Dataset) {
			for i := range d.Test.Pixels {
				d.Test.Pixels[i] = 255 - d.Test.Pixels[i]
			}
		}, "grounds", true, 200, "those of the other light on dark", "test 0, test 1, test 2, train 0, train 1, train 2"},
		"some inverted": {func(d *Dataset) {
			for i := range 300 * 784 {
				d.Train.Pixels[i] = 255 - d.Train.Pixels[i]
			}
		}, "grounds", false, 300, "38 % of the images", "train 0, train 1, train 2, train 300, train 301, train 302"},
		"untrained":  {func(d *Dataset) { d.Train = without(d.Train, 3, 0) }, "untrained", true, 1, "in test only, so that nobody can learn it: 3", ""},
		"scarce":     {func(d *Dataset) { d.Train = without(d.Train, 3, 19) }, "scarce, proportions, unbalanced", true, 1, "fewer than 20 images to train on: 3", ""},
		"untested":   {func(d *Dataset) { d.Test = without(d.Test, 3, 0) }, "untested", true, 1, "no image in test: 3", ""},
		"unbalanced": {func(d *Dataset) { d.Train, d.Test = without(d.Train, 3, 2), without(d.Test, 3, 1) }, "scarce, unbalanced", true, 1, "fewer than 20", ""},
		"a name without images": {func(d *Dataset) {
			d.Train.Classes = append(Numbered(10), "ten")
			d.Test.Classes = d.Train.Classes
		}, "no images", false, 1, "a name and no image: ten", ""},
	} {
		d := clean()
		c.spoil(d)
		var kinds []string
		found := d.Findings()
		for i, f := range found {
			kinds = append(kinds, f.Kind)
			if strings.Contains(f.Text, "\n") || f.Text == "" || i > 0 && f.Warning && !found[i-1].Warning {
				t.Errorf("%s: %+v", what, f)
			}
		}
		if got := strings.Join(kinds, ", "); got != c.kinds {
			t.Errorf("%s: found %s, want %s", what, got, c.kinds)
			continue
		}
		var at []string
		for _, p := range found[0].Examples {
			at = append(at, p.String())
		}
		if f := found[0]; f.Warning != c.warning || f.N != c.n || !strings.Contains(f.Text, c.text) || strings.Join(at, ", ") != c.example {
			t.Errorf("%s: %+v, want %d, %q, %s", what, f, c.n, c.text, c.example)
		}
	}
}

// Images that were prepared as MNIST's are known by what they show; others are not taken for them.
func TestPreparation(t *testing.T) {
	s := Synthetic("digits", 2, 0, 500)
	moved := s.Transform("moved", Affine{DX: 2})
	large := s.Transform("large", Affine{Scale: 1.2})
	empty := s.First(0)
	blank := s.Select("blank", []int{1, 2})
	clear(blank.Pixels)
	for what, c := range map[string]struct {
		s    *Set
		want string
	}{"as drawn": {s, asMNIST}, "moved": {moved, ""}, "large": {large, ""}, "none": {empty, ""}, "blank": {blank, ""}, "in colour": {colours(5), ""}} {
		if got := c.s.preparation(); got != c.want {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
}

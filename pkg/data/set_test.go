package data

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"testing"
)

func TestSet(t *testing.T) {
	s := &Set{Name: "tiny", H: 1, W: 2,
		Pixels: []uint8{0, 255, 51, 0, 102, 0},
		Labels: []uint8{3, 7, 7},
	}
	if got, want := s.String(), "tiny: 3 images of 1×2"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	if got, want := s.Counts(), []int{3: 1, 7: 2, 9: 0}; !slices.Equal(got, want) {
		t.Errorf("Counts() = %v, want %v", got, want)
	}
	if got, want := s.Mean(7), []float64{0.3, 0}; !slices.Equal(got, want) {
		t.Errorf("Mean(7) = %v, want %v", got, want)
	}
	if got := s.Mean(0); !math.IsNaN(got[0]) {
		t.Errorf("Mean(0) = %v of no images, want NaN", got)
	}
	im := s.Image(1)
	if b := im.Bounds(); b.Dx() != 2 || b.Dy() != 1 || im.GrayAt(0, 0) != (color.Gray{Y: 51}) {
		t.Errorf("Image(1) is %v with %v", b, im.Pix)
	}
	if im.Pix[0] = 52; s.Pixels[2] != 52 {
		t.Error("Image does not share memory")
	}
	s.Pixels[2] = 51

	st := s.Stats()
	// By hand: 0, 1, .2, 0, .4, 0: mean 1.6/6, mean square 1.2/6.
	mean := 1.6 / 6
	for name, v := range map[string][2]float64{
		"mean": {st.Mean, mean},
		"std":  {st.Std, math.Sqrt(0.2 - mean*mean)},
		"ink":  {st.Ink, 0.5},
		"full": {st.Full, 1.0 / 6},
	} {
		if math.Abs(v[0]-v[1]) > 1e-12 {
			t.Errorf("%s %v, want %v", name, v[0], v[1])
		}
	}
	if st.Histogram[0] != 3 || st.Histogram[51] != 1 {
		t.Errorf("histogram %v", st.Histogram)
	}

	c := s.Select("chosen", []int{2, 0, 2})
	if !slices.Equal(c.Pixels, []uint8{102, 0, 0, 255, 102, 0}) || !slices.Equal(c.Labels, []uint8{7, 3, 7}) || c.Name != "chosen" {
		t.Errorf("Select gives %+v", c)
	}
	if c.Pixels[0] = 1; s.Pixels[4] != 102 {
		t.Error("Select shares memory")
	}
}

func TestFirst(t *testing.T) {
	s := numbered(5)
	for n, want := range map[int]int{0: 0, 3: 3, 5: 5, 9: 5} {
		f := s.First(n)
		if f.Len() != want || len(f.Pixels) != 6*want || f.String() != fmt.Sprintf("numbered: %d images of 3×2", want) {
			t.Errorf("the first %d of 5: %v", n, f)
		}
	}
	f := s.First(2)
	if f.Pixels[6] = 77; s.Pixels[6] != 77 {
		t.Error("First copies")
	}
	if f.Labels = append(f.Labels, 9); s.Labels[2] == 9 {
		t.Error("appending to the first images changes the next one")
	}
}

func TestFingerprint(t *testing.T) {
	s := numbered(6)
	want := s.Fingerprint()
	s.Name = "another"
	if s.Fingerprint() != want {
		t.Error("the name counts")
	}
	for name, change := range map[string]func(){
		"a pixel":    func() { s.Pixels[3]++ },
		"a label":    func() { s.Labels[3]++ },
		"the shape":  func() { s.H, s.W = s.W, s.H },
		"the length": func() { s.Labels = s.Labels[:5]; s.Pixels = s.Pixels[:30] },
	} {
		*s = *numbered(6)
		if change(); s.Fingerprint() == want {
			t.Errorf("%s does not count", name)
		}
	}
}

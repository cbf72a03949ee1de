package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestSet(t *testing.T) {
	s := &Set{Name: "tiny", C: 1, Classes: digits, H: 1, W: 2,
		Pixels: []uint8{0, 255, 51, 0, 102, 0},
		Labels: []uint16{3, 7, 7},
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
	im := s.Image(1).(*image.Gray)
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
	if !slices.Equal(c.Pixels, []uint8{102, 0, 0, 255, 102, 0}) || !slices.Equal(c.Labels, []uint16{7, 3, 7}) || c.Name != "chosen" {
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

// colours are n images of 3×2×5 in three classes: byte j of image i is 30i+j.
func colours(n int) *Set {
	s := &Set{Name: "colours", C: 3, H: 2, W: 5, Classes: []string{"cat", "dog", "café au lait"}, Pixels: make([]uint8, 30*n), Labels: make([]uint16, n)}
	for i := range s.Pixels {
		s.Pixels[i] = uint8(i)
	}
	for i := range s.Labels {
		s.Labels[i] = uint16(i % 3)
	}
	return s
}

func TestColour(t *testing.T) {
	s := colours(7)
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	if got, want := s.String(), "colours: 7 images of 3×2×5"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	m := s.Image(1)
	if m.Bounds() != image.Rect(0, 0, 5, 2) || m.At(3, 1) != (color.NRGBA{R: 38, G: 48, B: 58, A: 255}) {
		t.Errorf("pixel 3, 1 of image 1 is %v of %v", m.At(3, 1), m.Bounds())
	}
	if got := s.Mean(2); len(got) != 30 || got[7] != float64(2*30+7+(5*30+7))/2/255 {
		t.Errorf("mean of class 2: %v", got)
	}
	if got := s.Counts(); !slices.Equal(got, []int{3, 2, 2}) {
		t.Errorf("counts %v", got)
	}
	for _, part := range []*Set{s.Select("part", []int{6, 1, 6}), s.First(2), s.OfClass(2, 9), s.Draw(3, 1)} {
		if err := part.Check(); err != nil || part.Like(s) != nil || part.C != 3 {
			t.Errorf("%v: %v, %v", part, err, part.Like(s))
		}
	}
	train, dev, _ := Partition(s, 1, 2)
	if train.Len() != 5 || dev.Len() != 2 || train.Check() != nil || dev.Check() != nil {
		t.Errorf("%v and %v", train, dev)
	}
}

// The fingerprint of grey digits is the one they had when sets held nothing else,
// written out here once more: stored runs go by it.
func TestFingerprintOfDigitsStays(t *testing.T) {
	s := Synthetic("digits", 1, 0, 30)
	h := sha256.New()
	for _, d := range []uint64{30, 28, 28} {
		binary.Write(h, binary.BigEndian, d)
	}
	h.Write(s.Pixels)
	for _, y := range s.Labels {
		h.Write([]byte{byte(y)})
	}
	if got, want := s.Fingerprint(), hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestFingerprintOfOthers(t *testing.T) {
	seen := map[string]string{}
	for name, change := range map[string]func(s *Set){
		"as it is":           func(s *Set) {},
		"grey":               func(s *Set) { s.C, s.H = 1, 6 },
		"another name":       func(s *Set) { s.Classes = []string{"cat", "dog", "tea"} },
		"another order":      func(s *Set) { s.Classes = []string{"dog", "cat", "café au lait"} },
		"names cut":          func(s *Set) { s.Classes = []string{"catd", "og", "café au lait"} },
		"one class more":     func(s *Set) { s.Classes = append(slices.Clone(s.Classes), "tea") },
		"digits":             func(s *Set) { s.C, s.H, s.Classes = 1, 6, Numbered(10) },
		"digits in colour":   func(s *Set) { s.Classes = Numbered(10) },
		"eleven numbers":     func(s *Set) { s.Classes = Numbered(11) },
		"a label beyond 255": func(s *Set) { s.Classes = Numbered(300); s.Labels[0] = 256 }, // as a byte, it would be the label 0
		"300 numbers":        func(s *Set) { s.Classes = Numbered(300) },
	} {
		s := colours(5)
		change(s)
		if err := s.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if other := seen[s.Fingerprint()]; other != "" {
			t.Errorf("%s and %s have one fingerprint", name, other)
		}
		seen[s.Fingerprint()] = name
	}
}

func TestSetCheck(t *testing.T) {
	for want, change := range map[string]func(s *Set){
		"C 0, allowed 1 for grey images and 3":                   func(s *Set) { s.C = 0 },
		"C 4, allowed 1":                                         func(s *Set) { s.C = 4 },
		"90 bytes of pixels, want 3 images of 3×2×6":             func(s *Set) { s.W = 6 },
		"label 3 at index 2, allowed 0 to 2":                     func(s *Set) { s.Labels[2] = 3 },
		"1 classes, allowed 2 to 1000":                           func(s *Set) { s.Classes = Numbered(1) },
		"1001 classes, allowed 2 to 1000":                        func(s *Set) { s.Classes = Numbered(1001) },
		`classes 0 and 2 are both called "cat"`:                  func(s *Set) { s.Classes = []string{"cat", "dog", "cat"} },
		`class 1 is called "", want printable`:                   func(s *Set) { s.Classes = []string{"cat", "", "tea"} },
		`class 1 is called "d\ng", want printable`:               func(s *Set) { s.Classes = []string{"cat", "d\ng", "tea"} },
		`class 2 is called " tea", want printable letters and n`: func(s *Set) { s.Classes = []string{"cat", "dog", " tea"} },
	} {
		s := colours(3)
		s.Classes = slices.Clone(s.Classes)
		change(s)
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), "data: colours: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestLike(t *testing.T) {
	letters := &Set{Name: "letters", C: 1, H: 28, W: 28, Classes: strings.Split("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "")}
	digits, few := Synthetic("digits", 1, 0, 10), colours(2)
	for want, sets := range map[string][2]*Set{
		"images of 3×2×5, digits has those of 28×28":                              {few, digits},
		"26 classes, A, B, C … Z; digits has 10 classes, 0 to 9":                  {letters, digits},
		"10 classes, 0 to 9; letters has 26 classes, A, B, C … Z":                 {digits, letters},
		"3 classes, cat, dog, café au lait; pets has 3 classes, cat, dog, rabbit": {few, {Name: "pets", C: 3, H: 2, W: 5, Classes: []string{"cat", "dog", "rabbit"}}},
	} {
		if err := sets[0].Like(sets[1]); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := digits.Like(Synthetic("others", 2, 0, 20)); err != nil {
		t.Error(err)
	}
}

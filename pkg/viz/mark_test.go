package viz

import (
	"image"
	"strings"
	"testing"
)

// The line of Mark stands under the picture, which is drawn as without it.
func TestMark(t *testing.T) {
	f := Curves{Title: "as it is", Series: []Series{{Y: []float64{1, 2, 4}}}}
	before := raster(withMark(f.layout()))
	said := ""
	Mark(func() string { return said })
	defer Mark(nil)
	if b, a := before.Bounds(), raster(withMark(f.layout())).Bounds(); a != b {
		t.Fatalf("without a line %v becomes %v", b, a)
	}
	said = "with lr=0.05"
	after := raster(withMark(f.layout()))
	b, a := before.Bounds(), after.Bounds()
	if a.Dx() != b.Dx() || a.Dy() <= b.Dy() {
		t.Fatalf("%v becomes %v", b, a)
	}
	same, ink := true, false
	for y := range a.Dy() {
		for x := range a.Dx() {
			if y < b.Dy() {
				same = same && before.At(x, y) == after.At(x, y)
			} else if r, _, _, _ := after.At(x, y).RGBA(); r < 0xa000 {
				ink = true
			}
		}
	}
	if o, err := inline(f); err != nil || !strings.HasSuffix(o.alt, "Below it: with lr=0.05.") {
		t.Errorf("the alternative text %q, %v", o.alt, err)
	}
	if o, err := inline(ofAPage{f}); err != nil || !strings.HasPrefix(o.html, "<i>a page</i>") || !strings.Contains(o.html, "with lr=0.05") {
		t.Errorf("what a page has instead of the picture: %q, %v", o.html, err)
	}
	if !same || !ink {
		t.Errorf("the picture is the same: %v, the line is there: %v, %v", same, ink, image.Pt(a.Dx(), a.Dy()))
	}
}

// ofAPage is a figure that a page shows as HTML.
type ofAPage struct{ Curves }

func (ofAPage) page() string { return "<i>a page</i>" }

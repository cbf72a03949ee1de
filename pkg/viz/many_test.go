package viz

import (
	"strings"
	"testing"
)

// What is right has no colour of an error, however small the cells.
func TestConfusionOfManyClasses(t *testing.T) {
	for _, n := range []int{10, 100, 900} {
		f := Confusion{Counts: make([][]int, n)}
		for i := range n {
			f.Counts[i] = make([]int, n)
			f.Counts[i][i] = 50
		}
		f.Counts[3][n-1] = 7
		h := f.layout().(*heatLayout)
		m, colors := h.raster(), h.bar.ramp.table()
		worst := colors.at(1)
		kx, ky := int(h.cell*pixelRatio+0.5), int(h.cellH*pixelRatio+0.5)
		red := 0
		for i := range h.nrow {
			for j := range h.ncol {
				if m.At(j*kx, i*ky) == worst {
					red++
				}
			}
		}
		if red != 1 {
			t.Errorf("%d classes: %d cells as dark as the only error", n, red)
		}
	}
}

// Names among the points hide few of them: long ones are cut, and of many classes
// there are none.
func TestNamesOfManyClasses(t *testing.T) {
	if s := (lettering{size: 14, bold: true}).fit(strings.Repeat("class of plants ", 4), nameRoom); len(s) > 20 {
		t.Errorf("written as %q", s)
	}
	for n, want := range map[int]bool{mostNames: true, mostNames + 1: false} {
		var e Embedding
		for i := range n {
			e.Points, e.Labels = append(e.Points, [2]float64{float64(i), 0}), append(e.Labels, uint16(i))
		}
		e.Names = make([]string, n)
		for i := range n {
			e.Names[i] = "name " + string(rune('a'+i%26)) + string(rune('a'+i/26))
		}
		c := e.layout().(*chart)
		if got := len(c.labels) > 0; got != want {
			t.Errorf("%d classes: names among the points: %v", n, got)
		}
	}
}

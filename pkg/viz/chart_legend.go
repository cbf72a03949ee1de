package viz

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// key is one entry of a legend: a sample and a name.
type key struct {
	name  string
	color color.NRGBA
	shape keyShape
	dash  []vg.Length
	glyph draw.GlyphDrawer
	thin  bool // a line in half the width
}

type keyShape int

const (
	keyLine keyShape = iota
	keyBox
	keyDot
	keyCross
)

const (
	legendLine vg.Length = 19
	keyGap     vg.Length = 6
	legendSkip vg.Length = 16 // between entries
	legendMax            = 4  // rows; what does not fit is counted
)

var legendText = lettering{size: 12, color: ink}

func (k key) sample() vg.Length {
	return [...]vg.Length{keyLine: 22, keyBox: 14, keyDot: 9, keyCross: 9}[k.shape]
}

func (k key) width() vg.Length { return k.sample() + keyGap + legendText.width(k.name) }

// alike reports whether two keys stand for the same look.
func (k key) alike(o key) bool {
	return k.color == o.color && k.shape == o.shape && slices.Equal(k.dash, o.dash)
}

// legendRows breaks a legend into rows of at most room.
func legendRows(legend []key, room vg.Length) [][]key {
	var rows [][]key
	var used vg.Length
	for i, k := range legend {
		k.name = legendText.fit(k.name, room-k.sample()-keyGap)
		w := k.width()
		if len(rows) == 0 || used+legendSkip+w > room {
			if len(rows) == legendMax {
				last := rows[legendMax-1]
				more := key{name: fmt.Sprintf("and %d more", len(legend)-i+1), color: soft, shape: keyDot}
				rows[legendMax-1] = append(last[:len(last)-1], more)
				return rows
			}
			rows = append(rows, nil)
			used = -legendSkip
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], k)
		used += legendSkip + w
	}
	return rows
}

// drawLegend draws rows downwards from top.
func drawLegend(c draw.Canvas, left, top vg.Length, rows [][]key) {
	for _, row := range rows {
		x, mid := left, top-legendLine/2
		for _, k := range row {
			k.drawSample(c, x, mid)
			legendText.draw(c, x+k.sample()+keyGap, mid-legendText.cap()/2, 0, k.name)
			x += k.width() + legendSkip
		}
		top -= legendLine
	}
}

func (k key) drawSample(c draw.Canvas, x, mid vg.Length) {
	centre := vg.Point{X: x + k.sample()/2, Y: mid}
	switch k.shape {
	case keyBox:
		fillRect(c, rect(x, mid-5, x+k.sample(), mid+5), k.color)
	case keyDot:
		c.DrawGlyphNoClip(draw.GlyphStyle{Color: k.color, Radius: 4.5, Shape: draw.CircleGlyph{}}, centre)
	case keyCross:
		cross(c, centre, 3.5, draw.LineStyle{Color: k.color, Width: 1.5})
	default:
		width := vg.Length(2.2)
		if k.thin {
			width /= 2
		}
		c.StrokeLine2(draw.LineStyle{Color: k.color, Width: width, Dashes: k.dash}, x, mid, x+k.sample(), mid)
		if k.glyph != nil {
			c.DrawGlyphNoClip(draw.GlyphStyle{Color: k.color, Radius: 3.5, Shape: k.glyph}, centre)
		}
	}
}

// joinLegends returns one legend for charts side by side, if a look means the
// same in all of them; ok is false if they contradict each other or if fewer
// than two have one.
func joinLegends(charts []*chart) (joint []key, ok bool) {
	n := 0
	for _, c := range charts {
		if len(c.legend) > 0 {
			n++
		}
		for _, k := range c.legend {
			known := false
			for _, j := range joint {
				if (k.name == j.name) != k.alike(j) {
					return nil, false
				}
				known = known || k.name == j.name
			}
			if !known {
				joint = append(joint, k)
			}
		}
	}
	// Dots name groups, lines name what a dash means: groups first.
	slices.SortStableFunc(joint, func(a, b key) int { return cmp.Compare(lineKeys(a), lineKeys(b)) })
	return joint, n >= 2
}

func lineKeys(k key) int {
	if k.shape == keyLine {
		return 1
	}
	return 0
}

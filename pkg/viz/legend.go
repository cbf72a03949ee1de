package viz

import (
	"fmt"
	"image/color"

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
}

type keyShape int

const (
	keyLine keyShape = iota
	keyBox
	keyDot
)

const (
	legendLine vg.Length = 19
	keyWidth   vg.Length = 22
	keyGap     vg.Length = 6
	legendSkip vg.Length = 16 // between entries
	legendMax            = 4  // rows; what does not fit is counted
)

func (k key) width() vg.Length { return keyWidth + keyGap + labelText.width(k.name) }

// legendRows breaks the legend into rows that fit the chart.
func (c *chart) legendRows() [][]key {
	var rows [][]key
	room := c.w - 2*pad
	var used vg.Length
	for i, k := range c.legend {
		k.name = labelText.fit(k.name, room-keyWidth-keyGap)
		w := k.width()
		if len(rows) == 0 || used+legendSkip+w > room {
			if len(rows) == legendMax {
				last := rows[legendMax-1]
				more := key{name: fmt.Sprintf("and %d more", len(c.legend)-i+1), color: soft, shape: keyDot}
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
			labelText.draw(c, x+keyWidth+keyGap, mid-labelText.cap()/2, 0, k.name)
			x += k.width() + legendSkip
		}
		top -= legendLine
	}
}

func (k key) drawSample(c draw.Canvas, x, mid vg.Length) {
	switch k.shape {
	case keyBox:
		fillRect(c, rect(x+4, mid-5, x+18, mid+5), k.color)
	case keyDot:
		g := k.glyph
		if g == nil {
			g = draw.CircleGlyph{}
		}
		c.DrawGlyphNoClip(draw.GlyphStyle{Color: k.color, Radius: 4, Shape: g}, vg.Point{X: x + 11, Y: mid})
	default:
		c.StrokeLine2(draw.LineStyle{Color: k.color, Width: 2.2, Dashes: k.dash}, x, mid, x+keyWidth, mid)
		if k.glyph != nil {
			c.DrawGlyphNoClip(draw.GlyphStyle{Color: k.color, Radius: 3.5, Shape: k.glyph}, vg.Point{X: x + 11, Y: mid})
		}
	}
}

package viz

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// One theme for all figures. Paper is opaque: a figure is a sheet that lies on
// a light or a dark page alike, so ink never has to guess its background.
var (
	paper  = rgb(0xffffff)
	ink    = rgb(0x1f2328) // titles, axis lines
	soft   = rgb(0x57606a) // labels, notes; 6:1 on paper
	grid   = rgb(0xe4e6e9)
	behind = rgb(0xb4bac1) // quiet lines
	absent = rgb(0xd0d3d8) // cells without a value
	alarm  = rgb(0xb3261e) // what was left out, what is wrong
)

// Cycle holds the colours of series, in order: those of Okabe and Ito (Color
// Universal Design, 2008) that are dark enough for lines on white.
var cycle = []color.NRGBA{
	rgb(0x0072b2), // blue
	rgb(0xd55e00), // vermillion
	rgb(0x009e73), // bluish green
	rgb(0xcc79a7), // reddish purple
	rgb(0xe69f00), // orange
	rgb(0x56b4e9), // sky blue
	rgb(0x5b6168), // grey
}

// ordered colours more series than cycle holds: a sweep, whose order is then
// seen in the colours.
var ordered = newRamp(0x2b2f77, 0x0072b2, 0x00966e, 0xa09a1c, 0xe0861a, 0xc43c1e, 0x6f1526)

var dashes = [][]vg.Length{nil, {6, 3}, {2, 2.5}, {8, 3, 2, 3}}

// seriesColor is the colour of series i of n.
func seriesColor(i, n int) color.NRGBA {
	if n > len(cycle) {
		return ordered.at(float64(i) / float64(n-1))
	}
	return cycle[i]
}

func cycleColor(i int) color.NRGBA { return cycle[i%len(cycle)] }

// Sizes in CSS pixels.
const (
	pad       vg.Length = 14  // from the edge of the paper to anything
	chartW    vg.Length = 640 // a chart on its own
	chartH    vg.Length = 380
	pageW     vg.Length = 920 // the widest figure: fits a notebook's output
	rowChartH vg.Length = 320
)

var (
	titleText = lettering{size: 15, bold: true, color: ink}
	labelText = lettering{size: 12.5, color: ink}
	tickText  = lettering{size: 11.5, color: soft}
	noteText  = lettering{size: 11, color: soft}
	alarmText = lettering{size: 11, color: alarm}
)

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255}
}

func fade(c color.NRGBA, alpha float64) color.NRGBA {
	c.A = uint8(alpha*255 + 0.5)
	return c
}

// tint mixes c with paper; unlike fade it is opaque, so overlaps do not darken.
func tint(c color.NRGBA, share float64) color.NRGBA {
	mix := func(a, b uint8) uint8 { return uint8(float64(a)*share + float64(b)*(1-share) + 0.5) }
	return color.NRGBA{R: mix(c.R, paper.R), G: mix(c.G, paper.G), B: mix(c.B, paper.B), A: 255}
}

func fillRect(c draw.Canvas, r vg.Rectangle, col color.Color) {
	c.FillPolygon(col, []vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}})
}

func strokeRect(c draw.Canvas, r vg.Rectangle, width vg.Length, col color.Color) {
	c.StrokeLines(draw.LineStyle{Color: col, Width: width},
		[]vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}, r.Min})
}

func rect(x0, y0, x1, y1 vg.Length) vg.Rectangle {
	return vg.Rectangle{Min: vg.Point{X: x0, Y: y0}, Max: vg.Point{X: x1, Y: y1}}
}

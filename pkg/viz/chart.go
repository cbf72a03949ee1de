package viz

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// chart is the layout of every figure with two axes. From top to bottom: title,
// legend, plot area with axes, notes. The legend has its own rows, so it cannot
// hide data.
type chart struct {
	title  string
	w, h   vg.Length
	sized  bool // the caller chose w and h
	x, y   axis
	legend []key
	notes  []note
	marks  []func(p plane) // drawn in order, under the axes
	labels []func(p plane) // drawn over the axes
	nodata string          // shown in the middle if set
	equal  bool            // one unit is as long on x as on y
}

type axis struct {
	label string
	scale scale
	ticks []tick // nil: from the scale; empty: none
	whole bool   // the data are whole numbers, so are the ticks: epochs
	bare  bool   // no grid lines and tick marks; without ticks, no line either
}

// A note is a line under the figure.
type note struct {
	text string
	warn bool
}

func (n note) lettering() lettering {
	if n.warn {
		return alarmText
	}
	return noteText
}

// plane is the plot area with its two scales.
type plane struct {
	draw.Canvas
	x, y scale
}

func (p plane) at(x, y float64) vg.Point {
	return vg.Point{X: p.X(p.x.norm(x)), Y: p.Y(p.y.norm(y))}
}

// equalize widens one of two linear scales until a unit is as long on both.
func (p *plane) equalize() {
	w, h := float64(p.Max.X-p.Min.X), float64(p.Max.Y-p.Min.Y)
	unit := math.Max((p.x.hi-p.x.lo)/w, (p.y.hi-p.y.lo)/h)
	grow := func(s *scale, length float64) {
		mid := (s.lo + s.hi) / 2
		s.lo, s.hi = mid-unit*length/2, mid+unit*length/2
	}
	grow(&p.x, w)
	grow(&p.y, h)
}

// newChart returns a chart of the given size in CSS pixels; 0 is the default.
func newChart(title string, width, height int) *chart {
	c := &chart{title: title, w: chartW, h: chartH}
	if width > 0 {
		c.w, c.sized = vg.Length(max(width, 160)), true
	}
	if height > 0 {
		c.h, c.sized = vg.Length(max(height, 120)), true
	}
	return c
}

// emptyChart says that there is nothing to draw.
func emptyChart(title, message string) *chart {
	c := newChart(title, 0, 140)
	c.x = axis{scale: scale{lo: 0, hi: 1}, ticks: []tick{}, bare: true}
	c.y = c.x
	c.nodata = message
	return c
}

func (c *chart) size() (w, h vg.Length) { return c.w, c.h }

func (c *chart) draw(dc draw.Canvas) { c.drawIn(dc, c.insets()) }

// note adds a line under the figure, warn one in the colour of alarm.
func (c *chart) note(format string, args ...any) {
	if s := fmt.Sprintf(format, args...); s != "" {
		c.notes = append(c.notes, note{text: s})
	}
}

func (c *chart) warn(format string, args ...any) {
	c.notes = append(c.notes, note{text: fmt.Sprintf(format, args...), warn: true})
}

// insets are the distances from the edges of the figure to the plot area.
// Charts side by side take the largest of each, so that their axes line up.
type insets struct {
	left, right, top, bottom vg.Length
	ylabel                   vg.Length // from the left edge to the y label's baseline
}

func (a insets) union(b insets) insets {
	return insets{max(a.left, b.left), max(a.right, b.right), max(a.top, b.top), max(a.bottom, b.bottom), max(a.ylabel, b.ylabel)}
}

const (
	tickLen vg.Length = 4
	tickGap vg.Length = 4 // between tick and its label
)

func (c *chart) insets() insets {
	var in insets
	in.top = pad
	if n := len(titleText.wrap(c.title, c.w-2*pad)); n > 0 {
		in.top += vg.Length(n)*titleText.line() + 2
	}
	if n := len(legendRows(c.legend, c.w-2*pad)); n > 0 {
		in.top += vg.Length(n)*legendLine + 4
	}
	in.top += 6

	in.left = pad
	if c.y.label != "" {
		in.left += labelText.size + 6
	}
	in.ylabel = in.left - 8
	for _, t := range c.yTicks(in.top) {
		in.left = max(in.left, in.ylabel+8+tickText.width(t.label)+tickGap+tickLen)
	}

	in.bottom = pad
	if c.x.ticks == nil || len(c.x.ticks) > 0 {
		in.bottom += tickLen + tickGap + tickText.size
	}
	if c.x.label != "" {
		in.bottom += labelText.line() + 3
	}
	in.bottom += vg.Length(len(c.noteLines())) * noteText.line()

	in.right = pad + 6
	if t := c.xTicks(c.w - in.left - in.right); len(t) > 0 {
		last := t[len(t)-1]
		over := tickText.width(last.label)/2 - vg.Length(1-c.x.scale.norm(last.at))*(c.w-in.left-in.right)
		in.right = max(in.right, pad+over)
	}
	return in
}

func (c *chart) yTicks(top vg.Length) []tick {
	if c.y.ticks != nil {
		return c.y.ticks
	}
	return c.y.scale.ticks(int((c.h - top - 60) / 42))
}

// xTicks returns as many ticks as have room for their labels.
func (c *chart) xTicks(width vg.Length) []tick {
	if c.x.ticks != nil {
		return c.x.ticks
	}
	for want := int(width / 62); ; want-- {
		t := c.x.scale.ticks(want)
		if s := c.x.scale; c.x.whole && !s.log && s.hi-s.lo < 2*float64(want) && s.hi-s.lo >= 1 {
			t = label(s.multiples(1), 1)
		}
		if want <= 2 || fits(t, c.x.scale, width) {
			return t
		}
	}
}

func fits(ticks []tick, s scale, width vg.Length) bool {
	end := vg.Length(math.Inf(-1))
	for _, t := range ticks {
		if t.label == "" {
			continue
		}
		mid, half := vg.Length(s.norm(t.at))*width, tickText.width(t.label)/2
		if mid-half < end+14 {
			return false
		}
		end = mid + half
	}
	return true
}

func (c *chart) drawIn(dc draw.Canvas, in insets) {
	top := dc.Max.Y - pad
	for _, s := range titleText.wrap(c.title, c.w-2*pad) {
		titleText.draw(dc, dc.Min.X+pad, top-titleText.cap()-1, 0, s)
		top -= titleText.line()
	}
	if c.title != "" {
		top -= 2
	}
	drawLegend(dc, dc.Min.X+pad, top, legendRows(c.legend, c.w-2*pad))

	area := rect(dc.Min.X+in.left, dc.Min.Y+in.bottom, dc.Max.X-in.right, dc.Max.Y-in.top)
	if area.Max.X-area.Min.X < 20 || area.Max.Y-area.Min.Y < 20 {
		return // no room for a plot; title and legend are all there is
	}
	p := plane{draw.Canvas{Canvas: dc.Canvas, Rectangle: area}, c.x.scale, c.y.scale}
	if c.equal {
		p.equalize()
	}
	xt, yt := c.xTicks(area.Max.X-area.Min.X), c.yTicks(in.top)
	c.drawGrid(p, xt, yt)
	for _, m := range c.marks {
		m(p)
	}
	c.drawAxes(p, xt, yt)
	for _, m := range c.labels {
		m(p)
	}
	if c.nodata != "" {
		labelText.with(soft).draw(p.Canvas, p.Center().X, p.Center().Y, 0.5, c.nodata)
	}

	below := p.Min.Y
	if c.x.ticks == nil || len(c.x.ticks) > 0 {
		below -= tickLen + tickGap + tickText.size
	}
	if c.x.label != "" {
		below -= labelText.line()
		labelText.draw(dc, p.Center().X, below+2, 0.5, labelText.fit(c.x.label, c.w-2*pad))
		below -= 3
	}
	for _, n := range c.noteLines() {
		below -= noteText.line()
		n.lettering().draw(dc, dc.Min.X+pad, below, 0, n.text)
	}
	if c.y.label != "" {
		labelText.drawUp(dc, dc.Min.X+in.ylabel-4, p.Center().Y, labelText.fit(c.y.label, c.h-2*pad))
	}
}

func (c *chart) drawGrid(p plane, xt, yt []tick) {
	line := draw.LineStyle{Color: grid, Width: 1}
	for _, t := range yt {
		if y := p.Y(p.y.norm(t.at)); !c.y.bare && t.label != "" && p.ContainsY(y) {
			p.StrokeLine2(line, p.Min.X, y, p.Max.X, y)
		}
	}
	for _, t := range xt {
		if x := p.X(p.x.norm(t.at)); !c.x.bare && t.label != "" && p.ContainsX(x) {
			p.StrokeLine2(line, x, p.Min.Y, x, p.Max.Y)
		}
	}
}

func (c *chart) drawAxes(p plane, xt, yt []tick) {
	line := draw.LineStyle{Color: soft, Width: 1}
	if !c.x.bare || len(xt) > 0 {
		p.StrokeLine2(line, p.Min.X, p.Min.Y, p.Max.X, p.Min.Y)
	}
	if !c.y.bare || len(yt) > 0 {
		p.StrokeLine2(line, p.Min.X, p.Min.Y, p.Min.X, p.Max.Y)
	}
	length := func(t tick) vg.Length {
		if t.label == "" {
			return tickLen / 2
		}
		return tickLen
	}
	for _, t := range xt {
		x := p.X(p.x.norm(t.at))
		if !p.ContainsX(x) {
			continue
		}
		if !c.x.bare {
			p.StrokeLine2(line, x, p.Min.Y, x, p.Min.Y-length(t))
		}
		tickText.draw(p.Canvas, x, p.Min.Y-tickLen-tickGap-tickText.cap(), 0.5, t.label)
	}
	for _, t := range yt {
		y := p.Y(p.y.norm(t.at))
		if !p.ContainsY(y) {
			continue
		}
		if !c.y.bare {
			p.StrokeLine2(line, p.Min.X, y, p.Min.X-length(t), y)
		}
		tickText.draw(p.Canvas, p.Min.X-tickLen-tickGap, y-tickText.cap()/2, 1, t.label)
	}
}

func (c *chart) noteLines() []note {
	var out []note
	for _, n := range c.notes {
		for _, s := range noteText.wrap(n.text, c.w-2*pad) {
			out = append(out, note{s, n.warn})
		}
	}
	return out
}

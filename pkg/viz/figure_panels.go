package viz

import (
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Panels sets figures side by side as one picture. Charts in a row share the
// height of their axes, charts in a column the width; a note that all of them have
// is said once, under the whole.
type Panels struct {
	Title   string
	Columns int // 0: all in one row
	Figures []Figure
	Note    string
}

// Row sets figures side by side: Row(loss, accuracy).
func Row(f ...Figure) Panels { return Panels{Figures: f} }

// Alt implements Figure.
func (f Panels) Alt() string {
	var b strings.Builder
	if f.Title != "" {
		b.WriteString("Panels: " + f.Title + ". ")
	}
	for i, p := range f.Figures {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(p.Alt())
	}
	if len(f.Figures) == 0 {
		b.WriteString("No figures.")
	}
	return strings.TrimSpace(b.String())
}

type panels struct {
	title, notes []string
	legend       [][]key // shared by all charts
	cells        []layout
	insets       []insets // for those cells that are charts
	columns      int
	colW, rowH   []vg.Length
	width        vg.Length
	head, bottom vg.Length
}

// name falls back to those of the parts: loss-accuracy.
func (f Panels) name() string {
	if f.Title != "" {
		return f.Title
	}
	var names []string
	for _, p := range f.Figures {
		names = append(names, p.name())
	}
	return strings.Join(names, " ")
}

func (f Panels) layout() layout {
	n := len(f.Figures)
	if n == 0 {
		return emptyChart(f.Title, "no figures")
	}
	p := &panels{columns: f.Columns}
	if p.columns <= 0 {
		p.columns = n
	}
	p.columns = min(p.columns, n)
	share := max(pageW/vg.Length(p.columns), 240)
	for _, g := range f.Figures {
		l := g.layout()
		if c, ok := l.(*chart); ok && !c.sized && p.columns > 1 {
			c.w, c.h = share, max(min(rowChartH, share*0.8), 220)
		}
		p.cells = append(p.cells, l)
	}
	rows := (n + p.columns - 1) / p.columns
	p.colW, p.rowH = make([]vg.Length, p.columns), make([]vg.Length, rows)
	for i, l := range p.cells {
		w, h := l.size()
		col, row := i%p.columns, i/p.columns
		p.colW[col], p.rowH[row] = max(p.colW[col], w), max(p.rowH[row], h)
	}
	for _, w := range p.colW {
		p.width += w
	}
	p.shareLegend()
	notes := p.shareNotes()
	p.alignAxes()
	p.title = titleText.wrap(f.Title, p.width-2*pad)
	if len(p.title) > 0 {
		p.head = pad + vg.Length(len(p.title))*titleText.line() - 4
	}
	if n := len(p.legend); n > 0 {
		p.head = max(p.head+4, pad) + vg.Length(n)*legendLine
	}
	for _, s := range append(notes, f.Note) {
		p.notes = append(p.notes, noteText.wrap(s, p.width-2*pad)...)
	}
	if len(p.notes) > 0 {
		p.bottom = vg.Length(len(p.notes))*noteText.line() + 3
	}
	return p
}

func (p *panels) shareLegend() {
	var charts []*chart
	for _, l := range p.cells {
		if c, ok := l.(*chart); ok {
			charts = append(charts, c)
		}
	}
	joint, ok := joinLegends(charts)
	if !ok {
		return
	}
	for _, c := range charts {
		c.legend = nil
	}
	p.legend = legendRows(joint, p.width-2*pad)
}

// noted is a layout that can do without a note of its own.
type noted interface {
	told() []note
	drop(n note)
}

func (c *chart) told() []note { return c.notes }

func (c *chart) drop(n note) {
	c.notes = slices.DeleteFunc(c.notes, func(o note) bool { return o == n })
}

func (p *panels) told() (all []note) {
	for _, l := range p.cells {
		if c, ok := l.(noted); ok {
			all = append(all, c.told()...)
		}
	}
	return all
}

func (p *panels) drop(n note) {
	for _, l := range p.cells {
		if c, ok := l.(noted); ok {
			c.drop(n)
		}
	}
	p.alignAxes()
}

// shareNotes takes away and returns what is noted under each of several figures.
// What warns stays where it belongs.
func (p *panels) shareNotes() (shared []string) {
	var all []noted
	for _, l := range p.cells {
		if c, ok := l.(noted); ok {
			all = append(all, c)
		}
	}
	if len(all) < 2 || len(all) < len(p.cells) {
		return nil
	}
	for _, n := range slices.Clone(all[0].told()) {
		if n.warn || slices.ContainsFunc(all, func(c noted) bool { return !slices.Contains(c.told(), n) }) {
			continue
		}
		for _, c := range all {
			c.drop(n)
		}
		shared = append(shared, n.text)
	}
	return shared
}

// alignAxes gives charts of one row the same top and bottom, and charts of one
// column the same left and right.
func (p *panels) alignAxes() {
	p.insets = make([]insets, len(p.cells))
	top := make([]insets, len(p.rowH))
	side := make([]insets, len(p.colW))
	for i, l := range p.cells {
		if c, ok := l.(*chart); ok {
			p.insets[i] = c.insets()
			top[i/p.columns] = top[i/p.columns].union(p.insets[i])
			side[i%p.columns] = side[i%p.columns].union(p.insets[i])
		}
	}
	for i, l := range p.cells {
		c, ok := l.(*chart)
		if !ok {
			continue
		}
		r, s := top[i/p.columns], side[i%p.columns]
		in := &p.insets[i]
		if c.h == p.rowH[i/p.columns] {
			in.top, in.bottom = r.top, r.bottom
		}
		if c.w == p.colW[i%p.columns] {
			in.left, in.right, in.ylabel = s.left, s.right, s.ylabel
		}
	}
}

func (p *panels) size() (w, h vg.Length) {
	h = p.head + p.bottom
	for _, r := range p.rowH {
		h += r
	}
	return p.width, h
}

func (p *panels) draw(c draw.Canvas) {
	y := c.Max.Y - pad
	for _, s := range p.title {
		titleText.draw(c, c.Min.X+pad, y-titleText.cap()-1, 0, s)
		y -= titleText.line()
	}
	drawLegend(c, c.Min.X+pad, y, p.legend)
	top := c.Max.Y - p.head
	for row, h := range p.rowH {
		x := c.Min.X
		for col, w := range p.colW {
			i := row*p.columns + col
			if i >= len(p.cells) {
				break
			}
			cw, ch := p.cells[i].size()
			cell := draw.Canvas{Canvas: c.Canvas, Rectangle: rect(x, top-ch, x+cw, top)}
			if k, ok := p.cells[i].(*chart); ok {
				k.drawIn(cell, p.insets[i])
			} else {
				p.cells[i].draw(cell)
			}
			x += w
		}
		top -= h
	}
	y = c.Min.Y + pad - 3 + vg.Length(len(p.notes)-1)*noteText.line()
	for _, s := range p.notes {
		noteText.draw(c, c.Min.X+pad, y, 0, s)
		y -= noteText.line()
	}
}

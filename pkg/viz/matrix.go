package viz

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Heat draws a matrix as coloured cells with their values and a colour bar.
// Row 0 is at the top. NaN is a cell without a value.
type Heat struct {
	Title, X, Y   string
	Columns, Rows []string    // names; missing ones stay empty
	Values        [][]float64 // Values[row][column]
	Format        string      // fmt verb of the cell's text, "%.2f"; "": four digits
	NoText        bool        // colours only
	// Diverging puts 0 in the middle of a blue-white-red scale.
	Diverging bool
	Low, High float64  // ends of the colour scale; both 0: those of the data
	Bar       string   // what the colours mean, over the colour bar
	Outline   [][2]int // cells {row, column} to frame: the best of a sweep
	Note      string

	ramp ramp // nil: sequential or diverging
}

// Alt implements Figure.
func (f Heat) Alt() string {
	var b strings.Builder
	b.WriteString("Heat map")
	if f.Title != "" {
		b.WriteString(": " + f.Title)
	}
	rows, cols := f.dims()
	fmt.Fprintf(&b, ". %d rows, %d columns", rows, cols)
	if f.Y != "" && f.X != "" {
		fmt.Fprintf(&b, " (%s by %s)", f.Y, f.X)
	}
	b.WriteString(".")
	e := noExtent()
	var hi, lo [2]int
	for i, r := range f.Values {
		for j, v := range r {
			if isFinite(v) && v > e.hi {
				hi = [2]int{i, j}
			}
			if isFinite(v) && v < e.lo {
				lo = [2]int{i, j}
			}
			e.add(v)
		}
	}
	if e.empty() {
		b.WriteString(" No data.")
		return b.String()
	}
	fmt.Fprintf(&b, " Smallest %s at %s, largest %s at %s.", short(e.lo), f.cellName(lo), short(e.hi), f.cellName(hi))
	return b.String()
}

func (f Heat) cellName(at [2]int) string {
	name := func(names []string, i int, kind string) string {
		if i < len(names) && names[i] != "" {
			return names[i]
		}
		return fmt.Sprintf("%s %d", kind, i+1)
	}
	return name(f.Rows, at[0], "row") + ", " + name(f.Columns, at[1], "column")
}

func (f Heat) dims() (rows, cols int) {
	for _, r := range f.Values {
		cols = max(cols, len(r))
	}
	return max(len(f.Values), len(f.Rows)), max(cols, len(f.Columns))
}

// colors returns the ramp and the range of its ends, and how many values are
// not finite.
func (f Heat) colors() (colorBar, int) {
	e, bad := noExtent(), 0
	for _, r := range f.Values {
		for _, v := range r {
			e.add(v)
			if math.IsInf(v, 0) {
				bad++
			}
		}
	}
	b := colorBar{ramp: sequential, label: f.Bar}
	if f.Low < f.High {
		b.above = e.hi > f.High
		e = extent{f.Low, f.High}
	}
	if f.Diverging {
		b.ramp = diverging
		m := math.Max(math.Abs(e.lo), math.Abs(e.hi))
		if !(m > 0) || e.empty() {
			m = 1
		}
		e = extent{-m, m}
	}
	if f.ramp != nil {
		b.ramp = f.ramp
	}
	b.scale = newScale(e, false, 0)
	return b, bad
}

// maxCells is the largest number of rows or columns that have a pixel each.
const maxCells = 1400

// pooled returns f with blocks of k×k cells replaced by their mean.
func (f Heat) pooled(k int) Heat {
	rows, cols := f.dims()
	out := make([][]float64, (rows+k-1)/k)
	for i := range out {
		out[i] = make([]float64, (cols+k-1)/k)
		for j := range out[i] {
			sum, n := 0.0, 0
			for y := i * k; y < min((i+1)*k, len(f.Values)); y++ {
				for x := j * k; x < min((j+1)*k, len(f.Values[y])); x++ {
					if v := f.Values[y][x]; isFinite(v) {
						sum, n = sum+v, n+1
					}
				}
			}
			out[i][j] = sum / float64(n)
		}
	}
	f.Note = strings.TrimSpace(fmt.Sprintf("%s Each dot is the mean of %d×%d cells.", f.Note, k, k))
	f.Values, f.Rows, f.Columns, f.Outline, f.NoText = out, nil, nil, nil, true
	return f
}

type heatLayout struct {
	Heat
	look         func(row, col int) (fill color.NRGBA, text string) // instead of color and text of the value
	bar          colorBar
	title, notes []string
	warning      string
	cell         vg.Length // width; the height is at most that
	cellH        vg.Length
	left, top    vg.Length
	width        vg.Length
	height       vg.Length
	nrow, ncol   int
	upright      bool // column names are set upwards
	textSize     vg.Length
	write        func(float64) string
}

func (f Heat) name() string { return f.Title }

func (f Heat) layout() layout { return f.layoutWith(nil) }

func (f Heat) layoutWith(look func(row, col int) (color.NRGBA, string)) layout {
	h := &heatLayout{Heat: f, look: look}
	h.nrow, h.ncol = f.dims()
	if k := max((h.ncol+maxCells-1)/maxCells, (h.nrow+maxCells-1)/maxCells); k > 1 {
		h.Heat = f.pooled(k)
		h.nrow, h.ncol = h.dims()
	}
	if h.nrow == 0 || h.ncol == 0 {
		c := emptyChart(f.Title, "no data")
		c.note("%s", f.Note)
		return c
	}
	var bad int
	h.bar, bad = f.colors()
	if bad > 0 {
		h.warning = count(bad, "infinite value has no colour.", "infinite values have no colour.")
	}
	h.measure()
	return h
}

// cellLook is the colour and the text of a cell; one beyond its row is empty.
func (h *heatLayout) cellLook(i, j int) (color.NRGBA, string) {
	if h.look != nil {
		return h.look(i, j)
	}
	v := math.NaN()
	if i < len(h.Values) && j < len(h.Values[i]) {
		v = h.Values[i][j]
	}
	fill := absent
	if isFinite(v) {
		fill = h.bar.ramp.at(h.bar.scale.norm(v))
	}
	switch {
	case h.NoText:
		return fill, ""
	case math.IsNaN(v):
		return fill, "–"
	case h.Format != "":
		return fill, strings.Replace(unsignedZero(fmt.Sprintf(h.Format, v)), "-", "−", 1)
	}
	return fill, h.write(v)
}

// unsignedZero writes what rounds to nothing without a sign: −0 and +0 would say more.
func unsignedZero(s string) string {
	if v, err := strconv.ParseFloat(s, 64); err == nil && v == 0 {
		return strings.TrimLeft(s, "+-")
	}
	return s
}

func (h *heatLayout) measure() {
	h.textSize = 11.5
	widest := vg.Length(0)
	if !h.NoText {
		var all []float64
		for _, r := range h.Values {
			all = append(all, r...)
		}
		h.write = shorts(all)
		for i := range h.nrow {
			for j := range h.ncol {
				_, s := h.cellLook(i, j)
				widest = max(widest, lettering{size: h.textSize}.width(s))
			}
		}
	}
	h.left = pad
	if h.Y != "" {
		h.left += labelText.size + 8
	}
	names := vg.Length(0)
	for _, r := range h.Rows {
		names = max(names, min(tickText.width(r), 180))
	}
	h.left += names + 8
	room := pageW - h.left - pad - barRoom
	h.cell = max(min(400/vg.Length(h.ncol), 64), widest+10)
	h.cell = min(h.cell, room/vg.Length(h.ncol))
	h.cellH = min(h.cell, max(400/vg.Length(h.nrow), 26), 44)
	if h.NoText && h.ncol > 40 {
		h.cellH = min(h.cell, 700/vg.Length(h.nrow))
	}
	// Whole device pixels keep cells equal.
	h.cell, h.cellH = max(whole(h.cell-0.25), 0.5), max(whole(h.cellH-0.25), 0.5)
	if widest > h.cell-3 || h.textSize > h.cellH-2 {
		k := min((h.cell-3)/max(widest, 1), (h.cellH-2)/h.textSize)
		h.textSize *= k
		if h.textSize < 6.5 {
			h.NoText = true
		}
	}
	head := vg.Length(0)
	for _, s := range h.Columns {
		head = max(head, tickText.width(s))
	}
	h.upright = head > h.cell-4
	h.width = whole(h.left + vg.Length(h.ncol)*h.cell + barRoom + pad)
	h.width = max(h.width, min(titleText.width(h.Title)+2*pad, pageW), 260)
	h.title = titleText.wrap(h.Title, h.width-2*pad)
	h.notes = noteText.wrap(h.Note, h.width-2*pad)
	h.top = pad
	if len(h.title) > 0 {
		h.top += vg.Length(len(h.title))*titleText.line() + 4
	}
	if h.Bar != "" && h.X == "" && len(h.Columns) == 0 {
		h.top += captionText.line()
	}
	if h.X != "" {
		h.top += labelText.line()
	}
	switch {
	case len(h.Columns) == 0:
		h.top += 4
	case h.upright:
		h.top += min(head, 140) + 10
	default:
		h.top += tickText.line() + 4
	}
	h.top = whole(h.top)
	h.height = h.top + vg.Length(h.nrow)*h.cellH + pad
	lines := len(h.notes)
	if h.warning != "" {
		lines++
	}
	if lines > 0 {
		h.height += vg.Length(lines)*noteText.line() + 4
	}
	h.height = whole(h.height)
}

func (h *heatLayout) size() (w, ht vg.Length) { return h.width, h.height }

func (h *heatLayout) draw(c draw.Canvas) {
	y := c.Max.Y - pad
	for _, s := range h.title {
		titleText.draw(c, c.Min.X+pad, y-titleText.cap()-1, 0, s)
		y -= titleText.line()
	}
	left, top := whole(c.Min.X+h.left), whole(c.Max.Y-h.top)
	right, bottom := left+vg.Length(h.ncol)*h.cell, top-vg.Length(h.nrow)*h.cellH
	if h.X != "" {
		labelText.draw(c, (left+right)/2, y-labelText.cap()-6, 0.5, labelText.fit(h.X, h.width-2*pad))
	}
	if h.Y != "" {
		labelText.drawUp(c, c.Min.X+pad+labelText.cap(), (top+bottom)/2, labelText.fit(h.Y, h.height-2*pad))
	}
	h.names(c, left, top)
	if h.cell < gapCell {
		c.DrawImage(rect(left, bottom, right, top), h.raster())
	}
	for i := range h.nrow {
		for j := range h.ncol {
			if h.cell < gapCell {
				break
			}
			h.drawCell(c, rect(left+vg.Length(j)*h.cell, top-vg.Length(i+1)*h.cellH, left+vg.Length(j+1)*h.cell, top-vg.Length(i)*h.cellH), i, j)
		}
	}
	for _, at := range h.Outline {
		x, y := left+vg.Length(at[1])*h.cell, top-vg.Length(at[0]+1)*h.cellH
		strokeRect(c, rect(x+1, y+1, x+h.cell-1, y+h.cellH-1), 2, cycle[1])
	}
	h.bar.draw(c, right+18, bottom, top)
	y = c.Min.Y + pad - 2
	for i := len(h.notes) - 1; i >= 0; i-- {
		noteText.draw(c, c.Min.X+pad, y, 0, h.notes[i])
		y += noteText.line()
	}
	if h.warning != "" {
		alarmText.draw(c, c.Min.X+pad, y, 0, h.warning)
	}
}

// Cells below gapCell are drawn as one image, without gaps between them.
const gapCell vg.Length = 8

func (h *heatLayout) raster() image.Image {
	kx, ky := int(h.cell*pixelRatio+0.5), int(h.cellH*pixelRatio+0.5)
	m := image.NewNRGBA(image.Rect(0, 0, kx*h.ncol, ky*h.nrow))
	colors := h.bar.ramp.table()
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			v := math.NaN()
			if row := h.Values[y/ky]; x/kx < len(row) {
				v = row[x/kx]
			}
			m.SetNRGBA(x, y, colors.at(h.bar.scale.norm(v)))
		}
	}
	return m
}

func (h *heatLayout) drawCell(c draw.Canvas, box vg.Rectangle, i, j int) {
	const gap = 0.5
	fill, text := h.cellLook(i, j)
	box = rect(box.Min.X+gap, box.Min.Y+gap, box.Max.X-gap, box.Max.Y-gap)
	fillRect(c, box, fill)
	if text == "" || h.NoText {
		return
	}
	l := lettering{size: h.textSize, color: on(fill)}
	l.draw(c, (box.Min.X+box.Max.X)/2, (box.Min.Y+box.Max.Y-l.cap())/2, 0.5, text)
}

// names writes rows and columns; where they are too dense, every k-th.
func (h *heatLayout) names(c draw.Canvas, left, top vg.Length) {
	every := int(tickText.line()/h.cellH) + 1
	if h.cellH >= tickText.line() {
		every = 1
	}
	for i, s := range h.Rows {
		if i%every == 0 {
			y := top - (vg.Length(i)+0.5)*h.cellH - tickText.cap()/2
			tickText.draw(c, left-7, y, 1, tickText.fit(s, 180))
		}
	}
	every = 1
	if h.upright && h.cell < tickText.line() {
		every = int(tickText.line()/h.cell) + 1
	}
	for j, s := range h.Columns {
		x := left + (vg.Length(j)+0.5)*h.cell
		switch {
		case !h.upright:
			tickText.draw(c, x, top+6, 0.5, s)
		case j%every == 0:
			s = tickText.fit(s, 140)
			tickText.drawUp(c, x+tickText.cap()/2, top+6+tickText.width(s)/2, s)
		}
	}
}

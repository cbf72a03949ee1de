package viz

import (
	"fmt"
	"image"
	"image/color"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Tile is one picture of a grid with up to two short lines under it.
type Tile struct {
	Image   image.Image
	Caption string // lines are parted by \n
	Wrong   bool   // a red caption and frame: a misclassified image
}

// Images draws a grid of small pictures, each pixel a sharp square.
type Images struct {
	Title   string
	Tiles   []Tile // row by row; a tile without an image leaves its place empty
	Columns int    // 0: as many as fit, at most 10
	Scale   int    // size of an image pixel in half CSS pixels; 0: chosen
	// Paper inverts grey images: dark ink on white instead of the stored white on
	// black. What is in colour stays as it is.
	Paper bool
	Rows  []string // names of the rows, at their left
	Heads []string // names of the columns, at their top
	Note  string
}

// Caption is the usual one under an image, in the names of classes: "7" if the
// prediction is right, "7 → 1" if not, "7 → –" if the prediction is -1, none, with
// the probability of the prediction if it is > 0.
func Caption(names []string, truth, predicted int, probability float64) string {
	s := names[truth]
	switch {
	case predicted < 0:
		s += " → –"
	case truth != predicted:
		s += " → " + names[predicted]
	}
	if probability > 0 {
		s += fmt.Sprintf("\n%s", percent(probability))
	}
	return s
}

func percent(p float64) string {
	switch {
	case p >= 0.9995:
		return fmt.Sprintf("%.2f %%", 100*p)
	case p >= 0.1:
		return fmt.Sprintf("%.1f %%", 100*p)
	}
	return fmt.Sprintf("%.2g %%", 100*p)
}

// Alt implements Figure.
func (f Images) Alt() string {
	var b strings.Builder
	b.WriteString("Image grid")
	if f.Title != "" {
		b.WriteString(": " + f.Title)
	}
	n, wrong := 0, 0
	var captions []string
	for _, t := range f.Tiles {
		if t.Image == nil {
			continue
		}
		n++
		if t.Wrong {
			wrong++
		}
		if t.Caption != "" && len(captions) < 10 {
			captions = append(captions, strings.ReplaceAll(t.Caption, "\n", " "))
		}
	}
	fmt.Fprintf(&b, ". %s.", count(n, "image", "images"))
	if wrong > 0 {
		fmt.Fprintf(&b, " %d marked as wrong.", wrong)
	}
	if len(captions) > 0 {
		fmt.Fprintf(&b, " Captions: %s", strings.Join(captions, ", "))
		if len(captions) < n {
			b.WriteString(", …")
		}
		b.WriteString(".")
	}
	return b.String()
}

// gridLayout places equal cells: an image and its caption.
type gridLayout struct {
	title         []string
	notes         []note
	tiles         []Tile
	heads, rows   []string
	columns       int
	scale         int       // device pixels per image pixel
	imgW, imgH    int       // of the largest image, in its own pixels
	cellW, cellH  vg.Length // without gaps
	left, top     vg.Length // to the first cell
	lines         int       // of caption
	warning       string
	invert        bool
	bar           *colorBar
	width, height vg.Length
}

var captionText = lettering{size: 11, color: soft}

const (
	tileGap vg.Length = 7
	barRoom vg.Length = 74 // for a colour bar at the right
)

func (f Images) name() string { return f.Title }

func (f Images) layout() layout {
	g := &gridLayout{tiles: f.Tiles, heads: f.Heads, rows: f.Rows, scale: f.Scale, columns: f.Columns}
	g.invert = f.Paper
	g.place(f.Title, f.Note)
	return g
}

// place computes all measures. The scale is a whole number of device pixels per
// image pixel, so that every pixel is a square of the same size.
func (g *gridLayout) place(title, noteLine string) {
	n := len(g.tiles)
	for _, t := range g.tiles {
		if t.Image != nil {
			s := t.Image.Bounds().Size()
			g.imgW, g.imgH = max(g.imgW, s.X), max(g.imgH, s.Y)
		}
		if t.Caption != "" {
			g.lines = max(g.lines, min(2, 1+strings.Count(t.Caption, "\n")))
		}
	}
	for _, r := range g.rows {
		if r != "" {
			g.left = max(g.left, min(captionText.width(r), 150)+8)
		}
	}
	g.left += pad
	room := pageW - g.left - pad
	if g.bar != nil {
		room -= barRoom
	}
	if g.columns <= 0 {
		g.columns = 10
	}
	g.columns = max(1, min(g.columns, max(n, len(g.heads), 1)))
	caption := vg.Length(0)
	for _, t := range g.tiles {
		for _, s := range strings.Split(t.Caption, "\n") {
			caption = max(caption, captionText.width(s))
		}
	}
	for _, s := range g.heads {
		caption = max(caption, captionText.width(s))
	}
	if g.scale <= 0 {
		// 28×28 digits at 4 device pixels are 56 CSS pixels wide; small things
		// such as kernels grow to about the same size.
		g.scale = max(1, min(150/max(g.imgW, g.imgH, 1), 40))
		if g.scale > 1 && g.imgW >= 20 {
			g.scale = min(g.scale, 5)
		}
		for g.scale > 1 && vg.Length(g.columns)*(cssPixels(g.scale*g.imgW)+tileGap) > room {
			g.scale--
		}
	}
	g.cellW = cssPixels(g.scale * max(g.imgW, 1))
	if most := room/vg.Length(g.columns) - tileGap; caption > g.cellW {
		g.cellW = max(g.cellW, min(caption, most, g.cellW*1.7))
	}
	g.cellH = cssPixels(g.scale * max(g.imgH, 1))
	if g.lines > 0 {
		g.cellH += vg.Length(g.lines)*captionText.line() + 2
	}
	rows := (n + g.columns - 1) / g.columns
	g.width = g.left + vg.Length(g.columns)*(g.cellW+tileGap) - tileGap + pad
	if g.bar != nil {
		g.width += barRoom
	}
	g.width = max(g.width, 240)
	if w := titleText.width(title) + 2*pad; w > g.width {
		g.width = min(w, max(g.width, pageW))
	}
	g.title = titleText.wrap(title, g.width-2*pad)
	for _, s := range noteText.wrap(g.warning, g.width-2*pad) {
		g.notes = append(g.notes, note{s, true})
	}
	for _, s := range noteText.wrap(noteLine, g.width-2*pad) {
		g.notes = append(g.notes, note{s, false})
	}
	g.top = pad
	if len(g.title) > 0 {
		g.top += vg.Length(len(g.title))*titleText.line() + 6
	}
	if len(g.heads) > 0 {
		g.top += captionText.line() + 2
	}
	g.height = g.top + max(vg.Length(rows)*(g.cellH+tileGap)-tileGap, 60) + pad
	if len(g.notes) > 0 {
		g.height += vg.Length(len(g.notes))*noteText.line() + 4
	}
}

func (g *gridLayout) size() (w, h vg.Length) {
	// Whole CSS pixels keep images on the device grid.
	return vg.Length(int(g.width + 0.999)), vg.Length(int(g.height + 0.999))
}

func (g *gridLayout) draw(c draw.Canvas) {
	y := c.Max.Y - pad
	for _, s := range g.title {
		titleText.draw(c, c.Min.X+pad, y-titleText.cap()-1, 0, s)
		y -= titleText.line()
	}
	at := func(col, row int) (x, top vg.Length) {
		return whole(c.Min.X + g.left + vg.Length(col)*(g.cellW+tileGap)),
			whole(c.Max.Y - g.top - vg.Length(row)*(g.cellH+tileGap))
	}
	for i, s := range g.heads {
		if i < g.columns {
			x, top := at(i, 0)
			captionText.draw(c, x+g.cellW/2, top+6, 0.5, captionText.fit(s, g.cellW+tileGap))
		}
	}
	imgH := cssPixels(g.scale * g.imgH)
	for i, s := range g.rows {
		_, top := at(0, i)
		captionText.draw(c, c.Min.X+g.left-8, top-imgH/2-captionText.cap()/2, 1, captionText.fit(s, 150))
	}
	for i, t := range g.tiles {
		if t.Image == nil {
			continue
		}
		x, top := at(i%g.columns, i/g.columns)
		g.tile(c, t, x, top)
	}
	if g.imgW == 0 || g.imgH == 0 {
		labelText.with(soft).draw(c, c.Center().X, c.Max.Y-g.top-30, 0.5, "no images")
	}
	if g.bar != nil {
		_, top := at(0, 0)
		_, low := at(0, (len(g.tiles)-1)/g.columns)
		g.bar.draw(c, c.Max.X-pad-barRoom+18, low-imgH, top)
	}
	for i, n := range g.notes {
		n.lettering().draw(c, c.Min.X+pad, c.Min.Y+pad-2+vg.Length(len(g.notes)-1-i)*noteText.line(), 0, n.text)
	}
}

// tile draws one image with its caption; x and top are whole device pixels.
func (g *gridLayout) tile(c draw.Canvas, t Tile, x, top vg.Length) {
	b := t.Image.Bounds().Size()
	if b.X == 0 || b.Y == 0 {
		return
	}
	w, h := cssPixels(g.scale*b.X), cssPixels(g.scale*b.Y)
	x0 := whole(x + (g.cellW-w)/2)
	y0 := top - cssPixels(g.scale*g.imgH)/2 - h/2
	y0 = whole(y0)
	box := rect(x0, y0, x0+w, y0+h)
	c.DrawImage(box, enlarge(t.Image, g.scale, g.invert))
	l, frame := captionText, color.NRGBA(grid)
	if t.Wrong {
		l, frame = captionText.with(alarm), alarm
	}
	strokeRect(c, rect(box.Min.X-0.5, box.Min.Y-0.5, box.Max.X+0.5, box.Max.Y+0.5), 1, frame)
	for i, s := range strings.SplitN(t.Caption, "\n", 2) {
		y := top - cssPixels(g.scale*g.imgH) - vg.Length(i+1)*captionText.line() + 1
		l.draw(c, x+g.cellW/2, y, 0.5, l.fit(strings.ReplaceAll(s, "\n", " "), g.cellW+tileGap))
	}
}

// whole rounds to the grid of device pixels.
func whole(v vg.Length) vg.Length {
	return vg.Length(int(v*pixelRatio+0.5)) / pixelRatio
}

// enlarge repeats every pixel k×k times.
func enlarge(m image.Image, k int, invert bool) *image.NRGBA {
	b := m.Bounds()
	out := image.NewNRGBA(image.Rect(0, 0, k*b.Dx(), k*b.Dy()))
	gray, isGray := m.(*image.Gray)
	for y := range b.Dy() {
		row := out.Pix[y*k*out.Stride:][:out.Stride]
		for x := range b.Dx() {
			var v color.NRGBA
			if isGray {
				g := gray.Pix[gray.PixOffset(b.Min.X+x, b.Min.Y+y)]
				v = color.NRGBA{R: g, G: g, B: g, A: 255}
			} else {
				v = color.NRGBAModel.Convert(m.At(b.Min.X+x, b.Min.Y+y)).(color.NRGBA)
			}
			if invert && isGray {
				v.R, v.G, v.B = 255-v.R, 255-v.G, 255-v.B
			}
			for i := x * k * 4; i < (x+1)*k*4; i += 4 {
				row[i], row[i+1], row[i+2], row[i+3] = v.R, v.G, v.B, v.A
			}
		}
		for i := 1; i < k; i++ {
			copy(out.Pix[(y*k+i)*out.Stride:][:out.Stride], row)
		}
	}
	return out
}

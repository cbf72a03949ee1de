package viz

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"slices"
	"strings"
)

// Epochs is how a network came to be, moment by moment: its kernels, which images it
// reads as what, and images in the plane of what it makes of them. All moments share
// their scales. A page has a slider over them; where nothing may run, each is a line
// that one opens. Paper and other exports have the moments side by side, in small.
type Epochs struct {
	Title    string
	Moments  []Moment
	H, W     int      // of a kernel
	Kernels  string   // what these are: "the 16 kernels of 0.conv2d"
	Labels   []uint16 // the class of each point
	Names    []string // of the classes; nil: 0, 1, 2, …
	Points   string   // what these are: "500 dev images on two axes"
	Confused string   // what the counts are of: "10,000 dev images"
	Note     string
}

// A Moment is what of a network is looked at, at one time. Parts may be missing, in all
// moments alike.
type Moment struct {
	Tick    string // the time in a few letters: "1/4"
	Told    string // the time and the numbers that go with it, in words
	Kernels [][]float32
	Counts  [][]int // Counts[truth][predicted], see [Confusion]
	Points  [][2]float64
}

// Alt implements Figure.
func (f Epochs) Alt() string {
	s := "A network at " + count(len(f.Moments), "moment", "moments") + " of its training"
	if f.Title != "" {
		s += ": " + f.Title
	}
	s += "."
	for i, m := range f.Moments {
		if m.Told != "" && (i == 0 || i == len(f.Moments)-1) {
			s += " " + upper(m.Told) + "."
		}
	}
	return s
}

func upper(s string) string {
	if s == "" {
		return s
	}
	r := []rune(s)
	return strings.ToUpper(string(r[:1])) + string(r[1:])
}

func (f Epochs) name() string { return f.Title }

// epochScales are what all moments have in common.
type epochScales struct {
	weight  float64 // of the darkest colour of a kernel
	errors  float64 // the largest number of errors in a cell
	classes int
	square  [2]extent // that all points lie in
}

func (f Epochs) scales() epochScales {
	s := epochScales{classes: len(f.Names), square: [2]extent{noExtent(), noExtent()}}
	for _, l := range f.Labels {
		s.classes = max(s.classes, int(l)+1)
	}
	for _, m := range f.Moments {
		if len(m.Points) != len(f.Labels) && len(m.Points) > 0 {
			panic(fmt.Sprintf("viz: epochs: %d points, %d labels", len(m.Points), len(f.Labels)))
		}
		for _, k := range m.Kernels {
			if len(k) != f.H*f.W {
				panic(fmt.Sprintf("viz: epochs: a kernel of %d values, want %d×%d", len(k), f.H, f.W))
			}
			for _, v := range k {
				if a := math.Abs(float64(v)); isFinite(a) {
					s.weight = math.Max(s.weight, a)
				}
			}
		}
		for i, r := range m.Counts {
			for j, n := range r {
				if i != j {
					s.errors = math.Max(s.errors, float64(n))
				}
			}
		}
		for _, p := range m.Points {
			if isFinite(p[0]) && isFinite(p[1]) {
				s.square[0].add(p[0])
				s.square[1].add(p[1])
			}
		}
	}
	// As many units in a pixel both ways.
	side := 0.0
	for _, e := range s.square {
		if !e.empty() {
			side = math.Max(side, e.hi/2-e.lo/2)
		}
	}
	if side = math.Min(side, math.MaxFloat64/4); side == 0 {
		side = 1
	}
	for i, e := range s.square {
		middle := 0.0
		if !e.empty() {
			middle = e.lo/2 + e.hi/2
		}
		s.square[i] = extent{middle - side*1.06, middle + side*1.06}
	}
	return s
}

// place is where a point lies in a square of so many pixels; ok is false for one that
// is nowhere.
func (s epochScales) place(p [2]float64, pixels int) (x, y int, ok bool) {
	if !isFinite(p[0]) || !isFinite(p[1]) {
		return 0, 0, false
	}
	at := func(v float64, e extent) float64 {
		return math.Max(0, math.Min(1, (v-e.lo)/(e.hi-e.lo)))
	}
	n := float64(pixels - 1)
	return int(at(p[0], s.square[0])*n + 0.5), int((1-at(p[1], s.square[1]))*n + 0.5), true
}

// cell is the colour of a number of errors. One image is to be seen, and so is that
// most were once misread: the scale is one of logarithms.
func (s epochScales) cell(n int) color.NRGBA {
	return warm.at(math.Log1p(float64(n)) / math.Log1p(math.Max(s.errors, 1)))
}

func (f Epochs) class(i int) string {
	return Confusion{Names: f.Names, Counts: make([][]int, i+1)}.class(i)
}

// sheet draws kernels beside each other, one pixel a weight.
func (f Epochs) sheet(s epochScales, kernels [][]float32) *image.Paletted {
	columns := int(math.Ceil(math.Sqrt(float64(len(kernels)))))
	rows := (len(kernels) + columns - 1) / columns
	const shades, gap, bad = 254, 254, 255
	palette := make(color.Palette, 256)
	for i := range shades {
		palette[i] = diverging.at(float64(i) / (shades - 1))
	}
	palette[gap], palette[bad] = grid, absent
	m := image.NewPaletted(image.Rect(0, 0, columns*(f.W+1)-1, rows*(f.H+1)-1), palette)
	for i := range m.Pix {
		m.Pix[i] = gap
	}
	limit := s.weight
	if limit == 0 {
		limit = 1
	}
	for k, kernel := range kernels {
		x0, y0 := k%columns*(f.W+1), k/columns*(f.H+1)
		for i, v := range kernel {
			shade := uint8(bad)
			if isFinite(float64(v)) {
				shade = uint8((float64(v)/limit+1)/2*(shades-1) + 0.5)
			}
			m.SetColorIndex(x0+i%f.W, y0+i/f.W, shade)
		}
	}
	return m
}

// repeated is an image with every pixel k×k times: for readers that would smooth it.
func repeated(m *image.Paletted, k int) *image.Paletted {
	out := image.NewPaletted(image.Rect(0, 0, k*m.Rect.Dx(), k*m.Rect.Dy()), m.Palette)
	for i := range out.Pix {
		x, y := i%out.Stride, i/out.Stride
		out.Pix[i] = m.Pix[y/k*m.Stride+x/k]
	}
	return out
}

// page is what a notebook shows: a folded part for each moment, the last one open.
func (f Epochs) page() string {
	s, id := f.scales(), crc32.NewIEEE() // two figures of a page differ
	fmt.Fprint(id, f.Title, f.Moments)
	var h htmlBuilder
	h.add(`<div class="epochs" style="margin:4px 0">`)
	h.addIf(`<div class="title" style="font-weight:600;margin:4px 0 6px">%s</div>`, f.Title)
	for i, m := range f.Moments {
		open := ""
		if i == len(f.Moments)-1 {
			open = " open"
		}
		h.b.WriteString(`<details` + open)
		h.add(` name="epochs-%s" style="margin:4px 0"><summary><b class="tick">%s</b> <span class="told">%s</span></summary>`, fmt.Sprintf("%08x", id.Sum32()), m.Tick, m.Told)
		h.add(`<div class="moment" style="display:flex;flex-wrap:wrap;align-items:flex-start;column-gap:16px;row-gap:10px;margin:8px 0">`)
		f.part(&h, s, m)
		h.add(`</div></details>`)
	}
	if len(f.Moments) == 0 {
		h.add(`<div>No moments.</div>`)
	}
	h.addIf(`<div class="note" style="margin:4px 0;font-size:90%%">%s</div>`, f.Note)
	h.add(`</div>`)
	return h.String()
}

// Widths of the parts of a moment, in CSS pixels.
const (
	sheetWidth  = 200
	pointsWidth = 264
)

// part is what is shown of a moment.
func (f Epochs) part(h *htmlBuilder, s epochScales, m Moment) {
	const caption = `<div class="caption" style="font-size:85%%;line-height:1.3;margin:4px 0 0">%s</div></div>`
	if len(m.Kernels) > 0 && f.H > 0 && f.W > 0 {
		sheet := f.sheet(s, m.Kernels)
		sheet = repeated(sheet, max(1, (sheetWidth+sheet.Rect.Dx()/2)/sheet.Rect.Dx()))
		h.add(`<div class="kernels" style="width:%dpx">`, sheet.Rect.Dx())
		h.picture("image/png", encoded(sheet), fmt.Sprintf("%s, %s", cmp.Or(f.Kernels, "kernels"), m.Told), sheet.Rect.Dx(), sheet.Rect.Dy(), "image-rendering:pixelated;")
		h.add(caption, upper(cmp.Or(f.Kernels, "kernels"))+fmt.Sprintf(": blue is −%.2g, white 0, red %.2g.", s.weight, s.weight))
	}
	if len(m.Points) > 0 {
		h.add(`<div class="points" style="width:%dpx">`, pointsWidth)
		h.picture("image/svg+xml", []byte(f.cloud(s, m.Points)), fmt.Sprintf("%s, %s", cmp.Or(f.Points, "points in the plane"), m.Told), pointsWidth, pointsWidth, "border:1px solid rgba(128,128,128,.35);border-radius:8px;")
		h.add(caption, upper(cmp.Or(f.Points, "points in the plane"))+".")
	}
	if len(m.Counts) > 0 {
		h.add(`<div class="matrix">`)
		f.matrix(h, s, m.Counts)
		h.add(caption, upper(cmp.Or(f.Confused, "images"))+". Rows: what they are. Columns: what they were read as.")
	}
}

// picture appends an image.
func (h *htmlBuilder) picture(kind string, content []byte, alt string, width, height int, style string) {
	h.add(`<img src="data:`+kind+`;base64,%s" alt="%s" width="%d" height="%d" style="display:block;max-width:100%%;`+style+`">`,
		base64.StdEncoding.EncodeToString(content), alt, width, height)
}

func encoded(m image.Image) []byte {
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&b, m); err != nil {
		return nil // larger than a PNG can be
	}
	return b.Bytes()
}

// cloudSide is the side of a cloud in its own units, half CSS pixels.
const cloudSide = 2 * pointsWidth

// cloud draws points as an SVG: a path for each class, of dots in the order of the
// points, so that who has two clouds can move one into the other.
func (f Epochs) cloud(s epochScales, points [][2]float64) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" fill="none" stroke-linecap="round" stroke-width="7"><rect width="100%%" height="100%%" fill="#fff"/>`, cloudSide, cloudSide)
	var names []cloudName
	for c := range s.classes {
		var xs, ys []int
		look := seriesColor(c, s.classes)
		for i, p := range points {
			x, y, ok := s.place(p, cloudSide)
			if int(f.Labels[i]) != c || !ok {
				continue
			}
			if len(xs) == 0 {
				fmt.Fprintf(&b, `<path stroke="#%02x%02x%02x" d="`, look.R, look.G, look.B)
			}
			fmt.Fprintf(&b, "M%d %dh0", x, y)
			xs, ys = append(xs, x), append(ys, y)
		}
		if len(xs) == 0 {
			continue
		}
		b.WriteString(`"/>`)
		slices.Sort(xs)
		slices.Sort(ys)
		names = append(names, cloudName{f.class(c), darker(look), xs[len(xs)/2], ys[len(ys)/2]})
	}
	var h htmlBuilder
	for i, n := range names {
		if s.classes <= mostNames && n.alone(names, i) {
			h.add(`<text x="%d" y="%d" fill="%s">%s</text>`, n.x, n.y+9, fmt.Sprintf("#%02x%02x%02x", n.color.R, n.color.G, n.color.B), n.text)
		}
	}
	b.WriteString(`<g font-family="sans-serif" font-size="28" font-weight="bold" text-anchor="middle" stroke="#fff" stroke-opacity=".8" paint-order="stroke">` + h.String() + `</g></svg>`)
	return b.String()
}

// A cloudName is the name of a class at the median of its points.
type cloudName struct {
	text  string
	color color.NRGBA
	x, y  int
}

// alone reports whether a name has its place to itself: in a heap names would hide the
// points, and each other.
func (n cloudName) alone(all []cloudName, i int) bool {
	const near = 26
	return !slices.ContainsFunc(append(slices.Clone(all[:i]), all[i+1:]...), func(o cloudName) bool {
		return max(n.x-o.x, o.x-n.x) < near && max(n.y-o.y, o.y-n.y) < near
	})
}

// mostWritten is the largest number of classes whose counts are written into cells.
const mostWritten = 20

// matrix is a confusion matrix as a table; of many classes, a picture.
func (f Epochs) matrix(h *htmlBuilder, s epochScales, counts [][]int) {
	c := Confusion{Counts: counts, Names: f.Names}
	columns := 0
	for _, r := range counts {
		columns = max(columns, len(r))
	}
	if columns > mostWritten {
		m := s.raster(counts)
		h.picture("image/png", encoded(m), c.summary(), pointsWidth, pointsWidth*m.Rect.Dy()/m.Rect.Dx(), "image-rendering:pixelated;")
		return
	}
	h.add(`<table style="border-collapse:collapse;font-variant-numeric:tabular-nums;text-align:center"><thead><tr><td></td>`)
	for j := range columns {
		h.add(`<th scope="col">%s</th>`, c.class(j))
	}
	h.add(`</tr></thead><tbody>`)
	for i, r := range counts {
		h.add(`<tr><th scope="row">%s</th>`, c.class(i))
		for j := range columns {
			switch {
			case j >= len(r) || r[j] == 0:
				h.add(`<td></td>`)
			case i == j:
				h.add(`<td style="background:rgba(128,128,128,.18)">%d</td>`, r[j])
			default:
				fill := s.cell(r[j])
				h.add(`<td style="background:%s;color:%s">%d</td>`, css(fill), css(legible(fill)), r[j])
			}
		}
		h.add(`</tr>`)
	}
	h.add(`</tbody></table>`)
}

// raster is a matrix with a pixel for each cell.
func (s epochScales) raster(counts [][]int) *image.NRGBA {
	columns := 1
	for _, r := range counts {
		columns = max(columns, len(r))
	}
	m := image.NewNRGBA(image.Rect(0, 0, columns, max(len(counts), 1)))
	for i := range m.Rect.Dy() {
		for j := range columns {
			fill := rgb(0xf8f8f8)
			if i < len(counts) && j < len(counts[i]) && counts[i][j] > 0 {
				if fill = s.cell(counts[i][j]); i == j {
					fill = absent
				}
			}
			m.SetNRGBA(j, i, fill)
		}
	}
	return m
}

// mostSide is the largest number of moments that stand side by side in the picture.
const mostSide = 8

// tileSide is that of a tile there, in device pixels.
const tileSide = 200

// layout is the picture: a column for each moment.
func (f Epochs) layout() layout {
	s := f.scales()
	shown := f.Moments
	if n := len(shown); n > mostSide {
		shown = nil
		for i := range mostSide {
			shown = append(shown, f.Moments[i*(n-1)/(mostSide-1)])
		}
	}
	tiles := Images{Title: f.Title, Columns: len(shown), Scale: 1, Note: f.Note}
	row := func(name string, tile func(m Moment) Tile) {
		all, some := make([]Tile, len(shown)), false
		for i, m := range shown {
			all[i] = tile(m)
			some = some || all[i].Image != nil
		}
		if some {
			tiles.Rows, tiles.Tiles = append(tiles.Rows, name), append(tiles.Tiles, all...)
		}
	}
	for _, m := range shown {
		tiles.Heads = append(tiles.Heads, m.Tick)
	}
	row("kernels", func(m Moment) (t Tile) {
		if len(m.Kernels) > 0 && f.H > 0 && f.W > 0 {
			t.Image = fitted(f.sheet(s, m.Kernels))
		}
		return t
	})
	row("points", func(m Moment) (t Tile) {
		if len(m.Points) > 0 {
			t.Image = f.dots(s, m.Points)
		}
		return t
	})
	row("errors", func(m Moment) (t Tile) {
		if len(m.Counts) > 0 {
			t.Image = fitted(s.raster(m.Counts))
			if right, all := (Confusion{Counts: m.Counts}).totals(); all > 0 {
				t.Caption = fmt.Sprintf("%.2f %% wrong", 100*float64(all-right)/float64(all))
			}
		}
		return t
	})
	return tiles.layout()
}

// fitted enlarges an image by a whole factor and sets it in the middle of a tile.
func fitted(m image.Image) image.Image {
	size := m.Bounds().Size()
	k := max(1, tileSide/max(size.X, size.Y, 1))
	large := enlarge(m, k, false)
	tile := image.NewNRGBA(image.Rect(0, 0, max(tileSide, large.Rect.Dx()), max(tileSide, large.Rect.Dy())))
	draw.Draw(tile, tile.Rect, image.NewUniform(paper), image.Point{}, draw.Src)
	at := tile.Rect.Size().Sub(large.Rect.Size()).Div(2)
	draw.Draw(tile, large.Rect.Add(at), large, image.Point{}, draw.Src)
	return tile
}

// dots is a tile of points.
func (f Epochs) dots(s epochScales, points [][2]float64) image.Image {
	tile := image.NewNRGBA(image.Rect(0, 0, tileSide, tileSide))
	draw.Draw(tile, tile.Rect, image.NewUniform(paper), image.Point{}, draw.Src)
	for i, p := range points {
		if x, y, ok := s.place(p, tileSide); ok {
			draw.Draw(tile, image.Rect(x-1, y-1, x+2, y+2), image.NewUniform(seriesColor(int(f.Labels[i]), s.classes)), image.Point{}, draw.Src)
		}
	}
	return tile
}

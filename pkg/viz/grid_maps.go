package viz

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"strings"
)

// Maps draws small matrices on one shared colour scale with a bar: kernels,
// weights as images, feature maps, saliency.
type Maps struct {
	Title    string
	H, W     int
	Maps     [][]float32 // each H×W, row-major
	Captions []string
	Columns  int // 0: as many as fit, at most 10
	Scale    int // size of a cell in half CSS pixels; 0: chosen
	// Diverging centres the scale on 0, blue below and red above; otherwise it
	// runs from white (the smallest value) to dark blue.
	Diverging bool
	Low, High float64 // ends of the scale; both 0: those of the data
	Rows      []string
	Heads     []string
	Bar       string // what the colours mean
	Note      string
}

// Kernels cuts weights into maps of h×w on a diverging scale: the kernels of a
// layer with one input channel, or all channels of all kernels in turn.
func Kernels(title string, h, w int, weights []float32) Maps {
	if h <= 0 || w <= 0 || len(weights)%(h*w) != 0 {
		panic(fmt.Sprintf("viz: kernels: %d weights, want a multiple of %d×%d", len(weights), h, w))
	}
	m := Maps{Title: title, H: h, W: w, Diverging: true, Bar: "weight"}
	for i := 0; i < len(weights); i += h * w {
		m.Maps = append(m.Maps, weights[i:i+h*w])
	}
	return m
}

// Filters draws the kernels of a layer with several input channels: a row for
// each filter, a column for each channel it reads. Weights are ordered as in
// PyTorch, filters × channels × k × k.
func Filters(title string, filters, channels, k int, weights []float32) Maps {
	if len(weights) != filters*channels*k*k {
		panic(fmt.Sprintf("viz: filters: %d weights, want %d×%d×%d×%d", len(weights), filters, channels, k, k))
	}
	m := Kernels(title, k, k, weights)
	m.Columns = channels
	for i := range filters {
		m.Rows = append(m.Rows, fmt.Sprint("filter ", i))
	}
	for i := range channels {
		m.Heads = append(m.Heads, fmt.Sprint(i))
	}
	return m
}

// AddRow appends a row with a name. All rows have Columns maps.
func (f *Maps) AddRow(name string, maps [][]float32) {
	f.Rows, f.Maps = append(f.Rows, name), append(f.Maps, maps...)
}

// Alt implements Figure.
func (f Maps) Alt() string {
	var b strings.Builder
	b.WriteString("Maps")
	if f.Title != "" {
		b.WriteString(": " + f.Title)
	}
	fmt.Fprintf(&b, ". %s of %d×%d on one colour scale", count(len(f.Maps), "map", "maps"), f.H, f.W)
	if e, _ := f.extent(); !e.empty() {
		fmt.Fprintf(&b, ", values %s to %s", short(e.lo), short(e.hi))
	}
	b.WriteString(".")
	return b.String()
}

func (f Maps) extent() (e extent, bad int) {
	e = noExtent()
	for _, m := range f.Maps {
		for _, v := range m {
			if !isFinite(float64(v)) {
				bad++
			}
			e.add(float64(v))
		}
	}
	return e, bad
}

func (f Maps) name() string { return f.Title }

func (f Maps) layout() layout {
	for i, m := range f.Maps {
		if len(m) != f.H*f.W {
			panic(fmt.Sprintf("viz: maps: map %d has %d values, want %d×%d", i, len(m), f.H, f.W))
		}
	}
	e, bad := f.extent()
	r := sequential
	if f.Low < f.High {
		e = extent{f.Low, f.High}
	}
	if f.Diverging {
		r = diverging
		m := math.Max(math.Abs(e.lo), math.Abs(e.hi))
		if !(m > 0) || e.empty() {
			m = 1
		}
		e = extent{-m, m}
	}
	s := newScale(e, false, 0)
	g := &gridLayout{columns: f.Columns, scale: f.Scale, heads: f.Heads, rows: f.Rows}
	g.bar = &colorBar{ramp: r, scale: s, label: f.Bar}
	for i, m := range f.Maps {
		t := Tile{Image: colorize(f.H, f.W, m, r, s)}
		if i < len(f.Captions) {
			t.Caption = f.Captions[i]
		}
		g.tiles = append(g.tiles, t)
	}
	if bad > 0 {
		g.warning = count(bad, "value is", "values are") + " NaN or infinite: grey."
	}
	g.place(f.Title, f.Note)
	return g
}

// mapImage colours an h×w matrix for a Tile, symmetric about 0: blue, white, red.
// Limit is the value of the darkest colour; 0: the largest magnitude in the data.
func mapImage(h, w int, data []float32, limit float64) *image.NRGBA {
	if len(data) != h*w {
		panic(fmt.Sprintf("viz: map image: %d values, want %d×%d", len(data), h, w))
	}
	if limit <= 0 {
		for _, v := range data {
			if a := math.Abs(float64(v)); isFinite(a) {
				limit = math.Max(limit, a)
			}
		}
	}
	if limit == 0 {
		limit = 1
	}
	return colorize(h, w, data, diverging, scale{lo: -limit, hi: limit})
}

// Ink draws pixels in [0,1] as dark ink on white paper, for a Tile: patches,
// means of images, images that a network has made. Three planes of them are drawn
// in the colours that they are. NaN is grey.
func Ink(h, w int, pixels []float32) image.Image {
	n := h * w
	if len(pixels) != n && len(pixels) != 3*n {
		panic(fmt.Sprintf("viz: ink: %d values, want %d×%d or 3×%d×%d", len(pixels), h, w, h, w))
	}
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i, v := range pixels[:n] {
		c := absent
		switch {
		case len(pixels) == 3*n:
			if g, b := pixels[n+i], pixels[2*n+i]; isFinite(float64(v) + float64(g) + float64(b)) {
				c = color.NRGBA{R: level(float64(v)), G: level(float64(g)), B: level(float64(b)), A: 255}
			}
		case isFinite(float64(v)):
			g := level(1 - float64(v))
			c = color.NRGBA{R: g, G: g, B: g, A: 255}
		}
		m.SetNRGBA(i%w, i/w, c)
	}
	return m
}

// level is a value in [0,1] as a byte; what lies beyond is cut off.
func level(v float64) uint8 { return uint8(255*math.Max(0, math.Min(1, v)) + 0.5) }

// overlay colours a map over the image that it is about, symmetric about 0: the
// ink stands behind it in grey. Planes of either are taken together: the values
// are added, the pixels are a mean. Limit is as in mapImage.
func overlay(h, w int, pixels, values []float32, limit float64) image.Image {
	ink := added(h*w, pixels)
	for i := range ink {
		ink[i] /= float32(len(pixels) / (h * w))
	}
	m, under := mapImage(h, w, added(h*w, values), limit), Ink(h, w, ink).(*image.NRGBA)
	for i, v := range under.Pix {
		const strength = 0.45 // of full ink
		if i%4 < 3 {
			m.Pix[i] = uint8(float64(m.Pix[i])*(1-strength*float64(255-v)/255) + 0.5)
		}
	}
	return m
}

// added is the sum of planes of n values.
func added(n int, planes []float32) []float32 {
	sum := make([]float32, n)
	for i, v := range planes {
		sum[i%n] += v
	}
	return sum
}

func colorize(h, w int, data []float32, r ramp, s scale) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	colors := r.table()
	for i, v := range data {
		m.SetNRGBA(i%w, i/w, colors.at(s.norm(float64(v))))
	}
	return m
}

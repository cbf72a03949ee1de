package viz

import (
	"cmp"
	"image"
	"image/color"
	"slices"
)

// toPalette reduces an opaque image to at most so many colours, 256 of them or fewer:
// exactly if it has no more, else by median cut (Heckbert 1982). Charts are few colours and the edges
// between them, so nothing is seen of it, and a saved notebook is a third the size.
func toPalette(m *image.RGBA, most int) *image.Paletted {
	counts := map[uint32]int{}
	pixels(m, func(c uint32, n int) { counts[c] += n })
	boxes := []colorBox{newColorBox(counts)}
	for len(boxes) < most {
		// Split the box whose pixels lie furthest from one colour.
		worst := 0
		for i, b := range boxes {
			if b.spread > boxes[worst].spread {
				worst = i
			}
		}
		if boxes[worst].spread == 0 {
			break
		}
		a, b := boxes[worst].split()
		boxes[worst] = a
		boxes = append(boxes, b)
	}
	index := make(map[uint32]uint8, len(counts))
	palette := make(color.Palette, len(boxes))
	for i, b := range boxes {
		palette[i] = b.mean()
		for _, c := range b.colors {
			index[c.rgb] = uint8(i)
		}
	}
	out := image.NewPaletted(m.Rect, palette)
	at := 0
	pixels(m, func(c uint32, n int) {
		k := index[c]
		for range n {
			out.Pix[at] = k
			at++
		}
	})
	return out
}

// pixels calls f for every run of equal pixels in reading order.
func pixels(m *image.RGBA, f func(rgb uint32, n int)) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	for y := range h {
		row := m.Pix[y*m.Stride:][:4*w]
		last, n := uint32(0), 0
		for x := 0; x < len(row); x += 4 {
			c := uint32(row[x])<<16 | uint32(row[x+1])<<8 | uint32(row[x+2])
			if c != last && n > 0 {
				f(last, n)
				n = 0
			}
			last = c
			n++
		}
		f(last, n)
	}
}

type weighted struct {
	rgb uint32
	n   int
}

func (w weighted) channel(k int) int { return int(w.rgb >> (16 - 8*k) & 255) }

// colorBox holds the colours that one palette entry stands for.
type colorBox struct {
	colors []weighted
	axis   int     // the channel with the largest spread
	spread float64 // variance along axis × pixels
}

func newColorBox(counts map[uint32]int) colorBox {
	b := colorBox{}
	for c, n := range counts {
		b.colors = append(b.colors, weighted{c, n})
	}
	// The order of a map is random; a figure's bytes must not be.
	slices.SortFunc(b.colors, func(p, q weighted) int { return cmp.Compare(p.rgb, q.rgb) })
	b.measure()
	return b
}

func (b *colorBox) measure() {
	b.spread = 0
	for k := range 3 {
		var n, s, ss float64
		for _, c := range b.colors {
			v, w := float64(c.channel(k)), float64(c.n)
			n, s, ss = n+w, s+w*v, ss+w*v*v
		}
		if v := ss - s*s/n; v > b.spread+1e-6 {
			b.axis, b.spread = k, v
		}
	}
}

// split cuts at the mean of the widest channel; both halves hold a colour.
func (b colorBox) split() (lo, hi colorBox) {
	k := b.axis
	var n, s float64
	for _, c := range b.colors {
		n, s = n+float64(c.n), s+float64(c.n)*float64(c.channel(k))
	}
	mean := s / n
	for _, c := range b.colors {
		if float64(c.channel(k)) <= mean {
			lo.colors = append(lo.colors, c)
		} else {
			hi.colors = append(hi.colors, c)
		}
	}
	lo.measure()
	hi.measure()
	return lo, hi
}

func (b colorBox) mean() color.NRGBA {
	var n float64
	var s [3]float64
	for _, c := range b.colors {
		n += float64(c.n)
		for k := range 3 {
			s[k] += float64(c.n) * float64(c.channel(k))
		}
	}
	return color.NRGBA{R: uint8(s[0]/n + 0.5), G: uint8(s[1]/n + 0.5), B: uint8(s[2]/n + 0.5), A: 255}
}

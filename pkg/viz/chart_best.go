package viz

import (
	"cmp"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// bestMarks rings the best point of each series that asks for it and writes its
// value where it hides least: of places around the point, the one with
// the fewest crossings by the given lines and no other label. A label without a
// place is left out; the ring stays. Of many marks only the best gets a label.
func (p plane) bestMarks(series []Series, st []style, lines [][]vg.Point) {
	const fewMarks = 4
	type mark struct {
		at   vg.Point
		text string
		col  color.NRGBA

		series int
	}
	var marks []mark
	var rings []vg.Point
	var taken []vg.Rectangle
	for i, s := range series {
		k := s.best()
		if k < 0 || !p.x.shows(s.xs()[k]) || !p.y.shows(s.Y[k]) {
			continue
		}
		at := p.at(s.xs()[k], s.Y[k])
		if !p.Contains(at) {
			continue
		}
		p.ring(at, st[i].color)
		rings = append(rings, at)
		marks = append(marks, mark{at, short(s.Y[k]), st[i].color, i})
		taken = append(taken, rect(at.X-5, at.Y-5, at.X+5, at.Y+5))
	}
	if len(marks) > fewMarks {
		marks = []mark{slices.MaxFunc(marks, func(a, b mark) int {
			if series[a.series].Best == Min {
				a, b = b, a
			}
			return cmp.Compare(a.at.Y, b.at.Y)
		})}
	}
	texts := make([]string, len(marks))
	for i, m := range marks {
		texts[i] = m.text
	}
	for i, s := range withoutZeros(texts) {
		marks[i].text = s
	}
	// From the top down, so that labels of a cluster keep the order of its points.
	slices.SortStableFunc(marks, func(a, b mark) int { return cmp.Compare(b.at.Y, a.at.Y) })
	for _, m := range marks {
		l := lettering{size: 11.5, bold: true, color: darker(m.col)}
		others := slices.DeleteFunc(slices.Clone(rings), func(o vg.Point) bool { return o == m.at })
		box, ok := p.place(m.at, l.width(m.text), l.cap(), taken, others, lines)
		if !ok {
			continue
		}
		taken = append(taken, box)
		fillRect(p.Canvas, box, fade(paper, 0.8))
		l.draw(p.Canvas, box.Min.X+2, box.Min.Y+2, 0, m.text)
	}
}

// withoutZeros writes numbers without the zeros in which all of their decimals end:
// 8.600 and 6.510 become 8.60 and 6.51.
func withoutZeros(numbers []string) []string {
	out := slices.Clone(numbers)
	needed := func(s string) bool { return !strings.Contains(s, ".") || !strings.HasSuffix(s, "0") }
	for len(out) > 0 && !slices.ContainsFunc(out, needed) {
		for i, s := range out {
			out[i] = strings.TrimSuffix(s[:len(s)-1], ".")
		}
	}
	return out
}

// place finds room for a label of w×h beside a point: close to it, or a line
// farther above or below, where no curve passes. Nearer to another point
// than to its own a label could be read as the other's, if it were not for its colour.
func (p plane) place(at vg.Point, w, h vg.Length, taken []vg.Rectangle, others []vg.Point, lines [][]vg.Point) (best vg.Rectangle, ok bool) {
	const off = 9
	cost := 0
	near := [][2]vg.Length{{-0.5, 1}, {-0.5, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}}
	far := [][2]vg.Length{{-0.5, 2}, {-0.5, -2}, {-0.5, 3}, {-0.5, -3}}
	for _, d := range slices.Concat(near, far) {
		steps := max(d[1], -d[1])
		x, y := at.X+d[0]*w, at.Y-h/2+d[1]*(off+h/2)
		if steps > 1 { // lines of a label's height
			y = at.Y - h/2 + d[1]/steps*(off+h/2+(steps-1)*(h+5))
		}
		switch d[0] {
		case 1:
			x = at.X + off
		case -1:
			x = at.X - off - w
		}
		if d[0] == -0.5 {
			x = max(p.Min.X+2, min(x, p.Max.X-w-2))
		}
		box := rect(x-2, y-2, x+w+2, y+h+2)
		const rim = 3 // from the axes
		if !p.Contains(vg.Point{X: box.Min.X - rim, Y: box.Min.Y - rim}) || !p.Contains(box.Max) || overlapsAny(box, taken) {
			continue
		}
		n := crossings(box, lines)
		if steps > 1 {
			n += 5 * int(steps)
		}
		for _, o := range others {
			if away(box, o) < away(box, at) {
				n += 12
			}
		}
		if !ok || n < cost {
			best, cost, ok = box, n, true
		}
	}
	return best, ok
}

func (p plane) ring(at vg.Point, col color.NRGBA) {
	p.DrawGlyphNoClip(draw.GlyphStyle{Color: paper, Radius: 5.5, Shape: draw.CircleGlyph{}}, at)
	p.DrawGlyphNoClip(draw.GlyphStyle{Color: col, Radius: 4.2, Shape: draw.CircleGlyph{}}, at)
	p.DrawGlyphNoClip(draw.GlyphStyle{Color: paper, Radius: 1.6, Shape: draw.CircleGlyph{}}, at)
}

func overlapsAny(r vg.Rectangle, others []vg.Rectangle) bool {
	for _, o := range others {
		if r.Min.X < o.Max.X && o.Min.X < r.Max.X && r.Min.Y < o.Max.Y && o.Min.Y < r.Max.Y {
			return true
		}
	}
	return false
}

// away is the distance from q to the centre of r.
func away(r vg.Rectangle, q vg.Point) float64 {
	return math.Hypot(float64((r.Min.X+r.Max.X)/2-q.X), float64((r.Min.Y+r.Max.Y)/2-q.Y))
}

// crossings counts the pixels of line inside r, to within a few.
func crossings(r vg.Rectangle, lines [][]vg.Point) int {
	n := 0
	inside := func(q vg.Point) bool {
		return q.X > r.Min.X && q.X < r.Max.X && q.Y > r.Min.Y && q.Y < r.Max.Y
	}
	for _, l := range lines {
		for i := 1; i < len(l); i++ {
			a, b := l[i-1], l[i]
			if max(a.X, b.X) < r.Min.X || min(a.X, b.X) > r.Max.X || max(a.Y, b.Y) < r.Min.Y || min(a.Y, b.Y) > r.Max.Y {
				continue
			}
			steps := int(max(b.X-a.X, a.X-b.X, b.Y-a.Y, a.Y-b.Y)/2) + 1
			for s := range steps {
				t := vg.Length(s) / vg.Length(steps)
				if inside(vg.Point{X: a.X + t*(b.X-a.X), Y: a.Y + t*(b.Y-a.Y)}) {
					n++
				}
			}
		}
	}
	return n
}

// darker keeps small letters legible on paper.
func darker(c color.NRGBA) color.NRGBA {
	dim := func(v uint8) uint8 { return uint8(float64(v) * 0.78) }
	return color.NRGBA{R: dim(c.R), G: dim(c.G), B: dim(c.B), A: c.A}
}

package viz

import (
	"fmt"
	"image/color"
	"math"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// lettering sets lines of text in Liberation Sans as filled outlines: vgpdf
// cannot encode letters beyond Latin-1, vgsvg needs the font on the reader's
// machine, and rotated text of vgimg is resampled. Outlines have none of this.
// Characters that it lacks come from a font of the system, see systemFonts; what
// no font has is written out, as [U+5B66].
type lettering struct {
	size  vg.Length // of the em
	bold  bool
	color color.NRGBA
}

func (l lettering) with(c color.NRGBA) lettering { l.color = c; return l }

// capHeight is that of Liberation Sans, in ems; digits are as high.
const capHeight = 0.69

// cap is the height of a capital letter or digit.
func (l lettering) cap() vg.Length { return capHeight * l.size }

// line is the distance from one baseline to the next.
func (l lettering) line() vg.Length { return 1.32 * l.size }

func (l lettering) width(s string) vg.Length {
	f := l.face()
	f.mu.Lock()
	defer f.mu.Unlock()
	w := 0.0
	for _, g := range f.set(s) {
		w += g.advance
	}
	return vg.Length(w) * l.size
}

// draw sets s with its baseline at y. Share says which part of its width lies
// left of x: 0 flush left, 0.5 centred, 1 flush right.
func (l lettering) draw(c draw.Canvas, x, y vg.Length, share float64, s string) {
	x -= vg.Length(share) * l.width(s)
	c.SetColor(l.color)
	if p := l.path(x, y, s); len(p) > 0 {
		c.Fill(p)
	}
}

// drawUp sets s from bottom to top, centred on y, its baseline at x.
func (l lettering) drawUp(c draw.Canvas, x, y vg.Length, s string) {
	if !sane(x) || !sane(y) {
		return
	}
	c.Push()
	defer c.Pop()
	c.Translate(vg.Point{X: x, Y: y})
	c.Rotate(math.Pi / 2)
	l.draw(c, 0, 0, 0.5, s)
}

// fit shortens s with an ellipsis to at most width.
func (l lettering) fit(s string, width vg.Length) string {
	if l.width(s) <= width {
		return s
	}
	for len(s) > 0 {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
		if t := strings.TrimRight(s, " ") + "…"; l.width(t) <= width {
			return t
		}
	}
	return ""
}

// wrap breaks s at spaces into lines of at most width; a longer word is cut.
func (l lettering) wrap(s string, width vg.Length) []string {
	var lines []string
	for _, para := range strings.Split(s, "\n") {
		line := ""
		// Not strings.Fields: a no-break space keeps a number or a pair together.
		for _, word := range strings.FieldsFunc(para, func(r rune) bool { return r == ' ' || r == '\t' }) {
			if line != "" && l.width(line+" "+word) > width {
				lines = append(lines, line)
				line = ""
			}
			if line != "" {
				line += " "
			}
			line += l.fit(word, width)
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func (l lettering) path(x, y vg.Length, s string) vg.Path {
	f := l.face()
	f.mu.Lock()
	defer f.mu.Unlock()
	var p vg.Path
	for _, g := range f.set(s) {
		at := func(q [2]float64) vg.Point {
			return vg.Point{X: x + vg.Length(q[0])*l.size, Y: y + vg.Length(q[1])*l.size}
		}
		for i, seg := range g.outline {
			switch seg.op {
			case sfnt.SegmentOpMoveTo:
				if i > 0 {
					p.Close()
				}
				p.Move(at(seg.to[0]))
			case sfnt.SegmentOpLineTo:
				p.Line(at(seg.to[0]))
			case sfnt.SegmentOpQuadTo:
				p.QuadTo(at(seg.to[0]), at(seg.to[1]))
			case sfnt.SegmentOpCubeTo:
				p.CubeTo(at(seg.to[0]), at(seg.to[1]), at(seg.to[2]))
			}
		}
		if len(g.outline) > 0 {
			p.Close()
		}
		x += vg.Length(g.advance) * l.size
	}
	return p
}

func (l lettering) face() *face {
	if l.bold {
		return boldFace()
	}
	return regularFace()
}

var (
	regularFace = sync.OnceValue(func() *face { return newFace(liberationsansregular.TTF) })
	boldFace    = sync.OnceValue(func() *face { return newFace(liberationsansbold.TTF) })
)

// A face keeps the outlines it has loaded, in ems with y upwards.
type face struct {
	mu     sync.Mutex
	font   *sfnt.Font
	buf    sfnt.Buffer
	glyphs map[rune]*glyph
}

type glyph struct {
	advance float64
	outline []segment
}

type segment struct {
	op sfnt.SegmentOp
	to [3][2]float64
}

func newFace(ttf []byte) *face {
	f, err := sfnt.Parse(ttf)
	if err != nil {
		panic("viz: the built-in font: " + err.Error())
	}
	return &face{font: f, glyphs: map[rune]*glyph{}}
}

// set returns the glyphs of a line; f.mu is held.
func (f *face) set(s string) []*glyph {
	line := make([]*glyph, 0, len(s))
	open := false // within brackets of what cannot be drawn
	for _, r := range s {
		if silent(r) && r != '\t' {
			continue
		}
		g := f.glyph(r)
		if g != nil && open {
			line, open = append(line, f.glyph(']')), false
		}
		if g != nil {
			line = append(line, g)
			continue
		}
		code := fmt.Sprintf(" %04X", r)
		if !open {
			code, open = fmt.Sprintf("[U+%04X", r), true
		}
		for _, c := range code {
			line = append(line, f.glyph(c))
		}
	}
	if open {
		line = append(line, f.glyph(']'))
	}
	return line
}

// glyph returns that of r, nil if no font has it; f.mu is held.
func (f *face) glyph(r rune) *glyph {
	if g, ok := f.glyphs[r]; ok {
		return g
	}
	from := f.font
	if r == '\t' {
		r = ' '
	}
	if id, err := from.GlyphIndex(&f.buf, r); err != nil || id == 0 || shaped(r) {
		from = systemFonts.with(r)
	}
	var g *glyph
	if from != nil {
		if o, ok := outline(from, &f.buf, r); ok {
			g = &o
		}
	}
	f.glyphs[r] = g
	return g
}

// outline loads the glyph of r from a font that has it as an outline.
func outline(f *sfnt.Font, buf *sfnt.Buffer, r rune) (g glyph, ok bool) {
	em := float64(f.UnitsPerEm())
	ppem := fixed.I(int(f.UnitsPerEm()))
	id, err := f.GlyphIndex(buf, r)
	if err != nil || id == 0 {
		return g, false
	}
	advance, err := f.GlyphAdvance(buf, id, ppem, font.HintingNone)
	if err != nil {
		return g, false
	}
	g.advance = float64(advance) / 64 / em
	segments, err := f.LoadGlyph(buf, id, ppem, nil)
	if err != nil {
		return g, false
	}
	for _, s := range segments {
		out := segment{op: s.Op}
		for i, a := range s.Args {
			out.to[i] = [2]float64{float64(a.X) / 64 / em, -float64(a.Y) / 64 / em}
		}
		g.outline = append(g.outline, out)
	}
	return g, len(g.outline) > 0 || unicode.IsSpace(r)
}

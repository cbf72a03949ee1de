package data

import (
	"errors"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A photo is how a sheet of paper with a sign on it is seen.
type photo struct {
	w, h          int
	ground, ink   float64 // luminance
	pen           float64 // half width for a sign of 20; 0: as the digit was drawn
	size          float64 // of the sign, as a share of the shorter side; 0: 0.5
	x, y          float64 // of its middle; 0: 0.5
	side          float64 // by how much light falls off to the right and below
	shadow        float64 // by how much the left part is darker
	ruled         float64 // luminance of lines, 0 for none
	squared       bool
	tilt          float64 // of the lines
	noise         float64
	blur          int // radius
	table, specks bool
	frame, circle bool // around the sign
	sheet         bool // a small one, on a dark table
}

// seen draws synthetic digit i as it is seen by a camera.
func seen(i int, p photo) *image.Gray {
	w := newWriter()
	w.draw(make([]uint8, side*side), 99, i)
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, m := range w.marks {
		x0, x1, y0, y1 = min(x0, m.x), max(x1, m.x), min(y0, m.y), max(y1, m.y)
	}
	or := func(v, usual float64) float64 {
		if v == 0 {
			return usual
		}
		return v
	}
	size := or(p.size, 0.5) * float64(min(p.w, p.h))
	scale, unit := size/max(x1-x0, y1-y0), size/box
	cx, cy := or(p.x, 0.5)*float64(p.w), or(p.y, 0.5)*float64(p.h)
	cover := make([]float64, p.w*p.h)
	var last mark
	for k, m := range w.marks {
		m.x, m.y = cx+scale*(m.x-(x0+x1)/2), cy+scale*(m.y-(y0+y1)/2)
		m.r = or(p.pen, m.r) * unit
		if m.lifted {
			last = m
			if k+1 < len(w.marks) && !w.marks[k+1].lifted {
				continue
			}
		}
		segment(cover, p.w, p.h, last, m)
		last = m
	}
	if p.specks {
		for k := range 12 {
			at := mark{x: float64(37*k%p.w) + 3, y: float64(61*k%p.h) + 3, r: 1}
			segment(cover, p.w, p.h, at, at)
		}
	}
	for k := range 1440 { // half as large again as the sign, a pen of one pixel
		at := mark{r: 1}
		switch sin, cos := math.Sincos(float64(k) * math.Pi / 720); {
		case p.frame:
			r := 0.75 * size / max(math.Abs(sin), math.Abs(cos))
			at.x, at.y = cx+r*cos, cy+r*sin
		case p.circle:
			at.x, at.y = cx+0.8*size*cos, cy+0.8*size*sin
		default:
			continue
		}
		segment(cover, p.w, p.h, at, at)
	}
	rng := rand.New(rand.NewPCG(7, uint64(i)))
	lum := make([]float64, p.w*p.h)
	for y := range p.h {
		for x := range p.w {
			v := p.ground
			u, t := float64(x)/float64(p.w), float64(y)/float64(p.h)
			if p.ruled > 0 {
				const step, half = 24.0, 0.8 // pixels
				on := func(a, b int) float64 {
					d := math.Mod(float64(a)+p.tilt*float64(b)+10*step, step)
					return min(max(half+0.5-math.Abs(d-step/2), 0), 1)
				}
				line := on(y, x)
				if p.squared {
					line = max(line, on(x, -y))
				}
				v += (p.ruled - v) * line
			}
			v += (p.ink - v) * cover[y*p.w+x]
			v *= 1 - p.side*(u+t)/2
			v *= 1 - p.shadow/(1+math.Exp((u-0.45)*40))
			if p.sheet && max(math.Abs(float64(x)-cx), math.Abs(float64(y)-cy)) > 0.7*size {
				v = 0.15
			}
			if p.table && (u < 0.06 || t > 0.93) {
				v = 0.12
			}
			lum[y*p.w+x] = v
		}
	}
	m := image.NewGray(image.Rect(0, 0, p.w, p.h))
	for y := range p.h {
		for x := range p.w {
			var sum, n float64
			for j := max(0, y-p.blur); j <= min(p.h-1, y+p.blur); j++ {
				for i := max(0, x-p.blur); i <= min(p.w-1, x+p.blur); i++ {
					sum += lum[j*p.w+i]
					n++
				}
			}
			m.Pix[y*p.w+x] = uint8(min(max(sum/n+p.noise*rng.NormFloat64(), 0), 1)*255 + 0.5)
		}
	}
	return m
}

// segment draws a line with round ends, as canvas.line does on a small one.
func segment(cover []float64, w, h int, a, b mark) {
	ex, ey := b.x-a.x, b.y-a.y
	inv := 0.0
	if l := ex*ex + ey*ey; l > 0 {
		inv = 1 / l
	}
	r := max(a.r, b.r) + 2
	for y := max(0, int(min(a.y, b.y)-r)); y < min(h, int(max(a.y, b.y)+r)); y++ {
		for x := max(0, int(min(a.x, b.x)-r)); x < min(w, int(max(a.x, b.x)+r)); x++ {
			qx, qy := float64(x)-a.x, float64(y)-a.y
			t := min(1, max(0, (qx*ex+qy*ey)*inv))
			v := a.r + t*(b.r-a.r) - math.Hypot(qx-t*ex, qy-t*ey) + 0.5
			cover[y*w+x] = max(cover[y*w+x], min(1, v))
		}
	}
}

// alike is the correlation of two images, moved by a pixel if that makes it larger:
// where the centre of mass is close to the rim of a pixel, the least noise does.
func alike(a, b *image.Gray) (most float64) {
	var x, y []float64
	for dy := -1; dy <= 1; dy++ {
		for dx := -1; dx <= 1; dx++ {
			x, y = x[:0], y[:0]
			for i := range 28 * 28 {
				x = append(x, float64(a.GrayAt(i%28, i/28).Y))
				y = append(y, float64(b.GrayAt(i%28+dx, i/28+dy).Y))
			}
			most = max(most, correlation(x, y))
		}
	}
	return most
}

func correlation(a, b []float64) float64 {
	var ma, mb, ab, aa, bb float64
	for i := range a {
		ma += a[i] / float64(len(a))
		mb += b[i] / float64(len(a))
	}
	for i := range a {
		x, y := a[i]-ma, b[i]-mb
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	return ab / math.Sqrt(aa*bb)
}

var photos = map[string]photo{
	"scan":               {ground: 1, ink: 0},
	"small scan":         {w: 48, h: 48, ground: 1, ink: 0},
	"white on black":     {ground: 0, ink: 1},
	"chalk on a board":   {ground: 0.2, ink: 0.75, side: 0.4, noise: 0.02, blur: 1},
	"pencil":             {ground: 0.85, ink: 0.55, noise: 0.015, blur: 1},
	"light from a side":  {ground: 0.95, ink: 0.25, side: 0.7, noise: 0.02, blur: 1},
	"shadow of a hand":   {ground: 0.9, ink: 0.2, shadow: 0.45, side: 0.2, noise: 0.02, blur: 1},
	"ruled":              {ground: 0.9, ink: 0.2, ruled: 0.65, noise: 0.01, blur: 1},
	"ruled, dark, slant": {ground: 0.9, ink: 0.2, ruled: 0.3, tilt: 0.05, noise: 0.01, blur: 1},
	"squared":            {ground: 0.9, ink: 0.2, ruled: 0.35, squared: true, tilt: 0.02, noise: 0.01},
	"specks":             {ground: 0.9, ink: 0.2, specks: true, noise: 0.02},
	"table":              {ground: 0.9, ink: 0.2, table: true, noise: 0.02, blur: 1},
	"frame":              {ground: 0.9, ink: 0.2, frame: true, noise: 0.02, blur: 1},
	"circle":             {ground: 0.9, ink: 0.2, circle: true, noise: 0.02, blur: 1},
	"a sheet on a table": {ground: 0.9, ink: 0.2, sheet: true, size: 0.35, pen: 1.2, noise: 0.02, blur: 1},
	"small in a corner":  {w: 480, h: 360, ground: 0.9, ink: 0.2, size: 0.15, x: 0.85, y: 0.8, side: 0.3, noise: 0.02},
	"large":              {ground: 0.9, ink: 0.2, size: 0.9, noise: 0.02},
	"ball pen":           {w: 480, h: 360, ground: 0.9, ink: 0.2, pen: 0.2, noise: 0.02},
	"marker":             {ground: 0.9, ink: 0.2, pen: 2.2, noise: 0.02},
	"out of focus":       {ground: 0.9, ink: 0.2, noise: 0.01, blur: 3},
}

// However a sign is photographed, it is found, and prepared as from a clean scan of it.
func TestPrepare(t *testing.T) {
	n := 10
	if testing.Short() {
		n = 3
	}
	clean := map[float64][]*image.Gray{}
	for what, p := range photos {
		if p.w == 0 {
			p.w, p.h = 320, 240
		}
		if clean[p.pen] == nil {
			for i := range n {
				clean[p.pen] = append(clean[p.pen], prepared(t, seen(i, photo{w: 400, h: 400, ground: 1, pen: p.pen})).Image)
			}
		}
		for i, want := range clean[p.pen] {
			sign, err := Prepare(seen(i, p))
			if err != nil {
				t.Errorf("%s, digit %d: %v", what, i, err)
				continue
			}
			if got := alike(sign.Image, want); got < 0.9 || sign.Signs != 1 {
				t.Errorf("%s, digit %d: %d signs, the largest of correlation %.3f with a clean scan", what, i, sign.Signs, got)
			}
		}
	}
}

func prepared(t *testing.T, m image.Image) Sign {
	t.Helper()
	s, err := Prepare(m)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A scan in black and white comes out as the makers of MNIST had it: computed here
// from the definition, the mean of the ink in every one of 20×20 squares.
func TestPrepareAsMNIST(t *testing.T) {
	for i := range 20 {
		scan := seen(i, photo{w: 128, h: 128, ground: 1, size: 0.6, pen: 1.3, x: 0.45, y: 0.53})
		b := image.Rectangle{}
		for j, v := range scan.Pix {
			scan.Pix[j] = 0
			if v >= 128 {
				scan.Pix[j] = 255
				continue
			}
			b = b.Union(image.Rect(j%128, j/128, j%128+1, j/128+1))
		}
		size := float64(max(b.Dx(), b.Dy()))
		left, top := float64(b.Min.X+b.Max.X)/2-size/2, float64(b.Min.Y+b.Max.Y)/2-size/2
		const fine = 16 // samples a side of each square
		var values [400]float64
		var most float64
		for k := range values {
			for s := range fine * fine {
				x := left + (float64(k%20)+(float64(s%fine)+0.5)/fine)*size/20
				y := top + (float64(k/20)+(float64(s/fine)+0.5)/fine)*size/20
				if scan.GrayAt(int(x), int(y)).Y == 0 && image.Pt(int(x), int(y)).In(b) {
					values[k] += 1. / fine / fine
				}
			}
			most = max(most, values[k])
		}
		var mass, mx, my float64
		for k, v := range values {
			mass, mx, my = mass+v, mx+v*(float64(k%20)+0.5), my+v*(float64(k/20)+0.5)
		}
		dx, dy := int(15-mx/mass), int(15-my/mass)
		got := prepared(t, scan)
		if got.Box != b {
			t.Errorf("digit %d: found in %v, it is in %v", i, got.Box, b)
		}
		for k, v := range values {
			want := 255 * v / most
			if d := float64(got.Image.GrayAt(dx+k%20, dy+k/20).Y) - want; math.Abs(d) > 12 {
				t.Errorf("digit %d: pixel %d of the box is %.0f, want %.0f", i, k, want+d, want)
			}
		}
	}
}

// The ink of a prepared sign fills the box on one side at least, and its centre of
// mass lies in the pixel to the lower right of the middle.
func TestPrepareGeometry(t *testing.T) {
	s := Synthetic("digits", 5, 0, 30)
	for i := range s.Len() {
		m := prepared(t, s.Scatter(i, 3)).Image
		b := image.Rectangle{}
		var mass, mx, my float64
		for j, v := range m.Pix {
			if v > 0 {
				b = b.Union(image.Rect(j%28, j/28, j%28+1, j/28+1))
			}
			mass, mx, my = mass+float64(v), mx+float64(v)*(float64(j%28)+0.5), my+float64(v)*(float64(j/28)+0.5)
		}
		if max(b.Dx(), b.Dy()) != 20 {
			t.Errorf("image %d: ink in %v, want 20 pixels on the longer side", i, b)
		}
		if x, y := mx/mass, my/mass; x < 13.99 || x > 15.01 || y < 13.99 || y > 15.01 {
			t.Errorf("image %d: centre of mass at %.2f, %.2f, want 14 to 15", i, x, y)
		}
		if got := alike(m, s.Image(i).(*image.Gray)); got < 0.85 {
			t.Errorf("image %d: correlation %.3f with what was scattered", i, got)
		}
	}
}

// Nothing written is said, and not read as a sign.
func TestPrepareBlank(t *testing.T) {
	blank := func(p photo) image.Image {
		p.w, p.h, p.ink = 320, 240, p.ground // ink that nobody sees
		return seen(0, p)
	}
	for what, m := range map[string]image.Image{
		"white":       blank(photo{ground: 1}),
		"black":       blank(photo{}),
		"paper":       blank(photo{ground: 0.8, noise: 0.02, side: 0.5}),
		"one pixel":   image.NewGray(image.Rect(0, 0, 1, 1)),
		"a line":      image.NewGray(image.Rect(0, 0, 500, 1)),
		"transparent": image.NewNRGBA(image.Rect(0, 0, 50, 50)),
		"colour":      image.NewUniform(color.RGBA{10, 200, 30, 255}),
	} {
		if u, ok := m.(*image.Uniform); ok {
			c := image.NewRGBA(image.Rect(0, 0, 60, 40))
			draw.Draw(c, c.Rect, u, image.Point{}, draw.Src)
			m = c
		}
		if s, err := Prepare(m); !errors.Is(err, ErrBlank) {
			t.Errorf("%s: %v, found %+v", what, err, s.Box)
		}
	}
	ruled := seen(0, photo{w: 320, h: 240, ground: 0.9, ink: 0.9, ruled: 0.4, tilt: 0.02, noise: 0.01, size: 0.01})
	if s, err := Prepare(ruled); !errors.Is(err, ErrBlank) {
		t.Errorf("ruled paper: %v, found %+v", err, s.Box)
	}
}

// The same sign in colours, with transparent parts, out of the corner of a picture, in whatever
// kind of image: the same bytes, or hardly other ones.
func TestPrepareKindsOfPictures(t *testing.T) {
	const n = 120
	grey := seen(7, photo{w: n, h: n, ground: 1, size: 0.6})
	want := prepared(t, grey).Image
	kinds := map[string]func() draw.Image{
		"RGBA":      func() draw.Image { return image.NewRGBA(grey.Rect) },
		"Gray16":    func() draw.Image { return image.NewGray16(grey.Rect) },
		"NRGBA64":   func() draw.Image { return image.NewNRGBA64(grey.Rect) },
		"CMYK":      func() draw.Image { return image.NewCMYK(grey.Rect) },
		"Paletted":  func() draw.Image { return image.NewPaletted(grey.Rect, palette.WebSafe) },
		"elsewhere": func() draw.Image { return image.NewRGBA(image.Rect(-50, 30, n-50, n+30)) },
	}
	for what, kind := range kinds {
		m := kind()
		draw.Draw(m, m.Bounds(), grey, image.Point{}, draw.Src)
		got := prepared(t, m)
		if a := alike(got.Image, want); a < 0.99 {
			t.Errorf("%s: correlation %.3f with the grey picture", what, a)
		}
		if !got.Box.In(m.Bounds()) {
			t.Errorf("%s: found in %v of %v", what, got.Box, m.Bounds())
		}
	}
	for what, c := range map[string][2]color.NRGBA{
		"blue pen, yellow paper": {{30, 40, 160, 255}, {250, 240, 190, 255}},
		"red on white":           {{200, 20, 30, 255}, {255, 255, 255, 255}},
		"yellow on black":        {{250, 230, 30, 255}, {10, 10, 10, 255}},
		"black on nothing":       {{0, 0, 0, 255}, {}},
		"white on nothing":       {{255, 255, 255, 255}, {}},
		"half, on nothing":       {{40, 0, 0, 128}, {255, 255, 255, 0}},
	} {
		m := image.NewNRGBA(grey.Rect)
		for i, v := range grey.Pix {
			mix := func(a, b uint8) uint8 { return uint8((int(a)*(255-int(v)) + int(b)*int(v)) / 255) }
			ink, ground := c[0], c[1]
			if ground.A == 0 {
				ground.R, ground.G, ground.B = ink.R, ink.G, ink.B
			}
			m.SetNRGBA(i%n, i/n, color.NRGBA{mix(ink.R, ground.R), mix(ink.G, ground.G), mix(ink.B, ground.B), mix(ink.A, ground.A)})
		}
		if a := alike(prepared(t, m).Image, want); a < 0.99 {
			t.Errorf("%s: correlation %.3f with the grey picture", what, a)
		}
	}
}

// Of several signs the largest is taken, and it is told that there are more.
func TestPrepareSeveral(t *testing.T) {
	left := seen(2, photo{w: 300, h: 200, ground: 1, x: 0.2})
	right := seen(4, photo{w: 300, h: 200, ground: 1, x: 0.75, size: 0.6})
	both := image.NewGray(left.Rect)
	for i := range both.Pix {
		both.Pix[i] = min(left.Pix[i], right.Pix[i])
	}
	s := prepared(t, both)
	if s.Signs != 2 || alike(s.Image, prepared(t, right).Image) < 0.99 || s.Box.Min.X < 130 {
		t.Errorf("%d signs, the largest in %v", s.Signs, s.Box)
	}
}

// Fit makes an image of a set's kind, prepared or only resized.
func TestFit(t *testing.T) {
	pic := seen(3, photo{w: 64, h: 48, ground: 1})
	prepared := &Set{C: 1, H: 28, W: 28, Prepared: asMNIST}
	if pixels, sign, err := prepared.Fit(pic); err != nil || sign.Signs != 1 || len(pixels) != 784 {
		t.Errorf("%d bytes, %v, %v", len(pixels), sign, err)
	}
	if _, _, err := prepared.Fit(image.NewGray(pic.Rect)); !errors.Is(err, ErrBlank) {
		t.Errorf("blank: %v", err)
	}
	red := image.NewNRGBA(image.Rect(0, 0, 64, 48))
	for y := range 48 {
		for x := range 32 {
			red.SetNRGBA(x, y, color.NRGBA{255, 0, 0, 255})
		}
	}
	pixels, _, err := (&Set{C: 3, H: 6, W: 8}).Fit(red)
	if err != nil || len(pixels) != 3*48 {
		t.Fatalf("%d bytes, %v", len(pixels), err)
	}
	for i, want := range map[int]uint8{0: 255, 7: 255, 48: 0, 48 + 7: 255, 96: 0, 96 + 7: 255} {
		if pixels[i] != want {
			t.Errorf("byte %d is %d, want %d: red at the left, white where nothing is", i, pixels[i], want)
		}
	}
	pixels, _, err = (&Set{C: 1, H: 48, W: 64}).Fit(pic)
	if err != nil || !slices.Equal(pixels, pic.Pix) {
		t.Errorf("a picture of the set's own size has changed, %v", err)
	}
}

// Prepare takes any picture, and what it gives is an image of MNIST's kind.
func FuzzPrepare(f *testing.F) {
	f.Add(uint8(28), seen(1, photo{w: 28, h: 28, ground: 1}).Pix)
	f.Add(uint8(3), []byte{0, 255, 0, 0, 255, 0, 0, 255, 0})
	f.Add(uint8(1), []byte{1, 2, 3, 4})
	f.Fuzz(func(t *testing.T, w uint8, b []byte) {
		if w == 0 || len(b) < int(w) || len(b) > 4096 {
			t.Skip()
		}
		m := &image.Gray{Pix: b, Stride: int(w), Rect: image.Rect(0, 0, int(w), len(b)/int(w))}
		s, err := Prepare(m)
		switch {
		case err != nil && !errors.Is(err, ErrBlank):
			t.Error(err)
		case err == nil && (s.Image.Rect != image.Rect(0, 0, 28, 28) || slices.Max(s.Image.Pix) == 0 || s.Signs < 1 || !s.Box.In(m.Rect) || s.Box.Empty()):
			t.Errorf("%+v", s)
		}
	})
}

package data

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"
)

// golden is testdata/golden.json, which testdata/golden.py wrote.
type golden struct {
	H, W   int
	Image  []int
	Affine []struct {
		Affine
		Out []float64
	}
	Elastic struct {
		Alpha       float64
		Right, Down []float64
		Out         []float64
	}
	Smooth struct {
		N     int
		Noise []float64
		Cases []struct {
			Sigma float64
			Out   []float64
		}
	}
	Thick []struct {
		T   float64
		Out []float64
	}
}

func readGolden(t *testing.T) (g golden, p *painter) {
	t.Helper()
	b, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &g); err != nil {
		t.Fatal(err)
	}
	pixels := make([]uint8, len(g.Image))
	for i, v := range g.Image {
		pixels[i] = uint8(v)
	}
	p = newPainter(g.H, g.W)
	p.open(pixels)
	return g, p
}

func far[T float32 | float64](got []T, want []float64) (worst float64) {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	for i, v := range got {
		worst = max(worst, math.Abs(float64(v)-want[i]))
	}
	return worst
}

// Values are in [0,1] and single precision leaves about 1e-6 of a pixel; the
// golden values are rounded to 1e-7.
const tolerance = 5e-6

func TestAffineAgreesWithScipy(t *testing.T) {
	g, p := readGolden(t)
	out := make([]float32, g.H*g.W)
	for _, c := range g.Affine {
		p.resample(out, c.inverse(g.H, g.W), nil, 0, window{})
		if d := far(out, c.Out); d > tolerance {
			t.Errorf("%+v: off by %.2g", c.Affine, d)
		}
	}
}

func TestElasticAgreesWithScipy(t *testing.T) {
	g, p := readGolden(t)
	f := new(field)
	w := window{rx: 250, ry: 3, dx: 90, dy: 252} // both go round
	for y := range g.H {
		for x := range g.W {
			right, down := float32(g.Elastic.Right[y*g.W+x]), float32(g.Elastic.Down[y*g.W+x])
			f.v[(int(w.ry)+y)%256*256+(int(w.rx)+x)%256] = right
			f.v[(int(w.dy)+y)%256*256+(int(w.dx)+x)%256] = down
			f.most = max(f.most, right, -right, down, -down)
		}
	}
	out := make([]float32, g.H*g.W)
	p.resample(out, Affine{}.inverse(g.H, g.W), f, float32(g.Elastic.Alpha), w)
	if d := far(out, g.Elastic.Out); d > tolerance {
		t.Errorf("off by %.2g", d)
	}
}

func TestSmoothAgreesWithScipy(t *testing.T) {
	g, _ := readGolden(t)
	for _, c := range g.Smooth.Cases {
		a := slices.Clone(g.Smooth.Noise)
		smooth(a, g.Smooth.N, gaussian(c.Sigma))
		if d := far(a, c.Out); d > 3e-7 {
			t.Errorf("sigma %v: off by %.2g", c.Sigma, d)
		}
	}
}

func TestThickenAgreesWithScipy(t *testing.T) {
	g, _ := readGolden(t)
	for _, c := range g.Thick {
		_, p := readGolden(t)
		p.thicken(float32(c.T))
		var got []float32
		for y := range g.H {
			got = append(got, p.row(p.image, y)...)
		}
		if d := far(got, c.Out); d > tolerance {
			t.Errorf("%v px: off by %.2g", c.T, d)
		}
	}
}

// The displacements are as large as the documentation of Elastic says, and the
// bank is not lopsided.
func TestFieldSize(t *testing.T) {
	for _, sigma := range []float64{2, 4, 6} {
		f := fieldFor(sigma)
		var sum, squares float64
		for _, v := range f.v {
			sum += float64(v)
			squares += float64(v) * float64(v)
		}
		n := float64(len(f.v))
		std := math.Sqrt(squares / n)
		if want := 1 / math.Sqrt(3) / (2 * math.Sqrt(math.Pi) * sigma); math.Abs(std/want-1) > 0.1 || math.Abs(sum/n) > 0.1*std {
			t.Errorf("sigma %v: standard deviation %.4f, want %.4f; mean %.4f", sigma, std, want, sum/n)
		}
		if fieldFor(sigma) != f {
			t.Error("a bank is made twice")
		}
	}
}

// full is an Augment that uses every field.
var full = Augment{
	Shift: 2, Rotate: 12, Scale: 0.15, Shear: 8, Elastic: Elastic{Alpha: 20, Sigma: 4},
	Thick: 0.5, Erase: 8, Noise: 0.05, Keep: 0.1,
}

func TestIdentityKeepsEveryByte(t *testing.T) {
	s := Synthetic("digits", 1, 0, 200)
	if s.Transform("same", Affine{}).Fingerprint() != s.Fingerprint() {
		t.Error("Affine{} changes bytes")
	}
	if s.Transform("round", Affine{Rotate: 360, Scale: 1}).Fingerprint() != s.Fingerprint() {
		t.Error("a full turn changes bytes")
	}
	for _, a := range []Augment{{}, full.Times(0), {Keep: 1, Rotate: 90, Noise: 1}} {
		if a.Materialize(s, 1, 1).Fingerprint() != s.Fingerprint() {
			t.Errorf("%v changes bytes", a)
		}
		l := &Loader{Set: s, Batch: 32, Augment: a}
		for b := range l.Epoch(3) {
			for k, i := range b.Index {
				for j, v := range s.pixels(i) {
					if b.X[k*784+j] != toFloat[v] {
						t.Fatalf("%v changes image %d", a, i)
					}
				}
			}
		}
	}
}

func TestWholeShiftsCopy(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	s := &Set{Name: "noise", C: 1, Classes: digits, H: 9, W: 13, Pixels: make([]uint8, 117), Labels: []uint16{4}}
	for i := range s.Pixels {
		s.Pixels[i] = uint8(rng.Uint32())
	}
	for dy := -10; dy <= 10; dy++ {
		for dx := -14; dx <= 14; dx++ {
			got := s.Transform("moved", Affine{DX: float64(dx), DY: float64(dy)})
			for y := range s.H {
				for x := range s.W {
					want := uint8(0) // background comes in, nothing comes round
					if sx, sy := x-dx, y-dy; sx >= 0 && sx < s.W && sy >= 0 && sy < s.H {
						want = s.Pixels[sy*s.W+sx]
					}
					if got.Pixels[y*s.W+x] != want {
						t.Fatalf("shift %d,%d: pixel %d,%d is %d, want %d", dx, dy, x, y, got.Pixels[y*s.W+x], want)
					}
				}
			}
			if got.Labels[0] != 4 {
				t.Fatal("the label changed")
			}
		}
	}
}

// Where no ink can come from is not computed, which must not show: every result
// is that of a painter who takes the whole image for ink.
func TestBackgroundIsSkippedExactly(t *testing.T) {
	s := Synthetic("digits", 3, 0, 60)
	rng := rand.New(rand.NewPCG(3, 4))
	amount := func(most float64) float64 { return most * (2*rng.Float64() - 1) }
	tight, whole := newPainter(s.H, s.W), newPainter(s.H, s.W)
	got, want := make([]float32, 784), make([]float32, 784)
	f := fieldFor(4)
	shown := 0
	for turn := range 3000 {
		a := Affine{DX: amount(20), DY: amount(20), Rotate: amount(180), Scale: 1 + amount(0.9), Shear: amount(60)}
		if turn%5 == 0 { // slopes of exactly zero and one
			a = Affine{DX: math.Round(a.DX), DY: math.Round(a.DY), Rotate: 90 * float64(turn%4)}
		}
		m, w, alpha, thick := a.inverse(s.H, s.W), newWindow(rng), float32(40*rng.Float64()), float32(amount(2))
		bank := f
		if turn%3 == 0 {
			bank = nil
		}
		for _, p := range []*painter{tight, whole} {
			p.open(s.pixels(turn % s.Len()))
			p.thicken(thick)
		}
		whole.left, whole.right, whole.top, whole.bottom = 0, s.W, 0, s.H
		tight.resample(got, m, bank, alpha, w)
		whole.resample(want, m, bank, alpha, w)
		if !slices.Equal(got, want) {
			t.Fatalf("%+v, thickness %v, elastic %v: not the same image", a, thick, bank != nil)
		}
		if slices.Max(got) > 0 {
			shown++
		}
	}
	if shown < 1500 {
		t.Errorf("only %d of 3000 images show anything", shown)
	}
}

// blob is a smooth spot off the centre of an image of 61×61, far from its edges.
func blob() *Set {
	const n = 61
	s := &Set{Name: "blob", C: 1, Classes: digits, H: n, W: n, Pixels: make([]uint8, n*n), Labels: []uint16{0}}
	for y := range n {
		for x := range n {
			dx, dy := float64(x)-34, float64(y)-27
			s.Pixels[y*n+x] = uint8(250*math.Exp(-(dx*dx+1.5*dy*dy)/50) + 0.5)
		}
	}
	return s
}

func moments(s *Set) (mass, x, y float64) {
	for j, v := range s.pixels(0) {
		mass += float64(v)
		x += float64(v) * float64(j%s.W)
		y += float64(v) * float64(j/s.W)
	}
	return mass, x / mass, y / mass
}

// Mass and centre behave as the mathematics says: the centre of mass goes where
// a point would, and mass grows with the area.
func TestAffineMovesTheCentre(t *testing.T) {
	s := blob()
	mass, x, y := moments(s)
	x, y = x-30, y-30
	for _, a := range []Affine{
		{DX: 3.3, DY: -2.6}, {Rotate: 30}, {Rotate: -75}, {Scale: 0.7}, {Scale: 1.3}, {Shear: 25},
		{DX: -2.5, Rotate: 20, Scale: 1.2, Shear: -15},
	} {
		scale := a.Scale
		if scale == 0 {
			scale = 1
		}
		sin, cos := math.Sincos(a.Rotate * math.Pi / 180)
		leant := x - math.Tan(a.Shear*math.Pi/180)*y
		wantX := scale*(cos*leant+sin*y) + a.DX + 30
		wantY := scale*(-sin*leant+cos*y) + a.DY + 30
		m, gx, gy := moments(s.Transform("moved", a))
		if math.Abs(gx-wantX) > 0.02 || math.Abs(gy-wantY) > 0.02 {
			t.Errorf("%+v: centre %.3f, %.3f, want %.3f, %.3f", a, gx, gy, wantX, wantY)
		}
		if want := mass * scale * scale; math.Abs(m/want-1) > 0.01 {
			t.Errorf("%+v: mass %.0f, want %.0f", a, m, want)
		}
	}
}

func TestInverseTransformsReturn(t *testing.T) {
	s := blob()
	for _, c := range [][2]Affine{
		{{DX: 1.5, DY: -0.5}, {DX: -1.5, DY: 0.5}},
		{{Rotate: 37}, {Rotate: -37}},
		{{Scale: 1.25}, {Scale: 0.8}},
		{{Shear: 20}, {Shear: -20}},
	} {
		back := s.Transform("there", c[0]).Transform("back", c[1])
		for j, v := range back.Pixels {
			// Two bilinear resamplings of a smooth spot cost up to 3 %.
			if d := math.Abs(float64(v) - float64(s.Pixels[j])); d > 7.5 {
				t.Fatalf("%+v: pixel %d comes back as %d, was %d", c[0], j, v, s.Pixels[j])
			}
		}
	}
}

// An image is a function of (seed, epoch, index): not of the order, the size
// of a batch, the number of cores or what was drawn before.
func TestAugmentIsAFunctionOfSeedEpochIndex(t *testing.T) {
	s := Synthetic("digits", 1, 0, 300)
	images := func(l *Loader, epoch int) [][]float32 {
		out := make([][]float32, s.Len())
		for b := range l.Epoch(epoch) {
			for k, i := range b.Index {
				if b.Labels[k] != s.Labels[i] {
					t.Fatalf("image %d came with label %d, want %d", i, b.Labels[k], s.Labels[i])
				}
				out[i] = slices.Clone(b.X[k*784 : (k+1)*784])
			}
		}
		return out
	}
	same := func(a, b [][]float32) bool { return slices.EqualFunc(a, b, slices.Equal) }

	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	want := images(&Loader{Set: s, Batch: 64, Seed: 5, Augment: full}, 2)
	for _, procs := range []int{1, 2, 4, 8} {
		runtime.GOMAXPROCS(procs)
		for _, batch := range []int{1, 7, 300, 1000} {
			l := &Loader{Set: s, Batch: batch, Seed: 5, Shuffle: true, Augment: full}
			if images(l, 0); !same(images(l, 2), want) {
				t.Errorf("GOMAXPROCS=%d, batches of %d: other images", procs, batch)
			}
		}
	}
	if l := (&Loader{Set: s, Batch: 64, Seed: 5, Augment: full}); same(images(l, 3), want) {
		t.Error("two epochs show the same images")
	}
	if l := (&Loader{Set: s, Batch: 64, Seed: 6, Augment: full}); same(images(l, 2), want) {
		t.Error("two seeds show the same images")
	}

	m := full.Materialize(s, 5, 3)
	for i, x := range want {
		for j, v := range x {
			if got := m.pixels(3*i + 2)[j]; got != uint8(v*255+0.5) {
				t.Fatalf("copy 2 of image %d differs from epoch 2: %d, want %v", i, got, v*255)
			}
		}
		if m.Labels[3*i] != s.Labels[i] {
			t.Fatalf("a copy of image %d has label %d", i, m.Labels[3*i])
		}
	}
}

// What one field draws does not depend on another being set.
func TestAugmentFieldsAreIndependent(t *testing.T) {
	s := Synthetic("digits", 1, 0, 50)
	a := Augment{Rotate: 20}
	want := a.Materialize(s, 1, 1)
	a.Noise = 1e-6
	a.Thick = 1e-6
	a.Elastic = Elastic{Alpha: 1e-6, Sigma: 4}
	got := a.Materialize(s, 1, 1)
	for j, v := range want.Pixels {
		if d := int(v) - int(got.Pixels[j]); d < -1 || d > 1 {
			t.Fatalf("pixel %d: %d, want %d", j, got.Pixels[j], v)
		}
	}
}

// Images that encode their index in one level of grey, under changes that leave
// the centre alone: none may be shown in another's place.
func TestAugmentKeepsImagesApart(t *testing.T) {
	s := &Set{Name: "levels", C: 1, Classes: digits, H: 28, W: 28, Pixels: make([]uint8, 250*784), Labels: make([]uint16, 250)}
	for i := range 250 {
		for j := range s.pixels(i) {
			s.pixels(i)[j] = uint8(i)
		}
		s.Labels[i] = uint16(i % 10)
	}
	a := Augment{Shift: 3, Rotate: 45, Scale: 0.2, Shear: 10, Elastic: Elastic{Alpha: 30, Sigma: 4}, Thick: 1}
	l := &Loader{Set: s, Batch: 16, Shuffle: true, Augment: a}
	for epoch := range 3 {
		seen := make([]int, 250)
		for b := range l.Epoch(epoch) {
			for k, i := range b.Index {
				seen[i]++
				x := b.X[k*784 : (k+1)*784]
				if got := int(x[14*28+14]*255 + 0.5); got != i || b.Labels[k] != uint16(i%10) {
					t.Fatalf("index %d came with image %d and label %d", i, got, b.Labels[k])
				}
			}
		}
		for i, n := range seen {
			if n != 1 {
				t.Fatalf("image %d came %d times", i, n)
			}
		}
	}
}

// Each field does what its comment says, over its whole range and no more.
func TestAugmentRanges(t *testing.T) {
	s := blob()
	mass, x, y := moments(s)
	spread := func(a Augment) (x0, x1, y0, y1, m0, m1 float64) {
		x0, y0, m0 = math.Inf(1), math.Inf(1), math.Inf(1)
		x1, y1, m1 = math.Inf(-1), math.Inf(-1), math.Inf(-1)
		copies := a.Materialize(s, 1, 400)
		for i := range copies.Len() {
			m, cx, cy := moments(copies.Select("one", []int{i}))
			x0, x1 = min(x0, cx-x), max(x1, cx-x)
			y0, y1 = min(y0, cy-y), max(y1, cy-y)
			m0, m1 = min(m0, m/mass), max(m1, m/mass)
		}
		return
	}
	x0, x1, y0, y1, _, _ := spread(Augment{Shift: 3})
	for _, v := range []float64{-x0, x1, -y0, y1} {
		if v < 2.9 || v > 3.05 {
			t.Errorf("Shift 3 moves by %.2f to %.2f and %.2f to %.2f", x0, x1, y0, y1)
		}
	}
	_, _, _, _, m0, m1 := spread(Augment{Scale: 0.2})
	if math.Abs(m0-0.64) > 0.02 || math.Abs(m1-1.44) > 0.02 {
		t.Errorf("Scale 0.2 gives %.2f to %.2f of the mass, want 0.64 to 1.44", m0, m1)
	}
	// The spot lies 4 right of and 3 above the centre: it turns on a circle.
	x0, x1, y0, y1, m0, m1 = spread(Augment{Rotate: 180})
	if math.Abs(x1-x0-10) > 0.2 || math.Abs(y1-y0-10) > 0.2 || m0 < 0.99 || m1 > 1.01 {
		t.Errorf("Rotate 180 moves over %.2f×%.2f, mass %.3f to %.3f", x1-x0, y1-y0, m0, m1)
	}
	_, _, _, _, m0, m1 = spread(Augment{Thick: 1})
	if m0 > 0.9 || m1 < 1.1 {
		t.Errorf("Thick 1 gives %.2f to %.2f of the mass", m0, m1)
	}
}

func TestAugmentEraseAndNoise(t *testing.T) {
	s := &Set{Name: "black", C: 1, Classes: digits, H: 28, W: 28, Pixels: make([]uint8, 784), Labels: make([]uint16, 1)}
	for j := range s.Pixels {
		s.Pixels[j] = 255
	}
	blanked := Augment{Erase: 10}.Materialize(s, 1, 300)
	most := 0
	for i := range blanked.Len() {
		x0, x1, y0, y1, n := 28, -1, 28, -1, 0
		for j, v := range blanked.pixels(i) {
			if v == 0 {
				n++
				x0, x1, y0, y1 = min(x0, j%28), max(x1, j%28), min(y0, j/28), max(y1, j/28)
			} else if v != 255 {
				t.Fatalf("Erase leaves %d", v)
			}
		}
		if n > 0 && n != (x1-x0+1)*(y1-y0+1) {
			t.Fatalf("copy %d: %d pixels blanked, not a rectangle", i, n)
		}
		most = max(most, n)
	}
	if most < 81 || most > 100 {
		t.Errorf("Erase 10 blanks up to %d pixels", most)
	}

	for j := range s.Pixels {
		s.Pixels[j] = 128
	}
	st := Augment{Noise: 0.1}.Materialize(s, 1, 50).Stats()
	if math.Abs(st.Std-0.1) > 0.003 || math.Abs(st.Mean-128.0/255) > 0.003 {
		t.Errorf("Noise 0.1 has mean %.4f and standard deviation %.4f", st.Mean, st.Std)
	}
	kept := 0
	for i := range 400 {
		if one := (Augment{Noise: 0.1, Keep: 0.3}).Materialize(s, uint64(i), 1); one.Fingerprint() == s.Fingerprint() {
			kept++
		}
	}
	if kept < 90 || kept > 150 {
		t.Errorf("Keep 0.3 kept %d of 400", kept)
	}
}

// Every number of an Augment has a flag that sets it and nothing else.
func TestAugmentFlags(t *testing.T) {
	a := full
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	a.Register(fs)
	want := []string{"shift", "rotate", "scale", "shear", "alpha", "sigma", "thick", "erase", "noise", "keep"}
	for i, name := range want {
		if f := fs.Lookup(name); f == nil || f.DefValue == "0" {
			t.Fatalf("--%s: %+v, want a default from the value", name, f)
		}
		if err := fs.Set(name, fmt.Sprint(i+1)); err != nil {
			t.Error(err)
		}
	}
	if set := (Augment{1, 2, 3, 4, Elastic{5, 6}, 7, 8, 9, 10, nil}); !reflect.DeepEqual(a, set) {
		t.Errorf("flags make %+v, want %+v", a, set)
	}
	n := 0
	fs.VisitAll(func(*flag.Flag) { n++ })
	n -= len(changeKinds())
	if n != len(want) {
		t.Errorf("%d flags, want %d", n, len(want))
	}
}

func TestAugmentCheck(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		a    Augment
		want string
	}{
		{Augment{Shift: -1}, "data: augment: Shift -1, allowed 0 to 14"},
		{Augment{Rotate: nan}, "data: augment: Rotate NaN, allowed 0 to 180"},
		{Augment{Scale: 1}, "data: augment: Scale 1, allowed 0 to 0.9"},
		{Augment{Shear: 89}, "data: augment: Shear 89, allowed 0 to 60"},
		{Augment{Elastic: Elastic{Alpha: 8}}, "data: augment: Elastic.Alpha 8 (--alpha) with Elastic.Sigma 0 (--sigma), allowed 1 to 16"},
		{Augment{Elastic: Elastic{Alpha: 1e9, Sigma: 4}}, "data: augment: Elastic.Alpha 1e+09, allowed 0 to 200"},
		{Augment{Thick: 9}, "data: augment: Thick 9, allowed 0 to 3"},
		{Augment{Erase: 29}, "data: augment: Erase 29, allowed 0 to 28"},
		{Augment{Noise: math.Inf(1)}, "data: augment: Noise +Inf, allowed 0 to 1"},
		{Augment{Keep: 1.1}, "data: augment: Keep 1.1, allowed 0 to 1"},
	} {
		if err := c.a.Check(); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	if err := full.Check(); err != nil {
		t.Error(err)
	}
	if got, want := full.Times(0.5).Shift, 1.0; got != want || full.Shift != 2 {
		t.Errorf("Times gives Shift %v, leaves %v", got, full.Shift)
	}
}

// Once warm, no image costs an allocation, nor a batch: an epoch allocates a
// little for its goroutines and channels, whatever its size.
func TestAugmentAllocations(t *testing.T) {
	s := Synthetic("digits", 1, 0, 512)
	c, out, f := newChanger(s.H, s.W), make([]float32, s.H*s.W), full.field()
	i := 0
	if n := testing.AllocsPerRun(100, func() {
		c.change(out, s, i, &full, f, 1, 0)
		i++
	}); n != 0 {
		t.Errorf("an image allocates %v times", n)
	}
	count := func(images, batch int) float64 {
		part := &Set{Name: "part", C: 1, Classes: digits, H: s.H, W: s.W, Pixels: s.Pixels[:images*784], Labels: s.Labels[:images]}
		l := &Loader{Set: part, Batch: batch, Shuffle: true, Augment: full}
		return testing.AllocsPerRun(5, func() {
			for range l.Epoch(1) {
			}
		})
	}
	few := count(32, 8)
	for _, batch := range []int{128, 4} {
		if many := count(512, batch); many > few+4 { // goroutines may or may not be reused
			t.Errorf("512 images in batches of %d allocate %v times, 32 images %v times", batch, many, few)
		}
	}
}

// While the caller works on a batch, the next one of every goroutine gets ready:
// training does not wait for images that could have been made before.
func TestAugmentWorksAhead(t *testing.T) {
	s := Synthetic("digits", 1, 0, 64)
	l := &Loader{Set: s, Batch: 4, Augment: full}
	buf := &buffers{order: make([]int, s.Len())}
	l.arrange(buf.order, 0)
	steps := 0
	l.ahead(buf, l.Steps(), 0, func(Batch) bool {
		steps++
		for k := range buf.crew {
			for wait := time.Millisecond; len(buf.crew[k].ready) == 0; wait *= 2 {
				if wait > 4*time.Second {
					t.Fatalf("step %d: goroutine %d of %d has nothing ready", steps, k, len(buf.crew))
				}
				time.Sleep(wait)
			}
		}
		return steps < 5
	})
	if steps != 5 || len(buf.crew) == 0 {
		t.Errorf("%d steps with %d goroutines", steps, len(buf.crew))
	}
}

func TestAugmentStopsEarly(t *testing.T) {
	s := Synthetic("digits", 1, 0, 256)
	l := &Loader{Set: s, Batch: 8, Augment: full}
	before := runtime.NumGoroutine()
	for k := range 50 {
		for range l.Epoch(0) {
			if k--; k < 0 {
				break
			}
		}
	}
	// A goroutine that has been told to stop is counted until it has run.
	after := runtime.NumGoroutine()
	for wait := time.Millisecond; after > before && wait < 4*time.Second; wait *= 2 {
		time.Sleep(wait)
		after = runtime.NumGoroutine()
	}
	if after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

func BenchmarkAugment(b *testing.B) {
	s := Synthetic("digits", 1, 0, 10000)
	for _, c := range []struct {
		name string
		a    Augment
	}{
		{"affine", Augment{Shift: 2, Rotate: 12, Scale: 0.15, Shear: 8}},
		{"affine+elastic", Augment{Shift: 2, Rotate: 12, Scale: 0.15, Shear: 8, Elastic: Elastic{Alpha: 20, Sigma: 4}}},
		{"everything", full},
	} {
		b.Run(c.name, func(b *testing.B) {
			l := &Loader{Set: s, Batch: 64, Shuffle: true, Augment: c.a}
			for b.Loop() {
				for range l.Epoch(0) {
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*s.Len()), "µs/image")
		})
	}
}

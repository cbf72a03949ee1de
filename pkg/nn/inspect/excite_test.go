package inspect

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/nn"
)

func TestExciting(t *testing.T) {
	m := build(t, nn.CHW(1, 7, 6), nn.Conv2D{Filters: 3, Kernel: 3, Padding: 1}, nn.ReLU{}, nn.Linear{Out: 2})
	p := probe(t, m)
	x := noise(chunk+40, m.In, 3)
	y := p.Activations(x, 1)
	for c, es := range p.Exciting(x, 1, 5) {
		type best struct {
			v float32
			i int
		}
		var want []best
		for i := range x.N {
			want = append(want, best{slices.Max(y.Example(i)[c*42 : (c+1)*42]), i})
		}
		slices.SortStableFunc(want, func(a, b best) int {
			if a.v > b.v {
				return -1
			}
			return int((b.v - a.v) * 1e6)
		})
		for k, e := range es {
			if e.Example != want[k].i || float32(e.Value) != want[k].v {
				t.Fatalf("kernel %d, place %d: example %d with %g, want %d with %g", c, k, e.Example, e.Value, want[k].i, want[k].v)
			}
			// The patch and the kernel make the value.
			sum := float64(m.Param("0.conv2d.b").Data[c])
			for i, v := range patch(x, e.Example, 0, e.Window) {
				sum += float64(v) * float64(m.Param("0.conv2d.W").Data[c*9+i])
			}
			if e.Window.Size != 3 || !near(sum, e.Value, 1e-4) {
				t.Errorf("kernel %d: the patch at %+v makes %g, want %g", c, e.Window, sum, e.Value)
			}
		}
		if len(es) != 5 {
			t.Errorf("%d excitations", len(es))
		}
	}
	if all := p.Exciting(&nn.Tensor{N: 2, Shape: x.Shape, Data: x.Data[:84]}, -1, 5); len(all) != 2 || len(all[0]) != 2 || all[0][0].Window != (Window{Size: 7}) {
		t.Errorf("of two examples: %+v", all)
	}
}

func TestReach(t *testing.T) {
	m := build(t, nn.CHW(1, 5, 5), nn.Conv2D{Filters: 2, Kernel: 3}, nn.ReLU{}, nn.Linear{Out: 2})
	w := m.Param("0.conv2d.W").Data
	copy(w, []float32{1, -1, 0, 2, -5, 0, 1, -1, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0})
	m.Param("0.conv2d.b").Data[0] = -1
	x := nn.NewTensor(2, m.In)
	for i := range 5 {
		x.Example(1)[5*i+2] = 1 // an upright stroke, all that the first kernel wants
		x.Example(0)[i] = 0.5   // and half of what the second one wants
	}
	if r := probe(t, m).Reach(x, 0); r[0] != 1 || r[1] != 1 {
		t.Errorf("%v, want 1 and 1", r)
	}
	if r := probe(t, m).Reach(&nn.Tensor{N: 1, Shape: m.In, Data: x.Example(0)}, 0); r[0] >= 0.5 || r[1] != 0 {
		t.Errorf("of the first image %v", r)
	}
	for i := range 9 {
		w[9+i] = -1
	}
	if r := probe(t, m).Reach(x, 0); r[0] != 1 || !math.IsNaN(r[1]) {
		t.Errorf("of a kernel that wants no ink: %v, want 1 and NaN", r)
	}
	mustPanic(t, "inspect: reach: 2.linear is no convolution of the image", func() { probe(t, m).Reach(x, 2) })
}

func conv(k, stride, pad int) nn.Layer {
	return nn.Conv2D{Filters: 2, Kernel: k, Stride: stride, Padding: pad}
}

// windowed are networks whose last layer sees a window. A max-pooling or a ReLU
// sees what the gradient does not show, so their counterparts stand for them.
var windowed = map[string][]nn.Layer{
	"conv":         {conv(3, 1, 0)},
	"stride":       {conv(3, 2, 1), nn.Tanh{}, conv(3, 1, 1)},
	"pool":         {conv(5, 1, 0), nn.AvgPool2D{Kernel: 2}, conv(3, 1, 0)},
	"pools":        {nn.AvgPool2D{Kernel: 3, Stride: 2, Padding: 1}, conv(3, 2, 0), nn.AvgPool2D{Kernel: 2, Stride: 1}},
	"residual":     {conv(3, 2, 1), nn.Residual{Body: []nn.Layer{conv(3, 1, 1), nn.Tanh{}, conv(3, 1, 1)}}},
	"bottleneck":   {conv(3, 1, 0), nn.Bottleneck{Mid: 2, Out: 2, Stride: 2}},
	"wide detour":  {nn.Residual{Body: []nn.Layer{conv(1, 1, 0)}, Shortcut: []nn.Layer{conv(5, 1, 2)}}},
	"normalizaton": {conv(3, 1, 0), nn.BatchNorm{}, nn.Dropout{P: 0.5}, nn.GELU{}},
	"activations":  {conv(3, 1, 0), nn.LeakyReLU{}, nn.Logistic{}, conv(2, 1, 0), nn.SiLU{}},
}

// TestWindow: the pixels that a unit's gradient reaches are those of its window.
func TestWindow(t *testing.T) {
	for name, layers := range windowed {
		t.Run(name, func(t *testing.T) {
			in := nn.CHW(1, 20, 20)
			m := build(t, in, append(layers, nn.Linear{Out: 1})...)
			p := probe(t, m)
			last := len(layers) - 1
			out := p.Shape(last)
			w := m.Param(p.Name(-1) + ".W").Data
			for _, at := range [][2]int{{0, 0}, {out.H / 2, out.W / 2}, {out.H - 1, 1}} {
				clear(w)
				for c := range out.C {
					w[(c*out.H+at[0])*out.W+at[1]] = 1 // the only unit that counts
				}
				g := probe(t, m).Saliency(noise(8, in, 4), make([]uint16, 8))
				top, left, bottom, right := 20, 20, -1, -1
				for i, v := range g.Data {
					if y, x := i%400/20, i%20; v != 0 {
						top, left, bottom, right = min(top, y), min(left, x), max(bottom, y), max(right, x)
					}
				}
				win := p.Window(last, at[0], at[1])
				wantTop, wantLeft := max(win.Y, 0), max(win.X, 0)
				wantBottom, wantRight := min(win.Y+win.Size, 20)-1, min(win.X+win.Size, 20)-1
				if top != wantTop || left != wantLeft || bottom != wantBottom || right != wantRight {
					t.Errorf("the unit at %v sees rows %d to %d, columns %d to %d, its window is %+v", at, top, bottom, left, right, win)
				}
			}
		})
	}
	m := build(t, nn.CHW(1, 6, 9), nn.Flatten{}, nn.Linear{Out: 2})
	if w := probe(t, m).Window(-1, 0, 0); w != (Window{Size: 9}) {
		t.Errorf("a unit of a Linear sees %+v, want all", w)
	}
}

func TestPatch(t *testing.T) {
	x := nn.NewTensor(1, nn.CHW(2, 2, 3))
	for i := range x.Data {
		x.Data[i] = float32(i)
	}
	if got := patch(x, 0, 1, Window{Y: -1, X: 1, Size: 3}); !slices.Equal(got, []float32{0, 0, 0, 7, 8, 0, 10, 11, 0}) {
		t.Errorf("patch over the corner %v", got)
	}
	mustPanic(t, "inspect: patch: channel 2 of 2", func() { patch(x, 0, 2, Window{Size: 1}) })
}

// A max-pooling sees the window of a mean, a ReLU what its input does.
func TestWindowOfMaximum(t *testing.T) {
	in := nn.CHW(1, 20, 20)
	for _, c := range [][2]nn.Layer{
		{nn.MaxPool2D{Kernel: 2}, nn.AvgPool2D{Kernel: 2}},
		{nn.MaxPool2D{Kernel: 3, Stride: 2, Padding: 1}, nn.AvgPool2D{Kernel: 3, Stride: 2, Padding: 1}},
		{nn.ReLU{}, nn.Tanh{}},
	} {
		one, other := probe(t, build(t, in, conv(3, 2, 1), c[0], conv(3, 1, 0))), probe(t, build(t, in, conv(3, 2, 1), c[1], conv(3, 1, 0)))
		if a, b := one.Window(-1, 2, 1), other.Window(-1, 2, 1); a != b || a.Unknown || a.Size == 20 {
			t.Errorf("%T sees %+v, %T %+v", c[0], a, c[1], b)
		}
	}
}

// everywhere are the layers that join all places.
var everywhere = []nn.Layer{nn.Linear{Out: 2}, nn.Flatten{}, nn.Softmax{}, nn.GlobalAvgPool{}}

func TestWindowOfTheWholeImage(t *testing.T) {
	for _, l := range everywhere {
		m := build(t, nn.CHW(1, 6, 9), conv(3, 1, 0), l, nn.Tanh{}, nn.Linear{Out: 2})
		for at := 1; at < 4; at++ {
			if w := probe(t, m).Window(at, 0, 0); w != (Window{Size: 9}) {
				t.Errorf("%T: a unit of layer %d sees %+v, want all", l, at, w)
			}
		}
	}
}

// Every layer of package nn has its window tried here.
func TestEveryLayerHasItsWindowTried(t *testing.T) {
	tried := []string{"MaxPool2D", "ReLU"} // TestWindowOfMaximum
	for _, layers := range windowed {
		for _, l := range layers {
			tried = append(tried, reflect.TypeOf(l).Name())
		}
	}
	for _, l := range everywhere {
		tried = append(tried, reflect.TypeOf(l).Name())
	}
	files, err := filepath.Glob("../*.go")
	if err != nil {
		t.Fatal(err)
	}
	build := regexp.MustCompile(`(?m)^func \((?:\w+ )?\*?(\w+)\) Build\(`)
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range build.FindAllStringSubmatch(string(b), -1) {
			if found++; !slices.Contains(tried, m[1]) {
				t.Errorf("nobody tries what a unit behind %s sees: add a network with it to windowed in excite_test.go, or the layer to everywhere", m[1])
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d layers found", found)
	}
}

// shuffled is a layer of a stranger's; seen is one that says what it sees.
type shuffled struct{ nn.Dropout }

func (l shuffled) Build(in nn.Shape, rng *rand.Rand) (nn.Module, nn.Shape, error) {
	return nn.Tanh{}.Build(in, rng)
}

// An embedded Dropout would say Pointwise: the point of shuffled is that it does
// not.
func (shuffled) Receptive() {}

type seen struct{ nn.Layer }

func (l seen) Build(in nn.Shape, rng *rand.Rand) (nn.Module, nn.Shape, error) {
	return nn.AvgPool2D{Kernel: 2}.Build(in, rng)
}

func (seen) Receptive() nn.Field { return nn.Field{Kernel: 2, Stride: 2} }

// What a layer of a stranger's sees is unknown unless it says so, and is told so.
func TestWindowBehindOwnLayers(t *testing.T) {
	in := nn.CHW(1, 20, 20)
	for name, c := range map[string]struct {
		layer nn.Layer
		want  Window
	}{
		"unknown":             {shuffled{}, Window{Size: 20, Unknown: true}},
		"unknown in a branch": {nn.Residual{Body: []nn.Layer{shuffled{}}}, Window{Size: 20, Unknown: true}},
		"known":               {seen{}, Window{Size: 6}},
		"like one of ours":    {nn.AvgPool2D{Kernel: 2}, Window{Size: 6}},
	} {
		m := build(t, in, conv(3, 1, 0), c.layer, conv(2, 1, 0), nn.Linear{Out: 2})
		p := probe(t, m)
		if got := p.Window(2, 0, 0); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
		if got := p.Window(3, 0, 0); got != (Window{Size: 20}) {
			t.Errorf("%s: a unit of the Linear behind sees %+v, want all", name, got)
		}
		if got := p.Exciting(noise(2, in, 1), 2, 1)[0][0].Window; got.Unknown != c.want.Unknown {
			t.Errorf("%s: an excitation with the window %+v", name, got)
		}
	}
}

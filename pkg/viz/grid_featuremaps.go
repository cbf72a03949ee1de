package viz

import (
	"fmt"
	"image"
	"math"
	"strings"
)

// FeatureMaps draws what each layer of a network makes of one image: the image,
// then a row for every layer, each on a colour scale of its own and enlarged to
// about the same size. A layer of vectors is one picture, folded row by row.
type FeatureMaps struct {
	Title  string
	Image  image.Image // the input, drawn as it is: see Ink; may be nil
	Layers []Channels
	Most   int // channels to show of a layer, the first ones; 0: 12
	Note   string
}

// Channels is the output of one layer for one image.
type Channels struct {
	Name string
	H, W int       // of a channel; 1×1 for a vector
	Data []float32 // channel by channel, row-major
}

func (c Channels) check() {
	if c.H < 1 || c.W < 1 || len(c.Data)%(c.H*c.W) != 0 {
		panic(fmt.Sprintf("viz: feature maps: %s has %d values, want a multiple of %d×%d", c.Name, len(c.Data), c.H, c.W))
	}
}

// Alt implements Figure.
func (f FeatureMaps) Alt() string {
	var b strings.Builder
	b.WriteString("Feature maps")
	if f.Title != "" {
		b.WriteString(": " + f.Title)
	}
	b.WriteString(".")
	for _, c := range f.Layers {
		n := len(c.Data) / max(c.H*c.W, 1)
		if c.H*c.W == 1 {
			fmt.Fprintf(&b, " %s: %s.", c.Name, count(n, "value", "values"))
			continue
		}
		fmt.Fprintf(&b, " %s: %s of %d×%d.", c.Name, count(n, "channel", "channels"), c.H, c.W)
	}
	if len(f.Layers) == 0 {
		b.WriteString(" No layers.")
	}
	return b.String()
}

func (f FeatureMaps) name() string { return f.Title }

// mapSide is the side of a map in device pixels.
const mapSide = 120

func (f FeatureMaps) layout() layout {
	most := f.Most
	if most <= 0 {
		most = 12
	}
	g := &gridLayout{columns: most, scale: 1}
	row := func(name string, images []image.Image) {
		g.rows = append(g.rows, name)
		for i := range most {
			var t Tile
			if i < len(images) {
				t.Image = images[i]
			}
			g.tiles = append(g.tiles, t)
		}
	}
	if f.Image != nil {
		b := f.Image.Bounds()
		row("image", []image.Image{enlarge(f.Image, fitting(b.Dy(), b.Dx()), false)})
	}
	bad := 0
	for _, c := range f.Layers {
		images, wrong := c.images(most)
		bad += wrong
		row(c.Name, images)
	}
	if bad > 0 {
		g.warning = count(bad, "value is", "values are") + " NaN or infinite: grey."
	}
	g.place(f.Title, strings.TrimSpace(f.Note+" "+featureScale))
	return g
}

const featureScale = "Red is above 0, blue below. Each layer has its own scale."

// fitting is by how much a map of h×w is enlarged.
func fitting(h, w int) int { return max(1, mapSide/max(h, w, 1)) }

// images colours the first channels on the scale of the whole layer.
func (c Channels) images(most int) (out []image.Image, bad int) {
	c.check()
	limit := 0.0
	for _, v := range c.Data {
		if !isFinite(float64(v)) {
			bad++
			continue
		}
		limit = math.Max(limit, math.Abs(float64(v)))
	}
	h, w := c.H, c.W
	if h*w == 1 {
		h, w = fold(len(c.Data))
	}
	for at := 0; at+h*w <= len(c.Data) && len(out) < most; at += h * w {
		m := mapImage(h, w, c.Data[at:at+h*w], limit)
		out = append(out, enlarge(m, fitting(h, w), false))
	}
	return out, bad
}

// fold is the most nearly square rectangle of n values, wider than high.
func fold(n int) (h, w int) {
	for h = int(math.Sqrt(float64(n))); h > 1 && n%h != 0; h-- {
	}
	h = max(h, 1)
	return h, n / h
}

package viz

import (
	"fmt"
	"strings"
)

// Saliency draws which pixels matter: a row for each image, a column for each
// way to explain it. Every map has a scale of its own, symmetric about 0, since
// the methods have no common unit; the image lies under it in grey.
type Saliency struct {
	Title  string
	C      int // planes of an image, whose maps are added up; 0: 1
	H, W   int
	Pixels []float32   // the images, one after the other, 0 paper to 1 ink, or three planes each
	Names  []string    // of the methods
	Maps   [][]float32 // by method: maps of all images, one after the other
	Note   string
}

// Add appends a method and its maps.
func (f *Saliency) Add(name string, maps []float32) {
	f.Names, f.Maps = append(f.Names, name), append(f.Maps, maps)
}

func (f Saliency) size() int { return max(f.C, 1) * f.H * f.W }

func (f Saliency) images() int {
	size := f.size()
	if size <= 0 || len(f.Pixels)%size != 0 {
		panic(fmt.Sprintf("viz: saliency: %d pixels, want a multiple of %d×%d×%d", len(f.Pixels), max(f.C, 1), f.H, f.W))
	}
	for k, m := range f.Maps {
		if len(m) != len(f.Pixels) {
			panic(fmt.Sprintf("viz: saliency: method %d has %d values for %d pixels", k, len(m), len(f.Pixels)))
		}
	}
	return len(f.Pixels) / size
}

// Alt implements Figure.
func (f Saliency) Alt() string {
	s := "Saliency maps"
	if f.Title != "" {
		s += ": " + f.Title
	}
	s += fmt.Sprintf(". %s", count(f.images(), "image", "images"))
	if len(f.Names) > 0 {
		s += " explained by " + strings.Join(f.Names, ", ")
	}
	return s + "."
}

func (f Saliency) name() string { return f.Title }

func (f Saliency) layout() layout {
	g := &gridLayout{columns: 1 + len(f.Maps), heads: append([]string{"image"}, f.Names...)}
	size, bad := f.size(), 0
	for i := range f.images() {
		pixels := f.Pixels[i*size : (i+1)*size]
		g.tiles = append(g.tiles, Tile{Image: Ink(f.H, f.W, pixels)})
		for _, m := range f.Maps {
			g.tiles = append(g.tiles, Tile{Image: overlay(f.H, f.W, pixels, m[i*size:(i+1)*size], 0)})
		}
	}
	for _, m := range append([][]float32{f.Pixels}, f.Maps...) {
		bad += notFinite(m)
	}
	if bad > 0 {
		g.warning = count(bad, "value is", "values are") + " NaN or infinite: grey."
	}
	g.place(f.Title, strings.TrimSpace("Red speaks for the class, blue against it; each map has its own scale. "+f.Note))
	return g
}

func notFinite(v []float32) (n int) {
	for _, x := range v {
		if !isFinite(float64(x)) {
			n++
		}
	}
	return n
}

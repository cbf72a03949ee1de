package viz

import (
	"fmt"
	"image"
	"strings"
)

// Saliency draws which pixels matter: a row for each image, a column for each
// way to explain it. Every map has a scale of its own, symmetric about 0, since
// the methods have no common unit; the digit lies under it in grey.
type Saliency struct {
	Title  string
	H, W   int
	Pixels []float32   // the images, one after the other, 0 paper to 1 ink
	Names  []string    // of the methods
	Maps   [][]float32 // by method: maps of all images, one after the other
	Note   string
}

// Add appends a method and its maps.
func (f *Saliency) Add(name string, maps []float32) {
	f.Names, f.Maps = append(f.Names, name), append(f.Maps, maps)
}

func (f Saliency) images() int {
	size := f.H * f.W
	if size <= 0 || len(f.Pixels)%size != 0 {
		panic(fmt.Sprintf("viz: saliency: %d pixels, want a multiple of %d×%d", len(f.Pixels), f.H, f.W))
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
	size, bad := f.H*f.W, 0
	for i := range f.images() {
		pixels := f.Pixels[i*size : (i+1)*size]
		g.tiles = append(g.tiles, Tile{Image: Ink(f.H, f.W, pixels)})
		for _, m := range f.Maps {
			g.tiles = append(g.tiles, Tile{Image: Overlay(f.H, f.W, pixels, m[i*size:(i+1)*size], 0)})
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

// Patches draws kernels with the pieces of images that excite them most: the
// kernel (red wants ink, blue wants none, each on its own scale), the mean of
// its patches, and the first of them. Two kernels stand in a row.
type Patches struct {
	Title   string
	Size    int         // of kernels and patches, Size×Size
	Kernels [][]float32 // each a map
	Best    [][][]float32
	Most    int // patches to show of a kernel; 0: 5
	Note    string
}

// Alt implements Figure.
func (f Patches) Alt() string {
	s := "Kernels and the patches that excite them"
	if f.Title != "" {
		s += ": " + f.Title
	}
	return s + fmt.Sprintf(". %s of %d×%d.", count(len(f.Kernels), "kernel", "kernels"), f.Size, f.Size)
}

func (f Patches) name() string { return f.Title }

func (f Patches) layout() layout {
	if len(f.Best) != len(f.Kernels) {
		panic(fmt.Sprintf("viz: patches: %d kernels, patches of %d", len(f.Kernels), len(f.Best)))
	}
	most := f.Most
	if most <= 0 {
		most = 5
	}
	half := (len(f.Kernels) + 1) / 2
	block := 2 + most + 1 // the last column of the first block stays empty
	g := &gridLayout{columns: 2*block - 1, heads: make([]string, 2*block-1)}
	for _, at := range []int{0, block} {
		g.heads[at], g.heads[at+1] = "kernel", "mean"
	}
	bad := 0
	g.tiles = make([]Tile, half*g.columns)
	for k, w := range f.Kernels {
		bad += notFinite(w)
		row := g.tiles[k%half*g.columns+k/half*block:]
		row[0].Image = MapImage(f.Size, f.Size, w, true, 0)
		if len(f.Best[k]) > 0 {
			row[1].Image = f.mean(f.Best[k])
		}
		for i, p := range f.Best[k] {
			if i < most {
				row[2+i].Image = Ink(f.Size, f.Size, p)
			}
		}
	}
	if bad > 0 {
		g.warning = count(bad, "value is", "values are") + " NaN or infinite: grey."
	}
	g.place(f.Title, f.Note)
	return g
}

func (f Patches) mean(patches [][]float32) image.Image {
	sum := make([]float32, f.Size*f.Size)
	for _, p := range patches {
		if len(p) != len(sum) {
			panic(fmt.Sprintf("viz: patches: a patch of %d values, want %d×%d", len(p), f.Size, f.Size))
		}
		for i, v := range p {
			sum[i] += v / float32(len(patches))
		}
	}
	return Ink(f.Size, f.Size, sum)
}

package viz

import (
	"fmt"
	"image"
)

// Patches draws kernels with the pieces of images that excite them most: the
// kernel (red wants ink, blue wants none, each on its own scale), the mean of
// its patches, and the first of them. Two kernels stand in a row.
type Patches struct {
	Title   string
	Size    int         // of kernels and patches, Size×Size
	Kernels [][]float32 // each a map, or three planes: drawn as a colour, 0 as grey
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
		row[0].Image = f.kernel(w)
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

// kernel draws a kernel: one that reads three planes as the colours it asks for,
// about the grey of 0.
func (f Patches) kernel(w []float32) image.Image {
	if len(w) != 3*f.Size*f.Size {
		return mapImage(f.Size, f.Size, w, 0)
	}
	limit := float32(1e-30)
	for _, v := range w {
		if isFinite(float64(v)) {
			limit = max(limit, v, -v)
		}
	}
	colours := make([]float32, len(w))
	for i, v := range w {
		colours[i] = 0.5 + v/limit/2
	}
	return Ink(f.Size, f.Size, colours)
}

func (f Patches) mean(patches [][]float32) image.Image {
	sum := make([]float32, len(patches[0]))
	for _, p := range patches {
		if n := f.Size * f.Size; len(p) != len(sum) || len(p) != n && len(p) != 3*n {
			panic(fmt.Sprintf("viz: patches: a patch of %d values, want %d×%d or 3×%d×%d", len(p), f.Size, f.Size, f.Size, f.Size))
		}
		for i, v := range p {
			sum[i] += v / float32(len(patches))
		}
	}
	return Ink(f.Size, f.Size, sum)
}

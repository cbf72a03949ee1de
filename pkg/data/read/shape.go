package read

import (
	"fmt"
	"image"

	"golang.org/x/image/draw"

	"inkling/pkg/internal/parallel"
)

// shape gives the images the size, the colours and the ink that options ask for.
func (d *Data) shape(p *Place) error {
	h, w, err := p.size()
	if err != nil {
		return err
	}
	if h == 0 {
		h, w = d.H, d.W
	}
	c := d.C
	switch {
	case p.options.has("gray"):
		c = 1
	case p.options.has("rgb"):
		c = 3
	}
	if d.C != 1 && d.C != 3 {
		return fmt.Errorf("%s: images of %d channels, allowed 1 or 3", p.path, d.C)
	}
	for _, part := range []*Images{&d.Train, &d.Test} {
		if n := len(part.Labels); !fits(n, c, h, w) {
			return fmt.Errorf("%s: %d images of %d×%d×%d, allowed are %d MiB; size=28x28 makes them smaller", p.path, n, c, h, w, maxPixels>>20)
		}
		if c != d.C || h != d.H || w != d.W {
			part.Pixels = converted(part.Pixels, len(part.Labels), d.C, d.H, d.W, c, h, w)
		}
		if p.options.has("invert") {
			for i, v := range part.Pixels {
				part.Pixels[i] = 255 - v
			}
		}
	}
	if h != d.H || w != d.W {
		d.Notes = append(d.Notes, fmt.Sprintf("resized from %d×%d", d.H, d.W))
	}
	if c != d.C {
		d.Notes = append(d.Notes, map[int]string{1: "made grey", 3: "made RGB"}[c])
	}
	if p.options.has("invert") {
		d.Notes = append(d.Notes, "inverted")
	}
	d.C, d.H, d.W = c, h, w
	return nil
}

// size is what option size asks for, or 0.
func (p *Place) size() (h, w int, err error) {
	dims, err := p.options.dims("size", 1, 2)
	switch {
	case err != nil:
		return 0, 0, fmt.Errorf("%s: %w", p.path, err)
	case dims == nil:
		return 0, 0, nil
	}
	return dims[0], dims[len(dims)-1], nil
}

// fits reports whether n images of c×h×w are within the limit of a part.
func fits(n, c, h, w int) bool {
	size := c * h * w // at most 3 << 20
	return size > 0 && n <= maxPixels/size
}

// converted makes images of another size or other colours.
func converted(src []uint8, n, c, h, w, c2, h2, w2 int) []uint8 {
	dst := make([]uint8, n*c2*h2*w2)
	parallel.Each(n, 16, func() func(int) {
		a, b := image.NewRGBA(image.Rect(0, 0, w, h)), image.NewRGBA(image.Rect(0, 0, w2, h2))
		return func(i int) {
			fromPlanes(a, src[i*c*h*w:(i+1)*c*h*w], c)
			scaled := a
			if h != h2 || w != w2 {
				scale(b, a)
				scaled = b
			}
			toPlanes(dst[i*c2*h2*w2:(i+1)*c2*h2*w2], scaled, c2)
		}
	})
	return dst
}

// scale fills dst with src, bilinear, and where that makes it smaller averaged
// over all that falls on a pixel, as Pillow's and torchvision's resize do.
func scale(dst, src *image.RGBA) {
	draw.BiLinear.Scale(dst, dst.Rect, src, src.Rect, draw.Src, nil)
}

func fromPlanes(dst *image.RGBA, src []uint8, c int) {
	n := len(src) / c
	r, g, b := src[:n], src[(c/2)*n:][:n], src[(c-1)*n:]
	for i := range n {
		p := dst.Pix[4*i : 4*i+4 : 4*i+4]
		p[0], p[1], p[2], p[3] = r[i], g[i], b[i], 255
	}
}

// toPlanes writes an opaque image channel by channel, or as luma by ITU-R 601, in
// the whole numbers that Pillow and image/color take.
func toPlanes(dst []uint8, src *image.RGBA, c int) {
	n := len(dst) / c
	if c == 1 {
		for i := range n {
			p := src.Pix[4*i : 4*i+3 : 4*i+3]
			dst[i] = uint8((19595*uint32(p[0]) + 38470*uint32(p[1]) + 7471*uint32(p[2]) + 1<<15) >> 16)
		}
		return
	}
	r, g, b := dst[:n], dst[n:2*n], dst[2*n:]
	for i := range n {
		p := src.Pix[4*i : 4*i+3 : 4*i+3]
		r[i], g[i], b[i] = p[0], p[1], p[2]
	}
}

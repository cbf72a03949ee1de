package data

import (
	"image"
	"math"
	"math/rand/v2"
)

// canvasSide is the side of the pictures that Scatter draws.
const canvasSide = 200

// forScatter is a purpose of its own, beside those of rand.go.
const forScatter = 1 << 19

// Scatter undoes what was done to prepare image i of s: it draws its ink, in a size
// from 40 to 160 pixels, anywhere on a canvas of 200×200, dark on white or white
// on black. Pixels between those of the image are bilinear. Size, place and ground
// follow from the seed. What [Prepare] makes of it can be compared with the image.
// To an image that came as it is nothing was done, and it is returned.
func (s *Set) Scatter(i int, seed uint64) image.Image {
	if s.Prepared != asMNIST {
		return s.Image(i)
	}
	var src rand.PCG
	reseed(&src, seed, forScatter, i, 0)
	rng := rand.New(&src)
	pixels := s.pixels(i)
	ink := image.Rectangle{}
	for j, v := range pixels {
		if v > 0 {
			ink = ink.Union(image.Rect(j%s.W, j/s.W, j%s.W+1, j/s.W+1))
		}
	}
	zoom := (40 + 120*rng.Float64()) / float64(max(ink.Dx(), ink.Dy(), 1))
	left := (canvasSide - zoom*float64(ink.Dx())) * rng.Float64()
	top := (canvasSide - zoom*float64(ink.Dy())) * rng.Float64()
	white := rng.IntN(2) == 0
	at := func(x, y int) float64 {
		if x < 0 || y < 0 || x >= s.W || y >= s.H {
			return 0
		}
		return float64(pixels[y*s.W+x])
	}
	m := image.NewGray(image.Rect(0, 0, canvasSide, canvasSide))
	for y := range canvasSide {
		for x := range canvasSide {
			sx := (float64(x)+0.5-left)/zoom + float64(ink.Min.X) - 0.5
			sy := (float64(y)+0.5-top)/zoom + float64(ink.Min.Y) - 0.5
			i, j := int(math.Floor(sx)), int(math.Floor(sy))
			tx, ty := sx-float64(i), sy-float64(j)
			v := uint8((1-ty)*((1-tx)*at(i, j)+tx*at(i+1, j)) + ty*((1-tx)*at(i, j+1)+tx*at(i+1, j+1)) + 0.5)
			if white {
				v = 255 - v
			}
			m.Pix[y*canvasSide+x] = v
		}
	}
	return m
}

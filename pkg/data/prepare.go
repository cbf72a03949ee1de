package data

import (
	"errors"
	"image"
	"image/color"

	"golang.org/x/image/draw"

	"inkling/pkg/data/ink"
)

// A Sign is what [Prepare] finds in a picture.
type Sign struct {
	Image *image.Gray     // 28×28, white on black
	Box   image.Rectangle // around its ink, in pixels of the picture
	Signs int             // how many there are, apart from each other: Image is the largest
}

// ErrBlank says that nothing is written in a picture.
var ErrBlank = errors.New("nothing is written there, or too faintly: want one sign that stands out from its ground")

// Prepare makes of a picture of one handwritten sign what MNIST's makers made of
// their digits: "size normalized to fit in a 20x20 pixel box while preserving
// their aspect ratio. The resulting images contain grey levels as a result of
// the anti-aliasing technique used by the normalization algorithm. the images were
// centered in a 28x28 image by computing the center of mass of the pixels, and
// translating the image so as to position this point at the center of the 28x28
// field."
// Source: http://yann.lecun.com/exdb/mnist/
//
// What the page does not say is known from the reconstruction by Yadav and
// Bottou (Cold Case: the Lost MNIST Digits, 2019, and its program xnist.lsh): the box is a square
// around the ink, each pixel is the mean of the area that it covers, the darkest
// becomes 255, and the centre of mass comes to lie, moved by whole pixels, in the
// pixel to the lower right of the middle.
//
// Theirs were scans in black and white, ours may be photographs. So the ink is found
// first: what is darker than the ground, or lighter if most of the picture is
// dark, under light that falls from one side, and in shadows; without the lines of
// ruled paper, which run from rim to rim, without specks and what lies around the
// paper. Strokes that are thinner for the size of a sign than those of MNIST's
// pens are drawn wider. Transparent parts are ground.
//
// The error is ErrBlank if no ink is found.
func Prepare(m image.Image) (Sign, error) {
	s, ok := ink.Find(m)
	if !ok {
		return Sign{}, ErrBlank
	}
	return Sign(s), nil
}

// Fit makes of a picture an image like those of s, which may have none: prepared if
// they were, as MNIST was; otherwise as it is, resized to theirs whatever its
// proportions, and grey if they are, with transparent parts white. The sign is
// zero for a picture that is only resized.
func (s *Set) Fit(m image.Image) (pixels []uint8, sign Sign, err error) {
	if s.Prepared == asMNIST {
		if sign, err = Prepare(m); err != nil {
			return nil, Sign{}, err
		}
		return sign.Image.Pix, sign, nil
	}
	white := image.NewUniform(color.White)
	small := image.NewRGBA(image.Rect(0, 0, s.W, s.H))
	draw.Draw(small, small.Rect, white, image.Point{}, draw.Src)
	draw.BiLinear.Scale(small, small.Rect, m, m.Bounds(), draw.Over, nil)
	pixels = make([]uint8, s.size())
	n := s.H * s.W
	for i := range n {
		p := small.Pix[4*i:][:3]
		if s.C == 1 {
			pixels[i] = color.GrayModel.Convert(color.RGBA{p[0], p[1], p[2], 255}).(color.Gray).Y
		} else {
			pixels[i], pixels[n+i], pixels[2*n+i] = p[0], p[1], p[2]
		}
	}
	return pixels, Sign{}, nil
}

// preparation is how the images of s were made, as far as they show it: those that
// fill a box of 20×20 and have their centre of mass in the middle of 28×28 were
// prepared as MNIST's, in whatever files they came.
func (s *Set) preparation() string {
	if s.C != 1 || s.H != side || s.W != side || s.Len() == 0 {
		return ""
	}
	step := max(s.Len()/2000, 1)
	looked, fit := 0, 0
	for i := 0; i < s.Len(); i += step {
		var ink image.Rectangle
		var mass, mx, my float64
		for j, v := range s.pixels(i) {
			if v > 0 {
				ink = ink.Union(image.Rect(j%side, j/side, j%side+1, j/side+1))
			}
			mass += float64(v)
			mx += float64(v) * (float64(j%side) + 0.5)
			my += float64(v) * (float64(j/side) + 0.5)
		}
		looked++
		longer := max(ink.Dx(), ink.Dy())
		x, y := mx/mass, my/mass
		if longer >= box-1 && longer <= box && x > 13.9 && x < 15.1 && y > 13.9 && y < 15.1 {
			fit++
		}
	}
	if fit < looked*9/10 {
		return ""
	}
	return asMNIST
}

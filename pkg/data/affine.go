package data

import (
	"fmt"
	"math"

	"inkling/pkg/internal/parallel"
)

// Affine moves an image about its centre: it is scaled, sheared, turned and
// then shifted, in one resampling. The zero value changes nothing.
type Affine struct {
	DX, DY float64 // shift in pixels, to the right and down
	Rotate float64 // degrees, counter-clockwise
	Scale  float64 // magnification; 0 stands for 1
	Shear  float64 // degrees by which an upright line leans to the right
}

// matrix maps a pixel of the result to the place in the source that it shows:
// (m[0]x + m[1]y + m[2], m[3]x + m[4]y + m[5]).
type matrix [6]float32

// inverse returns the matrix of a for images of h×w. With the centre c, a moves
// p to c + A(p-c) + d, so that q shows c + A⁻¹(q-c-d), where
//
//	A = s · | cos r   sin r| · |1  -tan k|
//	        |-sin r   cos r|   |0     1  |
//
// in coordinates whose y points down.
func (a Affine) inverse(h, w int) matrix {
	s := a.Scale
	if s == 0 {
		s = 1
	}
	sin, cos := math.Sincos(a.Rotate * math.Pi / 180)
	k := math.Tan(a.Shear * math.Pi / 180)
	// The two factors inverted, in the other order.
	xx, xy := (cos+k*sin)/s, (k*cos-sin)/s
	yx, yy := sin/s, cos/s
	cx, cy := float64(w-1)/2, float64(h-1)/2
	qx, qy := cx+a.DX, cy+a.DY
	return matrix{
		float32(xx), float32(xy), float32(cx - xx*qx - xy*qy),
		float32(yx), float32(yy), float32(cy - yx*qx - yy*qy),
	}
}

// Transform returns a copy of s with every image moved by a. What comes in from
// outside the image is background.
func (s *Set) Transform(name string, a Affine) *Set {
	if sum := a.DX + a.DY + a.Rotate + a.Scale + a.Shear; a.Scale < 0 || sum-sum != 0 {
		panic(fmt.Sprintf("data: transform: %+v, scale must be positive and everything finite", a))
	}
	t := s.like(name, s.Len())
	m := a.inverse(s.H, s.W)
	parallel.Each(s.Len(), 64, func() func(int) {
		p := newPainter(s.H, s.W)
		out := make([]float32, s.H*s.W)
		return func(i int) {
			for c := range s.C {
				p.open(s.plane(i, c))
				p.resample(out, m, nil, 0, window{})
				toBytes(t.plane(i, c), out)
			}
			t.Labels[i] = s.Labels[i]
		}
	})
	return t
}

// painter changes one plane of an image at a time, framed by one pixel of background: what
// lies between the border and the outside needs no case of its own.
type painter struct {
	h, w   int
	stride int
	image  []float32 // (h+2)×(w+2), with a frame of background
	spare  []float32

	// All ink lies in the columns left to right-1 and the rows top to bottom-1:
	// half of an image of MNIST need not be looked at.
	left, right, top, bottom int
}

func newPainter(h, w int) *painter {
	n := (h + 2) * (w + 2)
	return &painter{h: h, w: w, stride: w + 2, image: make([]float32, n), spare: make([]float32, n)}
}

// row returns row y of the framed image.
func (p *painter) row(image []float32, y int) []float32 {
	at := (y+1)*p.stride + 1
	return image[at : at+p.w]
}

// open takes the pixels of a plane as the image.
func (p *painter) open(pixels []uint8) {
	p.left, p.right, p.top, p.bottom = p.w, 0, p.h, 0
	for y := range p.h {
		dst, src := p.row(p.image, y), pixels[y*p.w:(y+1)*p.w]
		from, to := 0, p.w
		for from < to && src[from] == 0 {
			from++
		}
		for to > from && src[to-1] == 0 {
			to--
		}
		clear(dst[:from])
		floats(dst[from:to], src[from:to])
		clear(dst[to:])
		if from < to {
			p.left, p.right = min(p.left, from), max(p.right, to)
			p.top, p.bottom = min(p.top, y), y+1
		}
	}
}

// resample shows the image through m, each pixel displaced by alpha times the
// two windows of f. Values between pixels are bilinear.
//
//	dst(x,y) = image(m(x,y) + alpha·(f(w.rx+x, w.ry+y), f(w.dx+x, w.dy+y)))
func (p *painter) resample(dst []float32, m matrix, f *field, alpha float32, w window) {
	var reach float32 // of the displacements
	if f != nil {
		reach = alpha * f.most
	}
	for y := range p.h {
		// A product is converted to keep the compilers of some machines
		// from fusing it with the sum: the bits are the same everywhere.
		x0 := float32(m[1]*float32(y)) + m[2]
		y0 := float32(m[4]*float32(y)) + m[5]
		out := dst[y*p.w : (y+1)*p.w]
		a, b := where(m[0], x0, float32(p.left)-reach, float32(p.right)+reach, p.w)
		c, d := where(m[3], y0, float32(p.top)-reach, float32(p.bottom)+reach, p.w)
		from, to := max(a, c), min(b, d)
		if from >= to {
			clear(out)
			continue
		}
		clear(out[:from])
		clear(out[to:])
		for x := from; x < to; x++ {
			sx := float32(m[0]*float32(x)) + x0
			sy := float32(m[3]*float32(x)) + y0
			if f != nil {
				sx += float32(alpha * f.at(w.rx+uint32(x), w.ry+uint32(y)))
				sy += float32(alpha * f.at(w.dx+uint32(x), w.dy+uint32(y)))
			}
			out[x] = p.between(sx, sy)
		}
	}
}

// where returns the first of the columns 0 … n-1 of a result, and one behind the
// last, that look at ink: slope·x + start must come to lie less than a pixel
// before low or behind high-1. It may name a few columns more, never one less.
func where(slope, start, low, high float32, n int) (from, to int) {
	if slope < 0 {
		slope, start, low, high = -slope, -start, -high+1, -low+1
	}
	// Rounding costs less than a tenth of a pixel.
	low, high = low-1.1, high+0.1
	last := start + slope*float32(n-1)
	if last < low || start > high {
		return 0, 0
	}
	from, to = 0, n
	if start < low {
		from = int((low - start) / slope)
	}
	if last > high {
		to = min(int((high-start)/slope)+1, n)
	}
	return from, to
}

// between returns the image at (x, y), bilinearly; outside it is background.
func (p *painter) between(x, y float32) float32 {
	x, y = x+1, y+1
	right, low := float32(p.w+1), float32(p.h+1)
	if !(x > 0 && x < right && y > 0 && y < low) {
		return 0
	}
	i, j := int(x), int(y)
	tx, ty := x-float32(i), y-float32(j)
	a := p.image[j*p.stride+i:][:2]
	b := p.image[(j+1)*p.stride+i:][:2]
	top := a[0] + float32(tx*(a[1]-a[0]))
	below := b[0] + float32(tx*(b[1]-b[0]))
	return top + float32(ty*(below-top))
}

// thicken lets the lines of the image grow by t pixels, or shrink by -t: a grey
// dilation or erosion over the four neighbours for each whole pixel, and a
// blend for what is left.
func (p *painter) thicken(t float32) {
	grow := t > 0
	for left := max(t, -t); left > 0; left-- {
		share := min(left, 1)
		for y := range p.h {
			at := (y+1)*p.stride + 1
			up, low := p.image[at-p.stride:], p.image[at+p.stride:]
			here := p.image[at-1:]
			for x := range p.w {
				v := here[x+1]
				var q float32
				if grow {
					q = max(v, here[x], here[x+2], up[x], low[x])
				} else {
					q = min(v, here[x], here[x+2], up[x], low[x])
				}
				p.spare[at+x] = v + float32(share*(q-v))
			}
		}
		p.image, p.spare = p.spare, p.image
		p.left, p.right = max(p.left-1, 0), min(p.right+1, p.w)
		p.top, p.bottom = max(p.top-1, 0), min(p.bottom+1, p.h)
	}
}

// toBytes rounds values in [0,1] to bytes.
func toBytes(dst []uint8, src []float32) {
	for i, v := range src {
		dst[i] = uint8(min(max(v, 0), 1)*255 + 0.5)
	}
}

package read

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"io"
	"strings"
	"sync"

	"inkling/pkg/internal/picture"

	"golang.org/x/image/draw"
)

const (
	bigArea  = 1 << 20  // pixels from which on one image is decoded at a time
	headSize = 64 << 10 // bytes that mostly tell the size
)

// decoder decodes images one at a time, in buffers of its own.
type decoder struct {
	file bytes.Buffer
	full *image.RGBA // the image as it came
	fit  *image.RGBA // of the size that is wanted
	out  *image.RGBA // one of them
}

// big bounds the memory of all decoders together.
var big sync.Mutex

// read reads a file, or at most limit bytes of its beginning.
func (d *decoder) read(p *Place, name string, limit int64) error {
	f, err := p.Open(name, picture.MaxFile)
	if err != nil {
		return err
	}
	defer f.Close()
	d.file.Reset()
	_, err = d.file.ReadFrom(io.LimitReader(f, limit))
	return err
}

// size returns the size of an image as it is shown.
func (d *decoder) size(p *Place, name string) (h, w int, err error) {
	for _, limit := range []int64{headSize, picture.MaxFile} {
		if err = d.read(p, name, limit); err == nil {
			if h, w, err = picture.Size(d.file.Bytes()); err == nil {
				return h, w, nil
			}
		}
		if int64(d.file.Len()) < limit {
			break // it has no more
		}
	}
	return 0, 0, at(p, name, err)
}

// at names the file that an error is about, once.
func at(p *Place, name string, err error) error {
	if err == nil || strings.HasPrefix(err.Error(), p.At(name)) {
		return err
	}
	return fmt.Errorf("%s: %w", p.At(name), cause(err))
}

// decode reads an image and brings it to h×w. It is grey if all of it is, and solid
// if nothing shines through; what does is laid on white or black.
func (d *decoder) decode(p *Place, name string, h, w int, black bool) (grey, solid bool, err error) {
	if err = d.read(p, name, picture.MaxFile); err == nil {
		grey, solid, err = d.picture(h, w, black)
	}
	return grey, solid, at(p, name, err)
}

func (d *decoder) picture(h, w int, black bool) (grey, solid bool, err error) {
	fullH, fullW, err := picture.Size(d.file.Bytes())
	if err != nil {
		return false, false, err
	}
	if fullH*fullW > bigArea {
		big.Lock()
		defer big.Unlock()
		defer func() { d.full = nil }() // not to be kept by every decoder
	}
	src, err := picture.Decode(d.file.Bytes())
	if err != nil {
		return false, false, err
	}
	d.full = sized(d.full, fullH, fullW)
	solid = d.lay(src, black)
	grey = isGrey(d.full)
	d.out = d.full
	if fullH != h || fullW != w {
		d.fit = sized(d.fit, h, w)
		scale(d.fit, d.full)
		d.out = d.fit
	}
	return grey, solid, nil
}

// lay draws src on the ground. A frame of a GIF may be smaller than the image.
func (d *decoder) lay(src image.Image, black bool) (solid bool) {
	if g, ok := src.(*image.Gray); ok && g.Rect == d.full.Rect { // most are
		for y := range g.Rect.Dy() {
			row, out := g.Pix[y*g.Stride:][:g.Rect.Dx()], d.full.Pix[y*d.full.Stride:]
			for x, v := range row {
				q := out[4*x : 4*x+4 : 4*x+4]
				q[0], q[1], q[2], q[3] = v, v, v, 255
			}
		}
		return true
	}
	o, ok := src.(interface{ Opaque() bool })
	solid = ok && o.Opaque() && d.full.Rect.In(src.Bounds())
	if solid {
		draw.Draw(d.full, d.full.Rect, src, d.full.Rect.Min, draw.Src)
		return true
	}
	ground := color.Gray{255}
	if black {
		ground.Y = 0
	}
	draw.Draw(d.full, d.full.Rect, image.NewUniform(ground), image.Point{}, draw.Src)
	draw.Draw(d.full, src.Bounds(), src, src.Bounds().Min, draw.Over)
	return false
}

// write gives the image that was decoded last.
func (d *decoder) write(dst []uint8, c int) { toPlanes(dst, d.out, c) }

// sized returns an image of h×w, in the memory of old if that is large enough.
func sized(old *image.RGBA, h, w int) *image.RGBA {
	if old == nil || cap(old.Pix) < 4*h*w {
		return image.NewRGBA(image.Rect(0, 0, w, h))
	}
	return &image.RGBA{Pix: old.Pix[:4*h*w], Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
}

func isGrey(m *image.RGBA) bool {
	for i := 0; i+3 < len(m.Pix); i += 4 {
		if p := m.Pix[i : i+3 : i+3]; p[0] != p[1] || p[1] != p[2] {
			return false
		}
	}
	return true
}

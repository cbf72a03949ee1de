package read

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/image/draw"
)

const (
	maxImage = 64 << 20 // bytes of one file
	maxArea  = 32 << 20 // pixels of one image
	bigArea  = 1 << 20  // pixels from which on one image is decoded at a time
	headSize = 64 << 10 // bytes that mostly tell the size
)

// decoder decodes images one at a time, in buffers of its own. Only PNG, JPEG and
// GIF are tried, whatever else the program has registered with package image.
type decoder struct {
	ctx  context.Context
	file bytes.Buffer
	full *image.RGBA // the image as it came, upright
	turn *image.RGBA
	fit  *image.RGBA // of the size that is wanted
	out  *image.RGBA // one of them
}

// big bounds the memory of all decoders together.
var big sync.Mutex

type kind struct {
	magic  string
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

var kinds = []kind{
	{"\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode},
	{"\xff\xd8", jpeg.DecodeConfig, jpeg.Decode},
	{"GIF8", gif.DecodeConfig, gif.Decode},
}

// read reads a file, or at most limit bytes of its beginning, and says what it is.
func (d *decoder) read(p *Place, name string, limit int64) (kind, error) {
	f, err := p.Open(name, maxImage)
	if err != nil {
		return kind{}, err
	}
	defer f.Close()
	d.file.Reset()
	if _, err := d.file.ReadFrom(io.LimitReader(f, limit)); err != nil {
		return kind{}, fmt.Errorf("%s: %w", p.At(name), cause(err))
	}
	return sniff(d.file.Bytes())
}

func sniff(b []byte) (kind, error) {
	at := slices.IndexFunc(kinds, func(k kind) bool { return bytes.HasPrefix(b, []byte(k.magic)) })
	if at < 0 {
		return kind{}, fmt.Errorf("begins with %.8q, allowed are PNG, JPEG and GIF", b[:min(len(b), 8)])
	}
	return kinds[at], nil
}

// size returns the size of an image as it is shown: turned as its EXIF says.
func (d *decoder) size(p *Place, name string) (h, w int, err error) {
	for _, limit := range []int64{headSize, maxImage} {
		var k kind
		if k, err = d.read(p, name, limit); err == nil {
			if h, w, err = config(k, d.file.Bytes()); err == nil {
				return h, w, nil
			}
		}
		if int64(d.file.Len()) < limit {
			break // it has no more
		}
	}
	return 0, 0, at(p, name, err)
}

func at(p *Place, name string, err error) error {
	if err == nil || bytes.HasPrefix([]byte(err.Error()), []byte(p.At(name))) {
		return err
	}
	return fmt.Errorf("%s: %w", p.At(name), err)
}

func config(k kind, b []byte) (h, w int, err error) {
	c, err := k.config(bytes.NewReader(b))
	if err != nil {
		return 0, 0, err
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxArea/c.Height {
		return 0, 0, fmt.Errorf("claims %d×%d pixels, allowed are 1 to %d", c.Height, c.Width, maxArea)
	}
	if orientation(b) > 4 {
		return c.Width, c.Height, nil
	}
	return c.Height, c.Width, nil
}

// decode reads an image and brings it to h×w. It is grey if all of it is, and solid
// if nothing shines through; what does is laid on white or black.
func (d *decoder) decode(p *Place, name string, h, w int, black bool) (grey, solid bool, err error) {
	k, err := d.read(p, name, maxImage)
	if err == nil {
		grey, solid, err = d.picture(k, h, w, black)
	}
	return grey, solid, at(p, name, err)
}

func (d *decoder) picture(k kind, h, w int, black bool) (grey, solid bool, err error) {
	b := d.file.Bytes()
	fullH, fullW, err := config(k, b)
	if err != nil {
		return false, false, err
	}
	if fullH*fullW > bigArea {
		big.Lock()
		defer big.Unlock()
	}
	turned := orientation(b)
	if turned > 4 { // as it is in the file
		fullH, fullW = fullW, fullH
	}
	src, err := k.decode(&interruptible{d.ctx, bytes.NewReader(b)})
	if err != nil {
		return false, false, err
	}
	d.full = sized(d.full, fullH, fullW)
	solid = d.lay(src, black)
	d.out = d.full
	if turned > 1 {
		d.turn = upright(d.turn, d.full, turned)
		d.out = d.turn
	}
	grey = isGrey(d.out)
	if d.out.Rect.Dy() != h || d.out.Rect.Dx() != w {
		d.fit = sized(d.fit, h, w)
		scale(d.fit, d.out)
		d.out = d.fit
	}
	if fullH*fullW > bigArea { // not to be kept by every decoder
		d.full, d.turn = nil, nil
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

// upright turns src as the orientation of EXIF asks for. Row 0 and column 0 of the
// file are shown as
//
//	2 top, right   3 bottom, right   4 bottom, left
//	5 left, top    6 right, top      7 right, bottom   8 left, bottom
func upright(dst, src *image.RGBA, turned int) *image.RGBA {
	h, w := src.Rect.Dy(), src.Rect.Dx()
	if turned > 4 {
		dst = sized(dst, w, h)
	} else {
		dst = sized(dst, h, w)
	}
	flipped := strings.Contains("3467", strconv.Itoa(turned))
	mirrored := strings.Contains("2378", strconv.Itoa(turned))
	for y := range h {
		for x := range w {
			row, column := y, x
			if flipped {
				row = h - 1 - y
			}
			if mirrored {
				column = w - 1 - x
			}
			if turned > 4 {
				row, column = column, row
			}
			copy(dst.Pix[row*dst.Stride+4*column:][:4], src.Pix[y*src.Stride+4*x:][:4])
		}
	}
	return dst
}

// orientation is what the EXIF part of a JPEG says, 1 to 8; 1 where it says
// nothing. It lies in the first segments: FF E1, a length, "Exif" 00 00, then a
// TIFF of one directory with entries of 12 bytes, that of tag 0112 a short.
func orientation(b []byte) int {
	if !bytes.HasPrefix(b, []byte{0xff, 0xd8}) {
		return 1
	}
	for b = b[2:]; len(b) >= 4 && b[0] == 0xff && b[1] != 0xda; {
		n := int(b[2])<<8 | int(b[3])
		if n < 2 || len(b) < 2+n {
			return 1
		}
		if segment := b[4 : 2+n]; b[1] == 0xe1 && bytes.HasPrefix(segment, []byte("Exif\x00\x00")) {
			return tiffOrientation(segment[6:])
		}
		b = b[2+n:]
	}
	return 1
}

func tiffOrientation(t []byte) int {
	if len(t) < 8 {
		return 1
	}
	var number func(b []byte) int
	switch string(t[:4]) {
	case "II*\x00":
		number = func(b []byte) int {
			n := 0
			for i := len(b) - 1; i >= 0; i-- {
				n = n<<8 | int(b[i])
			}
			return n
		}
	case "MM\x00*":
		number = func(b []byte) int {
			n := 0
			for _, v := range b {
				n = n<<8 | int(v)
			}
			return n
		}
	default:
		return 1
	}
	at := number(t[4:8])
	if at < 8 || at > len(t)-2 {
		return 1
	}
	entries := number(t[at : at+2])
	for e := t[at+2:]; entries > 0 && len(e) >= 12; e, entries = e[12:], entries-1 {
		if number(e[:2]) == 0x112 {
			if v := number(e[8:10]); number(e[2:4]) == 3 && v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
	}
	return 1
}

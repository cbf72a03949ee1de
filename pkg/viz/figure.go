package viz

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"

	"inkling/pkg/internal/atomicfile"
)

// Figure is a picture as a plain value. Nothing is drawn before Show or Save.
type Figure interface {
	// Alt says in words what the figure shows, for those who cannot see it.
	Alt() string

	name() string // names the file; may be empty
	layout() layout
}

// A layout is a figure that has been measured and is ready to be drawn.
type layout interface {
	size() (w, h vg.Length) // in CSS pixels, with padding
	draw(c draw.Canvas)     // c has that size; its origin is bottom left
}

// pixelRatio is the number of device pixels per CSS pixel in a PNG.
const pixelRatio = 2

// Save writes f to path in the format that the extension names: .png (two
// device pixels per CSS pixel), .svg or .pdf. Missing folders are created; an
// earlier file is replaced, a link is not followed.
func Save(path string, f Figure) error {
	var write func(io.Writer, layout) error
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".png":
		write = writePNG
	case ".svg":
		write = writeSVG
	case ".pdf":
		write = writePDF
	default:
		return fmt.Errorf("viz: %s: format %q, want .png, .svg or .pdf", path, ext)
	}
	var b bytes.Buffer
	if err := write(&b, withMark(f.layout())); err != nil {
		return fmt.Errorf("viz: %s: %w", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("viz: %w", err)
	}
	if err := atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(b.Bytes())
		return err
	}); err != nil {
		return fmt.Errorf("viz: %w", err)
	}
	return nil
}

// raster draws l with two device pixels per CSS pixel.
func raster(l layout) image.Image { return rasterAt(l, pixelRatio) }

func rasterAt(l layout, ratio int) image.Image {
	w, h := l.size()
	// The canvas measures in points of 1/72 inch, so 72 dpi is one to one.
	c := vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(72*ratio), vgimg.UseBackgroundColor(paper))
	l.draw(draw.NewCanvas(guard{c, c.Image(), vg.Length(ratio)}, w, h))
	return c.Image()
}

func writePNG(w io.Writer, l layout) error {
	drawn := raster(l)
	m, ok := drawn.(*image.RGBA)
	if !ok {
		return png.Encode(w, drawn)
	}
	// Many thin lines over each other have many shades between them, which cost bytes
	// and are not seen.
	var b bytes.Buffer
	for _, most := range []int{256, 64} {
		b.Reset()
		if err := png.Encode(&b, toPalette(m, most)); err != nil {
			return err
		}
		if b.Len() <= largePNG {
			break
		}
	}
	_, err := b.WriteTo(w)
	return err
}

// largePNG is the size of a file, in bytes, above which a figure makes do with fewer
// colours: what ./scripts/report --publish allows.
const largePNG = 150 << 10

func writeSVG(w io.Writer, l layout) error {
	width, height := l.size()
	c := vgsvg.New(width, height)
	drawOnPaper(c, width, height, l)
	_, err := c.WriteTo(w)
	return err
}

func writePDF(w io.Writer, l layout) error {
	width, height := l.size()
	c := vgpdf.New(width, height)
	drawOnPaper(pdfCanvas{c}, width, height, l)
	_, err := c.WriteTo(w)
	return err
}

func drawOnPaper(c vg.Canvas, w, h vg.Length, l layout) {
	dc := draw.NewCanvas(guard{Canvas: c}, w, h)
	fillRect(dc, dc.Rectangle, paper)
	l.draw(dc)
}

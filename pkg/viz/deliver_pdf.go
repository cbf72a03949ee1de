package viz

import (
	"image"
	"image/color"
	"image/draw"

	"gonum.org/v1/plot/vg"
)

// pdfCanvas makes up for three things that vgpdf v0.17 does: it turns images
// upside down, draws them with the alpha of the last colour, and multiplies a
// translucent colour by its alpha twice.
type pdfCanvas struct{ vg.Canvas }

func (c pdfCanvas) SetColor(col color.Color) {
	c.Canvas.SetColor(straight(color.NRGBAModel.Convert(col).(color.NRGBA)))
}

func (c pdfCanvas) DrawImage(r vg.Rectangle, m image.Image) {
	c.SetColor(ink)
	c.Canvas.DrawImage(r, upsideDown(m))
}

// straight is a colour whose RGBA is not multiplied by alpha, against the
// contract of color.Color but as vgpdf reads it.
type straight color.NRGBA

func (c straight) RGBA() (r, g, b, a uint32) {
	return uint32(c.R) * 257, uint32(c.G) * 257, uint32(c.B) * 257, uint32(c.A) * 257
}

func upsideDown(m image.Image) *image.NRGBA {
	b := m.Bounds()
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(out, out.Rect, m, b.Min, draw.Src)
	for top, low := 0, b.Dy()-1; top < low; top, low = top+1, low-1 {
		p, q := out.Pix[top*out.Stride:][:out.Stride], out.Pix[low*out.Stride:][:out.Stride]
		for i := range p {
			p[i], q[i] = q[i], p[i]
		}
	}
	return out
}

package viz

import (
	"fmt"
	"image"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Drawer is what draws itself on a canvas of gonum/plot: a *plot.Plot is one.
type Drawer interface{ Draw(c draw.Canvas) }

// Plot is a figure of one's own. Show and Save treat it as any other, and it
// stands in Panels:
//
//	p := plot.New()
//	p.Title.Text = "Loss surface"
//	p.Add(plotter.NewContour(…))
//	viz.Show(viz.Plot{Drawer: p, Title: "Loss surface"})
//
// What the Drawer draws is its own affair, the look of the house included; a
// panic of it becomes a sentence in the figure's place.
type Plot struct {
	Drawer
	Title         string // names the file, and tells those who cannot see what it shows; it is not drawn
	Width, Height int    // CSS pixels; 0: 640×380
}

// Alt implements Figure.
func (f Plot) Alt() string { return alternative("Plot", f.Title) }

func (f Plot) name() string { return f.Title }

func (f Plot) layout() layout {
	l := ownLayout{width: chartW, height: chartH, drawn: f.Drawer}
	if f.Drawer == nil {
		panic("viz: plot: no Drawer; a *plot.Plot is one")
	}
	if f.Width > 0 {
		l.width = vg.Length(f.Width)
	}
	if f.Height > 0 {
		l.height = vg.Length(f.Height)
	}
	return l
}

// Picture is an image as it is, for what is neither a digit nor a chart.
type Picture struct {
	image.Image
	Title string // names the file, and tells those who cannot see what it shows; it is not drawn
	Width int    // CSS pixels; 0: two pixels of the image each, at most the page's width
}

// Alt implements Figure.
func (f Picture) Alt() string { return alternative("Picture", f.Title) }

func (f Picture) name() string { return f.Title }

func (f Picture) layout() layout {
	if f.Image == nil || f.Bounds().Empty() {
		panic("viz: picture: no image, or one without pixels")
	}
	size := f.Bounds().Size()
	width := min(cssPixels(size.X), pageW-2*pad)
	if f.Width > 0 {
		width = min(vg.Length(f.Width), pageW-2*pad)
	}
	height := width * vg.Length(size.Y) / vg.Length(size.X)
	return ownLayout{width: width + 2*pad, height: height + 2*pad, drawn: pictureDrawer{f.Image}}
}

type pictureDrawer struct{ m image.Image }

func (d pictureDrawer) Draw(c draw.Canvas) { c.DrawImage(c.Rectangle, d.m) }

// ownLayout gives a Drawer its paper and a margin.
type ownLayout struct {
	width, height vg.Length
	drawn         Drawer
}

func (l ownLayout) size() (w, h vg.Length) { return l.width, l.height }

func (l ownLayout) draw(c draw.Canvas) {
	inner := draw.Canvas{Canvas: c.Canvas, Rectangle: rect(c.Min.X+pad, c.Min.Y+pad, c.Max.X-pad, c.Max.Y-pad)}
	defer func() {
		if r := recover(); r != nil {
			noteText.with(alarm).draw(c, c.Min.X+pad, c.Max.Y-2*pad, 0, fmt.Sprintf("this figure could not be drawn: %.90v", r))
		}
	}()
	l.drawn.Draw(inner)
}

func alternative(kind, title string) string {
	if title == "" {
		return kind + " without a title"
	}
	return kind + ": " + title
}

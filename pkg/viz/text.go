package viz

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Text is a paragraph among figures. In a notebook it keeps its place between
// them, which printed text does not.
type Text string

// Alt implements Figure.
func (t Text) Alt() string { return string(t) }

func (t Text) text() string { return string(t) }

func (t Text) html() string {
	var h htmlBuilder
	h.add(`<div style="white-space:pre-line;margin:4px 0">%s</div>`, string(t))
	return h.String()
}

type textLayout []string

func (t Text) name() string { return string(t) }

func (t Text) layout() layout { return textLayout(labelText.wrap(string(t), chartW-2*pad)) }

func (t textLayout) size() (w, h vg.Length) {
	return chartW, 2*pad + vg.Length(max(len(t), 1))*labelText.line()
}

func (t textLayout) draw(c draw.Canvas) {
	y := c.Max.Y - pad - labelText.size
	for _, s := range t {
		labelText.draw(c, c.Min.X+pad, y, 0, s)
		y -= labelText.line()
	}
}

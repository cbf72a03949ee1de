package viz

import (
	"strings"
	"sync/atomic"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

var mark atomic.Pointer[func() string]

// Mark puts a line under every picture that is shown or saved from now on, for what is
// true of all of them and must not be overlooked: that a whole notebook has other
// values than its own. It is asked for each picture anew; "" is no line, and nil ends
// that. Tables and texts have none.
func Mark(text func() string) { mark.Store(&text) }

// marked is a layout with the line of Mark under it.
type marked struct {
	layout
	lines []string
}

// markNow is the line of Mark, "" for none.
func markNow() string {
	of := mark.Load()
	if of == nil || *of == nil {
		return ""
	}
	return strings.TrimSpace((*of)())
}

func withMark(l layout) layout {
	text := markNow()
	if text == "" {
		return l
	}
	w, _ := l.size()
	return marked{l, noteText.wrap(text, max(w-2*pad, chartW/4))}
}

func (m marked) below() vg.Length { return whole(pad + vg.Length(len(m.lines))*noteText.line()) }

func (m marked) size() (w, h vg.Length) {
	w, h = m.layout.size()
	return w, h + m.below()
}

func (m marked) draw(c draw.Canvas) {
	y := c.Min.Y + m.below() - noteText.size
	inner := c
	inner.Min.Y += m.below()
	m.layout.draw(inner)
	for _, s := range m.lines {
		noteText.draw(c, c.Min.X+pad, y, 0, s)
		y -= noteText.line()
	}
}

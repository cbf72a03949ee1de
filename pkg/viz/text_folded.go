package viz

import (
	"html"
	"strings"
)

// Folded are figures behind a line of text: in a notebook a click shows them, so that
// what few readers want to see does not stand between what all do. On paper and
// outside a notebook they are there.
type Folded struct {
	Summary string
	Figures []Figure
}

// Alt implements Figure.
func (f Folded) Alt() string { return strings.TrimSuffix(f.Summary+": "+f.rows().Alt(), ": ") }

func (f Folded) rows() Panels { return Panels{Title: f.Summary, Figures: f.Figures, Columns: 1} }

func (f Folded) name() string { return f.Summary }

func (f Folded) layout() layout { return f.rows().layout() }

func (f Folded) html() string {
	var h htmlBuilder
	h.add(`<details style="margin:4px 0"><summary>%s</summary>`, f.Summary)
	for _, one := range f.Figures {
		o, err := inline(one)
		if err != nil {
			o.html = "<pre>" + html.EscapeString(err.Error()) + "</pre>"
		}
		h.b.WriteString(o.html)
	}
	h.add(`</details>`)
	return h.String()
}

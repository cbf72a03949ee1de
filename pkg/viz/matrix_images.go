package viz

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
	"strings"
)

// ConfusionImages is a confusion matrix whose cells lead to their images: in a
// page a click on a number, or the return key, shows some of those it counts,
// what the network says of each, and images that it was trained on. It needs no
// script: cells are links, and what they lead to is folded until then. Paper has
// all of them, and other exports the matrix alone, as a picture.
type ConfusionImages struct {
	Confusion
	Examples []Example // those that matter most first: a cell shows the first of its own
	PerCell  int       // how many a cell shows; 0: three
	Paper    bool      // dark ink on white, see [Images]
	NearBy   string    // what the images beside an example are: "nearest training images"
}

// An Example is one of the images that a confusion matrix counts.
type Example struct {
	Name            string // "test image 17"
	Image           image.Image
	True, Predicted int // Predicted -1: no answer
	Probabilities   []float32
	Near            []Tile // images like it; the caption is what each is
}

// column is the place of the prediction in Counts.
func (e Example) column(classes int) int {
	if e.Predicted < 0 {
		return classes
	}
	return e.Predicted
}

type cellAt struct{ row, column int }

// behind are the examples of each cell.
func (f ConfusionImages) behind() map[cellAt][]Example {
	most := f.PerCell
	if most <= 0 {
		most = 3
	}
	cells := map[cellAt][]Example{}
	for _, e := range f.Examples {
		at := cellAt{e.True, e.column(len(f.Counts))}
		if at.row < 0 || at.row >= len(f.Counts) || at.column >= len(f.Counts[at.row]) || e.Image == nil || e.Image.Bounds().Empty() {
			continue
		}
		if len(cells[at]) < most {
			cells[at] = append(cells[at], e)
		}
	}
	return cells
}

// what names a cell in words.
func (f ConfusionImages) what(at cellAt) string {
	n := count(f.Counts[at.row][at.column], "image", "images")
	switch {
	case at.row == at.column:
		return fmt.Sprintf("%s, read right: %s", f.class(at.row), n)
	case at.column >= len(f.Counts):
		return fmt.Sprintf("%s, without an answer: %s", f.class(at.row), n)
	}
	return fmt.Sprintf("%s read as %s: %s", f.class(at.row), f.class(at.column), n)
}

// page is the matrix as a table of links and, behind them, a folded part for
// each cell. A style of the page may show the part that was chosen and hide the
// others: without one they are all there, to be opened by hand.
func (f ConfusionImages) page() string {
	cells := f.behind()
	var order []cellAt
	for i, r := range f.Counts {
		for j := range r {
			if len(cells[cellAt{i, j}]) > 0 {
				order = append(order, cellAt{i, j})
			}
		}
	}
	parts := map[cellAt]string{}
	id := crc32.NewIEEE() // two matrices of a page differ
	fmt.Fprint(id, f.Title, f.Counts)
	for _, at := range order {
		parts[at] = f.part(at, cells[at])
		id.Write([]byte(parts[at]))
	}
	name := func(at cellAt) string { return fmt.Sprintf("cell-%08x-%d-%d", id.Sum32(), at.row, at.column) }

	var h htmlBuilder
	h.add(`<div class="confused" style="margin:4px 0">`)
	h.addIf(`<div style="font-weight:600;margin:4px 0 6px">%s</div>`, f.Title)
	f.table(&h, func(at cellAt) string {
		if len(cells[at]) == 0 {
			return ""
		}
		return name(at)
	})
	h.add(`<div style="margin:4px 0">%s</div>`, strings.TrimSpace(f.summary()+" "+f.Note))
	first := f.first(order)
	for _, at := range order {
		open := ""
		if at == first {
			open = ` class="first" open`
		}
		h.b.WriteString(`<details` + open + ` style="margin:4px 0">`)
		h.add(`<summary>%s</summary><div id="%s" class="behind">`, f.what(at), name(at))
		h.b.WriteString(parts[at])
		h.add(`</div></details>`)
	}
	h.add(`</div>`)
	return h.String()
}

// first is the cell that is open before any is chosen: the most frequent error.
func (f ConfusionImages) first(order []cellAt) cellAt {
	for _, p := range f.Pairs(math.MaxInt) {
		if at := (cellAt{p.True, p.Predicted}); slices.Contains(order, at) {
			return at
		}
	}
	if len(order) > 0 {
		return order[0]
	}
	return cellAt{-1, -1}
}

// table has a row for each true class; a cell that link names leads there.
func (f ConfusionImages) table(h *htmlBuilder, link func(cellAt) string) {
	columns, worst := len(f.Counts), 0.0
	for _, r := range f.Counts {
		columns = max(columns, len(r))
	}
	values := make([][]float64, len(f.Counts))
	for i, r := range f.Counts {
		sum := 0
		for _, n := range r {
			sum += n
		}
		for j, n := range r {
			v := float64(n)
			if f.Rates {
				v *= 100 / float64(max(sum, 1))
			}
			values[i] = append(values[i], v)
			if i != j {
				worst = max(worst, v)
			}
		}
	}
	const place = `padding:3px 2px;text-align:center;min-width:26px`
	h.add(`<table style="border-collapse:collapse;font-variant-numeric:tabular-nums;margin:0"><caption style="text-align:left;caption-side:bottom;padding:4px 0">` +
		`Rows: what an image is. Columns: what it was read as. A number leads to its images.</caption><thead><tr><td style="` + place + `"></td>`)
	for j := range columns {
		h.add(`<th scope="col" style="`+place+`">%s</th>`, f.class(j))
	}
	h.add(`</tr></thead><tbody>`)
	for i := range f.Counts {
		h.add(`<tr><th scope="row" style="`+place+`">%s</th>`, f.class(i))
		for j := range columns {
			if j >= len(values[i]) || f.Counts[i][j] == 0 {
				h.add(`<td style="` + place + `"></td>`)
				continue
			}
			text := fmt.Sprint(f.Counts[i][j])
			if f.Rates {
				text = fmt.Sprintf("%.1f", values[i][j])
			}
			back, front := "rgba(128,128,128,.18)", "inherit"
			if i != j {
				fill := warm.at(values[i][j] / worst)
				back, front = css(fill), css(legible(fill))
			}
			h.add(`<td style="padding:0;text-align:center;background:%s;color:%s">`, back, front)
			if to := link(cellAt{i, j}); to != "" {
				h.add(`<a href="#%s" title="%s" style="display:block;`+place+`;color:inherit">%s</a>`, to, f.what(cellAt{i, j}), text)
			} else {
				h.add(`<span style="display:block;`+place+`">%s</span>`, text)
			}
			h.add(`</td>`)
		}
		h.add(`</tr>`)
	}
	h.add(`</tbody></table>`)
}

func css(c color.NRGBA) string { return fmt.Sprintf("rgb(%d,%d,%d)", c.R, c.G, c.B) }

// legible is black or white, whichever has more contrast on c: 4.58 to 1 at least, as
// small letters in a page need (WCAG 2).
func legible(c color.NRGBA) color.NRGBA {
	luminance := 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
	if (luminance+0.05)/0.05 > 1.05/(luminance+0.05) {
		return rgb(0)
	}
	return rgb(0xffffff)
}

// part is what stands behind a cell.
func (f ConfusionImages) part(at cellAt, examples []Example) string {
	var h htmlBuilder
	for _, e := range examples {
		h.add(`<div class="example" style="display:flex;flex-wrap:wrap;align-items:center;column-gap:16px;row-gap:4px;margin:8px 0">`)
		h.add(`<div style="width:64px">`)
		f.thumbnail(&h, e.Image, strings.TrimSpace(fmt.Sprintf("%s, true class %s", e.Name, f.class(e.True))), 56)
		h.add(`</div><div style="width:170px;font-size:90%%;line-height:1.35">`)
		h.addIf(`<div>%s</div>`, e.Name)
		if at.column >= len(f.Counts) {
			h.add(`<div>no answer</div>`)
		}
		for _, c := range f.told(e) {
			weight := "normal"
			if c == e.True {
				weight = "bold"
			}
			h.add(`<div style="font-weight:%s">%s: %s `, weight, f.class(c), percent(float64(e.Probabilities[c])))
			h.add(`<span style="display:inline-block;height:8px;width:%dpx;background:currentColor;opacity:.45"></span></div>`, int(60*e.Probabilities[c]+0.5))
		}
		h.add(`</div>`)
		if len(e.Near) > 0 {
			h.add(`<div style="font-size:90%%;line-height:1.35">`)
			h.addIf(`<div>%s</div>`, f.NearBy)
			h.add(`<div style="display:flex;flex-wrap:wrap;gap:8px">`)
			for _, t := range e.Near {
				if t.Image == nil || t.Image.Bounds().Empty() {
					continue
				}
				h.add(`<div style="text-align:center">`)
				f.thumbnail(&h, t.Image, "", 42)
				h.add(`%s</div>`, t.Caption)
			}
			h.add(`</div></div>`)
		}
		h.add(`</div>`)
	}
	return h.String()
}

// told are the classes whose probabilities are written: the three largest and
// the true one, the largest first.
func (f ConfusionImages) told(e Example) []int {
	var order []int
	for c, p := range e.Probabilities {
		if isFinite(float64(p)) && c < len(f.Counts) {
			order = append(order, c)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(e.Probabilities[b], e.Probabilities[a]) })
	for i, c := range order {
		if i >= 3 && c == e.True {
			return append(order[:3:3], c)
		}
	}
	return order[:min(3, len(order))]
}

// thumbnail is an image so many CSS pixels wide. Its text is empty where the
// words beside it say what it is.
func (f ConfusionImages) thumbnail(h *htmlBuilder, m image.Image, alt string, width int) {
	b := m.Bounds()
	if gray, ok := m.(*image.Gray); ok && f.Paper {
		inverted := image.NewGray(image.Rect(0, 0, b.Dx(), b.Dy()))
		for y := range b.Dy() {
			for x := range b.Dx() {
				inverted.Pix[y*inverted.Stride+x] = 255 - gray.GrayAt(b.Min.X+x, b.Min.Y+y).Y
			}
		}
		m = inverted
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, m); err != nil {
		return // an image beyond what PNG can hold
	}
	h.add(`<img src="data:image/png;base64,%s" alt="%s" width="%d" height="%d" style="display:block;margin:0 auto">`,
		base64.StdEncoding.EncodeToString(out.Bytes()), alt, width, max(1, width*b.Dy()/b.Dx()))
}

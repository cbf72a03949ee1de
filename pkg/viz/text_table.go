package viz

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Table is rows of values: HTML in a notebook, aligned text elsewhere, and a
// drawing where it stands in Panels or goes to a file.
type Table struct {
	Title   string
	Columns []string
	// Rows hold strings, numbers or anything that fmt prints. Columns of numbers
	// are set flush right; floats get the decimals that show four digits of the
	// smallest value in the column.
	Rows      [][]any
	Formats   []string // fmt verbs by column, "%.3f"; "" or missing: chosen
	Highlight []int    // rows to stress: the best
	Note      string
}

// NewTable is a table without rows. A column is its name, or "name|format" with
// a fmt verb for its values.
//
//	t := viz.NewTable("Errors", "head", "dev %|%.2f")
//	t.Add("cross-entropy", 2.031)
func NewTable(title string, columns ...string) *Table {
	t := &Table{Title: title}
	for _, c := range columns {
		name, format := c, ""
		if at := strings.LastIndexByte(c, '|'); at >= 0 {
			name, format = c[:at], c[at+1:]
		}
		t.Columns, t.Formats = append(t.Columns, name), append(t.Formats, format)
	}
	return t
}

// Add appends a row.
func (t *Table) Add(cells ...any) { t.Rows = append(t.Rows, cells) }

// Alt implements Figure.
func (t Table) Alt() string {
	s := "Table"
	if t.Title != "" {
		s += ": " + t.Title
	}
	s += fmt.Sprintf(". %s of %s.", count(len(t.Rows), "row", "rows"), strings.Join(t.Columns, ", "))
	if len(t.Columns) == 0 {
		s = strings.TrimSuffix(s, " of .") + "."
	}
	return s
}

// cells are the table as text: all rows have as many cells as the widest.
type cells struct {
	head  []string
	rows  [][]string
	right []bool // by column: numbers
}

func (t Table) cells() cells {
	n := len(t.Columns)
	for _, r := range t.Rows {
		n = max(n, len(r))
	}
	c := cells{head: make([]string, n), right: make([]bool, n)}
	copy(c.head, t.Columns)
	for range t.Rows {
		c.rows = append(c.rows, make([]string, n))
	}
	for j := range n {
		format := ""
		if j < len(t.Formats) {
			format = t.Formats[j]
		}
		c.right[j] = t.numbers(j)
		float := t.column(j)
		for i, r := range t.Rows {
			if j < len(r) {
				c.rows[i][j] = cellText(r[j], format, float)
			}
		}
	}
	return c
}

func cellText(v any, format string, float func(float64) string) string {
	if v == nil {
		return ""
	}
	f, isFloat := toFloat(v)
	if isFloat && !isFinite(f) {
		return short(f)
	}
	if _, isText := v.(string); format != "" && !isText {
		return unsignedZero(fmt.Sprintf(format, v))
	}
	if isFloat {
		return float(f)
	}
	switch x := v.(type) {
	case int:
		return thousands(x)
	case int64:
		return thousands(int(x))
	case string:
		return oneLine(x)
	}
	return oneLine(fmt.Sprint(v))
}

// oneLine keeps a cell or title from breaking the table.
func oneLine(s string) string {
	return strings.TrimSpace(strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", " ").Replace(s))
}

// numbers reports whether column j holds numbers, gaps aside.
func (t Table) numbers(j int) bool {
	some := false
	for _, r := range t.Rows {
		if j >= len(r) || r[j] == nil {
			continue
		}
		switch v := r[j].(type) {
		case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64:
			some = true
		default: // a mean with its deviation, a number that is written already
			switch s := fmt.Sprint(v); {
			case s == "" || s == "–" || s == "-":
			case isNumber(s):
				some = true
			default:
				return false
			}
		}
	}
	return some
}

// isNumber reports whether a text is a number and nothing else: "98.02 ± 0.12",
// "−3.1 %", and not 784-600-10 or 5 epochs.
func isNumber(s string) bool {
	mean, deviation, spread := strings.Cut(strings.TrimSpace(strings.TrimSuffix(s, "%")), " ± ")
	parts := []string{mean}
	if spread {
		parts = append(parts, deviation)
	}
	for _, p := range parts {
		if _, err := strconv.ParseFloat(strings.NewReplacer(",", "", "−", "-").Replace(p), 64); err != nil {
			return false
		}
	}
	return true
}

// column writes the floats of column j alike.
func (t Table) column(j int) func(float64) string {
	var v []float64
	for _, r := range t.Rows {
		if j < len(r) {
			if f, ok := toFloat(r[j]); ok {
				v = append(v, f)
			}
		}
	}
	return shorts(v)
}

func toFloat(v any) (float64, bool) {
	switch x := v.(type) {
	case float64:
		return x, true
	case float32:
		return float64(x), true
	}
	return 0, false
}

// text aligns the columns with spaces, two between columns.
func (t Table) text() string {
	c := t.cells()
	width := make([]int, len(c.head))
	for j, h := range c.head {
		width[j] = utf8.RuneCountInString(h)
		for _, r := range c.rows {
			width[j] = max(width[j], utf8.RuneCountInString(r[j]))
		}
	}
	var b strings.Builder
	if t.Title != "" {
		b.WriteString(oneLine(t.Title) + "\n")
	}
	line := func(r []string) {
		var s strings.Builder
		for j, v := range r {
			gap := strings.Repeat(" ", width[j]-utf8.RuneCountInString(v))
			if j > 0 {
				s.WriteString("  ")
			}
			if c.right[j] {
				s.WriteString(gap + v)
			} else {
				s.WriteString(v + gap)
			}
		}
		b.WriteString(strings.TrimRight(s.String(), " ") + "\n")
	}
	if len(t.Columns) > 0 {
		line(c.head)
		rule := make([]string, len(width))
		for j, w := range width {
			rule[j] = strings.Repeat("─", w)
		}
		line(rule)
	}
	for _, r := range c.rows {
		line(r)
	}
	if len(c.rows) == 0 {
		b.WriteString("(no rows)\n")
	}
	if t.Note != "" {
		b.WriteString(oneLine(t.Note) + "\n")
	}
	return b.String()
}

// html takes its colours from the page: the table has no sheet of its own.
func (t Table) html() string {
	c := t.cells()
	align := func(j int) string {
		if c.right[j] {
			return "right"
		}
		return "left"
	}
	whole := func(j int) string { // a number and its deviation stay on one line
		if c.right[j] {
			return "white-space:nowrap;"
		}
		return ""
	}
	var h htmlBuilder
	h.add(`<div style="overflow-x:auto;margin:4px 0">`)
	h.addIf(`<div style="font-weight:600;margin:4px 0 6px">%s</div>`, t.Title)
	h.add(`<table style="border-collapse:collapse;font-variant-numeric:tabular-nums;margin:0">`)
	if len(t.Columns) > 0 {
		h.add(`<thead><tr>`)
		for j, s := range c.head {
			const style = `style="text-align:%s;padding:4px 12px;border-bottom:1px solid rgba(128,128,128,.6)">`
			if s == "" { // which heads nothing
				h.add(`<td `+style+`</td>`, align(j))
				continue
			}
			h.add(`<th scope="col" `+style+`%s</th>`, align(j), s)
		}
		h.add(`</tr></thead>`)
	}
	h.add(`<tbody>`)
	for i, r := range c.rows {
		weight := "normal"
		if slices.Contains(t.Highlight, i) {
			weight = "bold"
		}
		h.add(`<tr>`)
		for j, s := range r {
			h.add(`<td style="text-align:%s;%spadding:3px 12px;font-weight:%s">%s</td>`, align(j), whole(j), weight, s)
		}
		h.add(`</tr>`)
	}
	if len(c.rows) == 0 {
		h.add(`<tr><td style="padding:3px 12px">(no rows)</td></tr>`)
	}
	h.add(`</tbody></table>`)
	h.addIf(`<div style="opacity:.75;font-size:90%%;margin:4px 0">%s</div>`, t.Note)
	h.add(`</div>`)
	return h.String()
}

type tableLayout struct {
	Table
	cells
	title, notes []string
	cols         []vg.Length
	w, h         vg.Length
}

const (
	tableLine vg.Length = 20
	tableGap  vg.Length = 22
)

func (t Table) name() string { return t.Title }

func (t Table) layout() layout {
	l := &tableLayout{Table: t, cells: t.cells()}
	l.cols = make([]vg.Length, len(l.head))
	bold := lettering{size: labelText.size, bold: true}
	for j, s := range l.head {
		l.cols[j] = bold.width(s)
		for _, r := range l.rows {
			l.cols[j] = max(l.cols[j], bold.width(r[j]))
		}
		l.w += l.cols[j] + tableGap
	}
	l.w = max(l.w-tableGap+2*pad, 200)
	l.title = titleText.wrap(t.Title, l.w-2*pad)
	l.notes = noteText.wrap(t.Note, l.w-2*pad)
	l.h = 2*pad + vg.Length(max(len(l.rows), 1)+1)*tableLine + vg.Length(len(l.title))*titleText.line() + 6 + vg.Length(len(l.notes))*noteText.line()
	l.w, l.h = whole(l.w+0.5), whole(l.h+0.5)
	return l
}

func (l *tableLayout) size() (w, h vg.Length) { return l.w, l.h }

func (l *tableLayout) draw(c draw.Canvas) {
	y := c.Max.Y - pad
	for _, s := range l.title {
		titleText.draw(c, c.Min.X+pad, y-titleText.cap()-1, 0, s)
		y -= titleText.line()
	}
	line := func(r []string, let lettering) {
		x := c.Min.X + pad
		for j, s := range r {
			if l.right[j] {
				let.draw(c, x+l.cols[j], y-14, 1, s)
			} else {
				let.draw(c, x, y-14, 0, s)
			}
			x += l.cols[j] + tableGap
		}
		y -= tableLine
	}
	line(l.head, lettering{size: labelText.size, bold: true, color: ink})
	c.StrokeLine2(draw.LineStyle{Color: soft, Width: 1}, c.Min.X+pad, y-1, c.Max.X-pad, y-1)
	y -= 2
	for i, r := range l.rows {
		let := labelText
		let.bold = slices.Contains(l.Highlight, i)
		line(r, let)
	}
	if len(l.rows) == 0 {
		labelText.with(soft).draw(c, c.Min.X+pad, y-14, 0, "no rows")
		y -= tableLine
	}
	y -= 4
	for _, s := range l.notes {
		y -= noteText.line()
		noteText.draw(c, c.Min.X+pad, y, 0, s)
	}
}

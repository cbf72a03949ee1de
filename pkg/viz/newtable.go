package viz

import "strings"

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

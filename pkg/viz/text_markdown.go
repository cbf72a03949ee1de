package viz

import "strings"

// Markdown returns the table in the pipe syntax of GitHub, without its title.
func (t Table) Markdown() string {
	c := t.cells()
	var b strings.Builder
	line := func(cells []string) {
		b.WriteString("|")
		for _, s := range cells {
			b.WriteString(" " + strings.ReplaceAll(s, "|", `\|`) + " |")
		}
		b.WriteString("\n")
	}
	line(c.head)
	b.WriteString("|")
	for _, right := range c.right {
		if right {
			b.WriteString("--:|")
		} else {
			b.WriteString("---|")
		}
	}
	b.WriteString("\n")
	for _, r := range c.rows {
		line(r)
	}
	return b.String()
}

package viz

import (
	"slices"
	"strings"
	"testing"
)

func TestNewTable(t *testing.T) {
	table := NewTable("T", "head", "a|b|%.2f", "n")
	table.Add("x", 2.031, 7)
	table.Add("y", 1.0, 8)
	if want := []string{"head", "a|b", "n"}; !slices.Equal(table.Columns, want) {
		t.Errorf("columns %q, want %q", table.Columns, want)
	}
	text := table.text()
	for _, want := range []string{"2.03", "1.00", "a|b"} {
		if !strings.Contains(text, want) || strings.Contains(text, "2.031") {
			t.Errorf("text lacks %q or the format:\n%s", want, text)
		}
	}
	if _, ok := Figure(table).(document); !ok {
		t.Error("a *Table is not shown as a document, as a Table is")
	}
}

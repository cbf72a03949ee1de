package viz

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestTableText(t *testing.T) {
	got := Table{
		Title:   "Structures\nof question 1",
		Columns: []string{"structure", "weights", "dev", "note"},
		Rows: [][]any{
			{"784-600-10", 477010, 0.9712, "λ = 10⁻⁴"},
			{"784-1024-10\tx", 814090, float32(0.5), nil},
			{"b", -5, math.NaN(), errors.New("failed")},
			{"short row"},
		},
		Note: "Seeds 1 to 3.",
	}.text()
	want := strings.Join([]string{
		"Structures of question 1",
		"structure      weights     dev  note",
		"─────────────  ───────  ──────  ────────",
		"784-600-10     477,010  0.9712  λ = 10⁻⁴",
		"784-1024-10 x  814,090  0.5000",
		"b                   −5     NaN  failed",
		"short row",
		"Seeds 1 to 3.",
	}, "\n") + "\n"
	want = strings.Replace(want, "−5", "-5", 1)
	if got = strings.Replace(got, "−5", "-5", 1); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTableNumbers(t *testing.T) {
	for _, c := range []struct {
		format string
		column []any
		want   string
	}{
		{"", []any{0.98, 0.9712}, "0.9800 0.9712"},
		{"", []any{12.3, 0.5}, "12.3 0.5"},
		{"", []any{1e-7, 0.5}, "1e−7 0.5000"},
		{"", []any{2.0, 3.0}, "2 3"},
		{"", []any{math.Inf(1), math.Inf(-1)}, "+∞ -∞"},
		{"%.1f %%", []any{12.34, "–"}, "12.3 % –"},
		{"", []any{1234567, uint8(7)}, "1,234,567 7"},
		{"", []any{true, nil}, "true "},
	} {
		var rows [][]any
		for _, v := range c.column {
			rows = append(rows, []any{v})
		}
		cells := Table{Rows: rows, Formats: []string{c.format}}.cells()
		var got []string
		for _, r := range cells.rows {
			got = append(got, r[0])
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%v with %q: %q, want %q", c.column, c.format, s, c.want)
		}
	}
}

func TestEmptyTable(t *testing.T) {
	if s := (Table{}).text(); s != "(no rows)\n" {
		t.Errorf("text %q", s)
	}
	if s := (Table{}).html(); !strings.Contains(s, "(no rows)") {
		t.Errorf("HTML %q", s)
	}
}

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

// A column without a heading has an empty cell there, no empty heading, which a
// screen reader would announce.
func TestNoEmptyHeading(t *testing.T) {
	h := Table{Columns: []string{"", "b"}, Rows: [][]any{{1, 2}}}.html()
	if n := strings.Count(h, "<th "); n != 1 || strings.Count(h, "<td ") != 3 {
		t.Errorf("%d headings in %s, want one and an empty cell", n, h)
	}
}

// Numbers stand flush right, also those that are written already.
func TestTableSidesOfColumns(t *testing.T) {
	for text, right := range map[string]bool{
		"98.02 ± 0.12": true, "−3.1 %": true, "4.3e-07": true, "1,234": true, "12": true, "NaN": true,
		"784-600-10": false, "5 epochs": false, "1 to 5": false, "3 × 3": false, "± 2": false,
	} {
		if got := (Table{Rows: [][]any{{"–"}, {text}, {""}}}).cells().right[0]; got != right {
			t.Errorf("%q flush right: %v", text, got)
		}
	}
	if (Table{Rows: [][]any{{"1"}, {"a"}}}).cells().right[0] {
		t.Error("a column with a word is one of numbers")
	}
	page := (Table{Columns: []string{"a", "b"}, Rows: [][]any{{"x", "1 ± 2"}}}).html()
	if !strings.Contains(page, `text-align:right;white-space:nowrap;`) || strings.Count(page, "nowrap") != 1 {
		t.Errorf("a deviation may leave its number: %s", page)
	}
}

func TestNothingHasNoSign(t *testing.T) {
	for s, want := range map[string]string{"-0": "0", "+0": "0", "-0.00": "0.00", "-0.01": "-0.01", "+1": "+1", "-0 %": "-0 %", "–": "–"} {
		if got := unsignedZero(s); got != want {
			t.Errorf("%q became %q, want %q", s, got, want)
		}
	}
}

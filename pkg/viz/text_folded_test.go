package viz

import (
	"strings"
	"testing"
)

// What is folded is in the page, behind a summary that cannot become markup, and on
// paper below its line.
func TestFolded(t *testing.T) {
	p := inPage(t)
	f := Folded{"two <figures>", []Figure{Text("first"), Curves{Title: "second", Series: []Series{{Y: []float64{1, 2}}}}}}
	Show(f)
	if len(p.outputs) != 1 {
		t.Fatalf("%d outputs, want 1", len(p.outputs))
	}
	s := p.outputs[0]
	for _, want := range []string{"<details", "<summary>two &lt;figures&gt;</summary>", ">first</div>", `<img src="data:image/png`, "</details>"} {
		if !strings.Contains(s, want) {
			t.Errorf("no %q in %s", want, s)
		}
	}
	if alt := f.Alt(); !strings.Contains(alt, "first") || !strings.Contains(alt, "second") {
		t.Errorf("alt %q", alt)
	}
	whole, _ := f.layout().size()
	if one, _ := f.Figures[1].layout().size(); whole < one {
		t.Errorf("%v wide on paper, one of its figures is %v", whole, one)
	}
}

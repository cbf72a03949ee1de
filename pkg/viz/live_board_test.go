package viz

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// boardAt is a board on a file, at a clock of the test's.
func boardAt(t *testing.T) (b *Board, at *time.Time, read func() string) {
	path := filepath.Join(t.TempDir(), "out")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	b = NewBoard(f)
	now := time.Unix(1000, 0)
	b.now, b.drawn = func() time.Time { return now }, time.Time{}
	return b, &now, func() string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

// A terminal's lines are gone over, as many as there are, and nothing is drawn too
// soon; a log has the first line now and then, and all at the end.
func TestBoard(t *testing.T) {
	table := Table{Columns: []string{"lr", "error"}, Rows: [][]any{{"0.1", "3.2"}}}
	b, now, read := boardAt(t)
	b.tty, b.every = true, 150*time.Millisecond
	b.Update(Text("first"), table)
	b.Update(Text("too soon"), table)
	*now = now.Add(time.Second)
	b.Update(Text("second"), table)
	b.Finish(Text("third"), table)
	b.Finish(Text("after the end"), table)
	b.Update(Text("after the end"), table)
	got := read()
	if strings.Contains(got, "soon") || strings.Contains(got, "after") || strings.Count(got, "\x1b[4A") != 2 || !strings.HasSuffix(got, "0.1    3.2\n\x1b[?7h") {
		t.Errorf("terminal %q", got)
	}

	b, now, read = boardAt(t)
	b.Update(Text("first"), table)
	*now = now.Add(14 * time.Second)
	b.Update(Text("too soon"), table)
	*now = now.Add(2 * time.Second)
	b.Update(Text("second"), table)
	b.Finish(Text("third"), table)
	if got, want := read(), "first\nsecond\nthird\n lr  error\n───  ─────\n0.1    3.2\n"; got != want {
		t.Errorf("log %q, want %q", got, want)
	}

	p := inPage(t)
	b, now, read = boardAt(t)
	b.Update(Text("first"), table)
	*now = now.Add(time.Minute)
	b.Update(Text("second <"), table)
	b.Finish(Text("third"), table)
	if read() != "" || len(p.outputs) != 1 || !strings.Contains(p.outputs[0], "third") || strings.Contains(p.outputs[0], "second") {
		t.Errorf("page %q, file %q", p.outputs, read())
	}
}

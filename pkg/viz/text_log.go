package viz

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

// A Log is where a long piece of work writes its lines. In a notebook they are
// shown at Flush, folded behind the last of them, so that a figure does not lie
// under a hundred lines; a click, or a search in the page, finds them all. Lines
// that begin with "note: " stay in view. Outside a notebook all are printed as they
// come.
type Log struct {
	mu   sync.Mutex
	out  io.Writer
	text strings.Builder
}

// NewLog is a Log for a lab: lab.Log = viz.NewLog().
func NewLog() *Log { return &Log{out: os.Stdout} }

// unfolded is how many lines are shown as they are.
const unfolded = 5

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if notebook == nil {
		return l.out.Write(p)
	}
	return l.text.Write(p)
}

// Flush shows what has been written since the last Flush.
func (l *Log) Flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := strings.TrimRight(l.text.String(), "\n")
	l.text.Reset()
	if notebook == nil || text == "" {
		return nil
	}
	const pre = `<pre style="margin:2px 0;white-space:pre-wrap">%s</pre>`
	var h htmlBuilder
	if lines := strings.Split(text, "\n"); len(lines) <= unfolded {
		h.add(pre, text)
	} else {
		for _, line := range lines {
			if strings.HasPrefix(line, "note: ") {
				h.add(pre, line)
			}
		}
		h.add(`<details style="margin:2px 0"><summary>%s <span style="opacity:.75">%s</span></summary>`,
			lines[len(lines)-1], fmt.Sprintf("(log of %d lines)", len(lines)))
		h.add(pre, text)
		h.add(`</details>`)
	}
	notebook.display(output{html: h.String()})
	notebook.sync()
	return nil
}

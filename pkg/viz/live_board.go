package viz

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// Board is a few texts and tables that are redrawn in place while a long piece of
// work goes on: in a notebook in one output, on a terminal over themselves. In a
// log the first of them is a line now and then, and all come at the end. What is
// said too soon after the last time is left out; Finish says all.
type Board struct {
	out   *os.File
	tty   bool
	every time.Duration
	now   func() time.Time

	mu       sync.Mutex
	id       string
	lines    int // on the terminal, that the next drawing goes over
	drawn    time.Time
	finished bool
}

// NewBoard draws on out, unless that is a notebook's.
func NewBoard(out *os.File) *Board {
	b := &Board{out: out, now: time.Now, every: 15 * time.Second}
	switch {
	case notebook != nil:
		b.every = 250 * time.Millisecond
	case isTerminal(out):
		b.tty, b.every = true, 150*time.Millisecond
	default:
		b.drawn = b.now().Add(-10 * time.Second) // the first line soon
	}
	return b
}

// Update redraws the board, if that is due. Figures are tables and texts.
func (b *Board) Update(figures ...Figure) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now := b.now(); !b.finished && now.Sub(b.drawn) >= b.every {
		b.drawn = now
		b.draw(false, figures)
	}
}

// Finish draws the last state; later calls do nothing.
func (b *Board) Finish(figures ...Figure) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.finished {
		return
	}
	b.finished = true
	b.draw(true, figures)
	if notebook != nil {
		notebook.sync()
	}
}

func (b *Board) draw(last bool, figures []Figure) {
	var page, plain strings.Builder
	for _, f := range figures {
		d, ok := f.(document)
		if !ok {
			panic(fmt.Sprintf("viz: board: a %T, want tables and texts", f))
		}
		page.WriteString(d.html())
		plain.WriteString(strings.TrimRight(d.text(), "\n") + "\n")
		if !last && !b.tty && notebook == nil {
			break
		}
	}
	switch text := plain.String(); {
	case notebook != nil:
		if b.id == "" {
			b.id = notebook.freshID()
		}
		notebook.replace(b.id, output{html: page.String()})
	case b.tty:
		if b.lines > 0 {
			fmt.Fprintf(b.out, "\x1b[%dA", b.lines)
		}
		// Without wrapping, so that a line takes one line.
		fmt.Fprintf(b.out, "\r\x1b[J\x1b[?7l%s\x1b[?7h", text)
		b.lines = strings.Count(text, "\n")
	default:
		fmt.Fprint(b.out, text)
	}
}

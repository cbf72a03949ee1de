package lab

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"math"

	"inkling/pkg/internal/atomicfile"
	"inkling/pkg/nn/train"
)

// History is the events of a run in order.
type History []train.Event

// Of returns the events of one kind.
func (h History) Of(k train.Kind) History {
	var out History
	for _, e := range h {
		if e.Kind == k {
			out = append(out, e)
		}
	}
	return out
}

// Steps, Losses and Scores are columns of a history, ready for a plot.
func (h History) Steps() []float64 {
	return h.column(func(e train.Event) float64 { return float64(e.Step) })
}

func (h History) Losses() []float64 { return h.column(func(e train.Event) float64 { return e.Loss }) }

func (h History) Scores() []float64 { return h.column(func(e train.Event) float64 { return e.Score }) }

func (h History) Objectives() []float64 {
	return h.column(func(e train.Event) float64 { return e.Objective })
}

func (h History) LRs() []float64 { return h.column(func(e train.Event) float64 { return e.LR }) }

func (h History) GradNorms() []float64 {
	return h.column(func(e train.Event) float64 { return e.GradNorm })
}

func (h History) column(f func(train.Event) float64) []float64 {
	col := make([]float64, len(h))
	for i, e := range h {
		col[i] = f(e)
	}
	return col
}

// evaluations are the best and the last evaluation on dev, zero if there was none.
func (h History) evaluations() (best, last train.Event) {
	if dev := h.Of(train.Dev); len(dev) > 0 {
		return dev[max(dev.Best(), 0)], dev[len(dev)-1]
	}
	return train.Event{}, train.Event{}
}

// Best is the index of the evaluation with the highest score in a history of
// one kind, the first of equals; -1 if there is none.
func (h History) Best() int {
	best := -1
	for i, e := range h {
		if !math.IsNaN(e.Score) && (best < 0 || e.Score > h[best].Score) {
			best = i
		}
	}
	return best
}

// The largest history that is read, in bytes, and its longest line.
const (
	maxHistory = 1 << 30
	maxLine    = 4 << 10
)

// readHistory reads events up to the first that is not whole: the last line of
// a killed run may be cut short.
func readHistory(path string) (History, error) {
	f, err := atomicfile.Open(path, maxHistory)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return scanHistory(f)
}

func scanHistory(r io.Reader) (History, error) {
	var h History
	s := bufio.NewScanner(io.LimitReader(r, maxHistory))
	s.Buffer(make([]byte, maxLine), maxLine)
	for s.Scan() {
		var e train.Event
		if json.Unmarshal(s.Bytes(), &e) != nil || !e.Kind.Known() {
			break
		}
		h = append(h, e)
	}
	if err := s.Err(); err != nil && err != bufio.ErrTooLong { // which is no event either
		return nil, err
	}
	return h, nil
}

// countEvents counts the lines of a history, without reading what they say.
func countEvents(path string) (n int, err error) {
	b, err := atomicfile.ReadFile(path, maxHistory)
	if err != nil {
		return 0, err
	}
	for len(b) > 0 {
		line := b
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			line, b = b[:i], b[i+1:]
		} else {
			b = nil
		}
		if !bytes.HasPrefix(line, []byte(`{"kind":"`)) || line[len(line)-1] != '}' {
			break
		}
		n++
	}
	return n, nil
}

func writeLine(w io.Writer, e train.Event) error {
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

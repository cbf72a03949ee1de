package main

import (
	"math"
	"strings"
	"testing"

	"inkling/pkg/lab"
	"inkling/pkg/nn/train"
)

// A falling line is drawn from the upper left to the lower right, as far as it goes.
func TestBraille(t *testing.T) {
	var x, y []float64
	for i := range 50 {
		x, y = append(x, float64(i)), append(y, math.Exp(-float64(i)/10))
	}
	lines := braille(x, y, 100, 10, 2)
	if want := []string{"⠑⠤⡀⠀⠀⠀⠀⠀⠀⠀", "⠀⠀⠈⠢⢄⠀⠀⠀⠀⠀"}; strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("drawn is\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	for _, v := range []float64{0, -1, 1e300, math.NaN(), math.Inf(1)} {
		for _, end := range []float64{0, 3, 100} {
			for _, line := range braille([]float64{0, 1, 2}, []float64{1, v, 3}, end, 5, 3) {
				if n := len([]rune(line)); n != 5 {
					t.Errorf("%v, to %v: a line of %d signs", v, end, n)
				}
			}
		}
	}
	braille(nil, nil, 0, 5, 1)
}

// Whatever is watched, on a screen of any size, the frame fits on it.
func TestFrameFits(t *testing.T) {
	r := &watched{Result: &lab.Result{Record: lab.Record{Name: "学习率 0.1, a long name that says what the run is about", Planned: 1000}}}
	for step := 10; step < 500; step += 10 {
		e := train.Event{Kind: train.Train, Step: step, Loss: 1 / float64(step), Seconds: float64(step)}
		r.events = append(r.events, e, train.Event{Kind: train.Dev, Step: step, Score: 0.9, Seconds: float64(step)})
	}
	for _, columns := range []int{20, 40, 80, 200} {
		for _, rows := range []int{2, 3, 10, 40} {
			for _, n := range []int{0, 1, 2, 5, 30} {
				lines := frameLines(repeat(r, n), columns, rows)
				if len(lines) > rows || n > 0 && len(lines) == 0 {
					t.Errorf("%d runs on %d rows: %d lines", n, rows, len(lines))
				}
				for _, line := range lines {
					if wide(line) > columns {
						t.Errorf("%d runs on %d columns: a line of %d, %q", n, columns, wide(line), line)
					}
				}
				if text := strings.Join(lines, "\n"); n == 2 && rows == 40 && columns == 200 && (!strings.Contains(text, "49 %  step 490 of 1000") || !strings.Contains(text, "⠤")) {
					t.Errorf("two runs on a large screen:\n%s", text)
				}
			}
		}
	}
}

func repeat(r *watched, n int) (list []*watched) {
	for range n {
		list = append(list, r)
	}
	return list
}

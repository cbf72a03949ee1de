package main

import (
	"fmt"
	"io"
	"math"
	"strings"

	"inkling/pkg/lab"
	"inkling/pkg/nn/train"
)

// screen draws runs on a terminal, each as a line and a curve beneath, over and over
// in the same place. Runs that have ended are told once, above.
type screen struct {
	out   io.Writer
	size  func() (columns, rows int)
	drawn int // lines of the last frame
	ended []*watched
}

func (s *screen) told(*watched, lab.History) {}
func (s *screen) end(r *watched)             { s.ended = append(s.ended, r) }

// The most rows of a curve.
const curveRows = 4

func (s *screen) frame(runs []*watched) {
	columns, rows := s.size()
	var b strings.Builder
	if s.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", s.drawn)
	}
	b.WriteString("\r\x1b[J") // what was drawn is wiped out
	for _, r := range s.ended {
		fmt.Fprintln(&b, r.Result)
	}
	s.ended = nil
	lines := frameLines(runs, columns-1, rows-1)
	for _, line := range lines {
		b.WriteString(line + "\n")
	}
	s.drawn = len(lines)
	io.WriteString(s.out, b.String())
}

func (s *screen) leave(runs []*watched) {
	left := 0
	for _, r := range runs {
		if !r.ended {
			left++
		}
	}
	fmt.Fprintf(s.out, "no longer watched: %s, in training as before\n", count(left, "run"))
}

// frameLines are the lines of a frame, none of them wider than columns, at most rows.
func frameLines(runs []*watched, columns, rows int) (lines []string) {
	var going []*watched
	for _, r := range runs {
		if !r.ended {
			going = append(going, r)
		}
	}
	if len(going) == 0 {
		return nil
	}
	shown := going
	if len(going) > rows { // a line says how many more there are
		rows--
		shown = going[:max(rows, 1)]
	}
	height := min(rows/len(shown)-1, curveRows)
	for _, r := range shown {
		words := r.words()
		text := fit(r.Name, max(columns/3, columns-2-wide(strings.Join(words, "  ")))) // its end may tell it from others
		for i, word := range words {
			if wide(text)+2+wide(word) > columns && i > 0 {
				break
			}
			text += "  " + word
		}
		x, y := curveOf(r)
		room := columns - wide(text) - 2
		if height < 1 && room >= 8 {
			text += "  " + braille(x, y, float64(r.Planned), min(room, 24), 1)[0]
		}
		lines = append(lines, fit(text, columns))
		if height >= 1 {
			lines = append(lines, braille(x, y, float64(r.Planned), columns, height)...)
		}
	}
	if n := len(going) - len(shown); n > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", n))
	}
	return lines
}

// curveOf is the loss in training, by the step.
func curveOf(r *watched) (x, y []float64) {
	for _, e := range r.events {
		if e.Kind == train.Train {
			x, y = append(x, float64(e.Step)), append(y, e.Loss)
		}
	}
	return x, y
}

// braille draws y over x from 0 to end, or to the last x where end is 0, in dots of
// which a character has 2×4. Where all is positive the scale is logarithmic.
func braille(x, y []float64, end float64, columns, rows int) []string {
	width, height := 2*columns, 4*rows
	log := true
	for _, v := range y {
		log = log && !(v <= 0)
	}
	sum, n := make([]float64, width), make([]float64, width)
	if end == 0 && len(x) > 0 {
		end = x[len(x)-1]
	}
	for i, v := range y {
		if log {
			v = math.Log(v)
		}
		if at := int(x[i] / end * float64(width-1)); at >= 0 && at < width && !math.IsNaN(v) && !math.IsInf(v, 0) {
			sum[at], n[at] = sum[at]+v, n[at]+1
		}
	}
	low, high := math.Inf(1), math.Inf(-1)
	for i := range sum {
		if n[i] > 0 {
			sum[i] /= n[i]
			low, high = min(low, sum[i]), max(high, sum[i])
		}
	}
	dots := make([][]rune, rows)
	for i := range dots {
		dots[i] = make([]rune, columns)
	}
	dot := func(at, level int) { // level 0 is the lowest
		row := height - 1 - level
		bit := []rune{0x1, 0x2, 0x4, 0x40}[row%4]
		if at%2 == 1 {
			bit = []rune{0x8, 0x10, 0x20, 0x80}[row%4]
		}
		dots[row/4][at/2] |= bit
	}
	level := func(v float64) int {
		if high == low {
			return height / 2
		}
		return int(math.Round((v - low) / (high - low) * float64(height-1)))
	}
	before := -1
	for at := range width {
		if n[at] == 0 {
			continue
		}
		dot(at, level(sum[at]))
		for between := before + 1; before >= 0 && between < at; between++ {
			share := float64(between-before) / float64(at-before)
			dot(between, level(sum[before]+share*(sum[at]-sum[before])))
		}
		before = at
	}
	lines := make([]string, rows)
	for i, row := range dots {
		for k := range row {
			row[k] += 0x2800
		}
		lines[i] = string(row)
	}
	return lines
}

// fit cuts a text to so many columns.
func fit(text string, columns int) string {
	if wide(text) <= columns {
		return text
	}
	w := 1
	for i, c := range text {
		if w += wide(string(c)); w > columns {
			return text[:i] + "…"
		}
	}
	return text
}

// wide is how many columns a text takes: signs of East Asia take two.
func wide(text string) (n int) {
	for _, c := range text {
		n++
		if c >= 0x1100 && c <= 0x115f || c >= 0x2e80 && c <= 0xa4cf || c >= 0xac00 && c <= 0xd7a3 || c >= 0xf900 && c <= 0xfaff || c >= 0xfe30 && c <= 0xfe6f ||
			c >= 0xff00 && c <= 0xff60 || c >= 0xffe0 && c <= 0xffe6 || c >= 0x1f300 && c <= 0x1faff || c >= 0x20000 && c <= 0x3fffd {
			n++
		}
	}
	return n
}

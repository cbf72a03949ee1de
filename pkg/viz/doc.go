// Package viz draws what a run told: curves, image grids, bars, heat maps,
// tables, and a progress line while the run lasts.
//
// The way of the data: plain slices and images → a Figure, which is a value
// (Curves{…}, Images{…}, Table{…}) → layout, which measures → a vg canvas of
// gonum/plot → PNG, SVG or PDF → a notebook cell or a file. viz imports none of
// the other packages of inkling, and only gonb.go knows of GoNB.
//
// One point of vg is one CSS pixel here, and PNGs have two device pixels for
// each. Text is drawn as outlines, so that a figure looks the same in every
// format and on machines without the font.
//
// A figure never fails because of its data. What cannot be drawn (no points,
// NaN, Inf, zero on a log axis) is left out, and a line under the figure says
// how much was left out.
package viz

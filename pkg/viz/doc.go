// Package viz draws what a run told: curves, image grids, kernels, bars, heat
// maps, confusion, calibration, embeddings, tables, and a live view while the run
// lasts.
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
// Files: chart.go lays out everything with two axes (scale.go, legend.go,
// series.go), images.go everything that is a grid of pictures, heat.go matrices;
// the other figures are built from these three. figure.go renders, show.go and
// gonb.go deliver, progress.go and live.go redraw in place.
//
// A figure never fails because of its data. What cannot be drawn (no points,
// NaN, Inf, zero on a log axis) is left out, and a line under the figure says
// how much was left out.
package viz

// Package viz makes a [Figure] of what a run told: curves, image grids, kernels,
// bars, heat maps, confusion, calibration, embeddings, tables, and a live view
// while the run lasts.
//
// The way of the data: plain slices and images → a Figure, which is a value
// (Curves{…}, Images{…}, Table{…}) → layout, which measures → a vg canvas of
// gonum/plot → PNG, SVG or PDF → a notebook cell or a file. It is the last station:
// what train told and metric judged comes in as slices, or as a Run. viz imports
// none of ours but internal, and only deliver_gonb.go knows of GoNB.
//
// One point of vg is one CSS pixel here, and PNGs have two device pixels for
// each. Text is drawn as outlines, so that a figure looks the same in every
// format and on machines without the font.
//
// A file's name begins with its family, and the file of that name alone is what
// the others of the family build on. In the order of reading:
//
//	figure   what a figure is and how it is written to a file; figures of one's own
//	         (Plot, Picture); several side by side (Panels); moments of a training
//	         under a slider (Epochs)
//	chart    two axes: curves, lines, bars, points, histograms, reliability, and what
//	         runs have told (Training, Seeds)
//	grid     pictures in rows: images, kernels, feature maps, saliency, patches
//	matrix   cells with numbers: Heat, Confusion, and the images behind those (ConfusionImages)
//	text     what is read: paragraphs, tables, logs
//	live     what is redrawn in place: Progress, Live
//	deliver  how a figure reaches a cell, a page or a terminal
//	look     colours, letters, colour bars
//
// A figure of a new kind is one file of its family: a struct whose fields are the
// data, Alt, name and layout. From outside the package it is a Plot, whose Drawer
// is anything that draws itself on a canvas of gonum/plot.
//
// A figure never fails because of its data. What cannot be drawn (no points,
// NaN, Inf, zero on a log axis) is left out, and a line under the figure says
// how much was left out.
package viz

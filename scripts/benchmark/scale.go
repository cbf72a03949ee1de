package main

import (
	"fmt"

	"inkling/pkg/viz"
)

// The scale is a training step of 784-W-W-10, from what fits the first-level cache
// to what fits none.
var (
	scaleBatches = []int{1, 8, 64, 512, 4096}
	scaleWidths  = []int{64, 256, 1024, 4096}
)

func scaleWorkloads() (list []workload) {
	for _, width := range scaleWidths {
		for _, batch := range scaleBatches {
			w, b := float64(width), float64(batch)
			list = append(list, workload{
				Name:  fmt.Sprintf("scale:%dx%d", batch, width),
				Label: fmt.Sprintf("784-%d-%d-10, batch %d", width, width, batch),
				FLOP:  2 * b * (3*(784*w+w*w+10*w) - 784*w),
			})
		}
	}
	return list
}

// scaleTable tells milliseconds, the share of the peak and the ratio.
func (r *result) scaleTable() viz.Table {
	t := viz.Table{
		Title:   fmt.Sprintf("Training step on %d cores", r.Cores),
		Columns: []string{"network", "inkling, ms", "PyTorch, ms", "× PyTorch", "GFLOP/s", "% of peak"},
		Formats: []string{"", "%.3f", "%.3f", "%.2f", "%.0f", "%.0f"},
	}
	for _, x := range r.Scale {
		ms := 1000 * x.time("inkling", cores)
		t.Rows = append(t.Rows, []any{x.Label, ms, orDash(1000 * x.time("torch", cores)), orDash(x.ratio("torch", cores)),
			x.FLOP / ms / 1e6, orDash(100 * x.FLOP / ms / 1e6 / r.best().All)})
	}
	return t
}

// scaleFigure draws the ratios as a map of batch and width.
func (r *result) scaleFigure() (viz.Heat, bool) {
	f := viz.Heat{
		Title: fmt.Sprintf("Training step of 784-W-W-10 on %d cores: times as fast as PyTorch", r.Cores),
		X:     "batch", Y: "width W", Format: "%.2f", Note: r.note(),
	}
	for _, b := range scaleBatches {
		f.Columns = append(f.Columns, fmt.Sprint(b))
	}
	ratios := map[string]float64{}
	for _, x := range r.Scale {
		ratios[x.Name] = x.ratio("torch", cores)
	}
	any := false
	for _, width := range scaleWidths {
		f.Rows = append(f.Rows, fmt.Sprint(width))
		var values []float64
		for _, batch := range scaleBatches {
			v := ratios[fmt.Sprintf("scale:%dx%d", batch, width)]
			any = any || v > 0
			values = append(values, orNaN(v))
		}
		f.Values = append(f.Values, values)
	}
	return f, any
}

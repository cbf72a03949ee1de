package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"inkling/pkg/viz"
)

// report makes the tables: products, steps, whole processes.
func report(rows []row, wholes []whole, peak [2]float64) []viz.Table {
	var tables []viz.Table
	counts := []int{1, runtime.NumCPU()}
	if counts[1] == 1 {
		counts = counts[:1]
	}
	for i, cores := range counts {
		what := fmt.Sprintf(", %d cores", cores)
		if cores == 1 {
			what = ", one core"
		}
		products := viz.Table{
			Title:   "Matrix products in GFLOP/s" + what,
			Columns: []string{"product m×n×k", "inkling", "% of peak", "OpenBLAS", "PyTorch", "gonum", "× OpenBLAS", "× PyTorch", "× gonum"},
			Formats: []string{"", "%.0f", "%.0f", "%.0f", "%.0f", "%.1f", "%.2f", "%.2f", "%.1f"},
			Note:    "OpenBLAS as numpy calls it.",
		}
		steps := viz.Table{
			Title:   "Milliseconds" + what,
			Columns: []string{"work", "inkling", "PyTorch", "numpy", "× PyTorch", "× numpy", "GFLOP/s", "% of peak"},
			Formats: []string{"", "%.2f", "%.2f", "%.2f", "%.2f", "%.2f", "%.0f", "%.0f"},
		}
		for _, r := range rows {
			t := r.time("inkling", cores)
			rate := r.flop / t / 1e9
			if strings.HasPrefix(r.name, "matmul") {
				gf := func(peer string) any { return orDash(r.flop / 1e9 / r.time(peer, cores)) }
				products.Rows = append(products.Rows, []any{r.label, rate, 100 * rate / peak[i], gf("numpy"), gf("torch"), gf("gonum"),
					orDash(r.ratio("numpy", cores)), orDash(r.ratio("torch", cores)), orDash(r.ratio("gonum", cores))})
				continue
			}
			ms := func(peer string) any { return orDash(1000 * r.time(peer, cores)) }
			steps.Rows = append(steps.Rows, []any{r.label, 1000 * t, ms("torch"), ms("numpy"),
				orDash(r.ratio("torch", cores)), orDash(r.ratio("numpy", cores)), rate, 100 * rate / peak[i]})
		}
		for _, t := range []viz.Table{products, steps} {
			if len(t.Rows) > 0 {
				tables = append(tables, t)
			}
		}
	}
	if len(wholes) > 0 {
		t := viz.Table{Title: "Whole processes", Columns: []string{"", "inkling", "PyTorch"}}
		for _, w := range wholes {
			t.Rows = append(t.Rows, []any{w.label, w.inkling, orDash(w.peer)})
		}
		tables = append(tables, t)
	}
	return tables
}

// orDash is v, or a dash for what was not measured.
func orDash(v float64) any {
	if !(v > 0) || v > 1e12 {
		return "–"
	}
	return v
}

// write puts the tables as Markdown and the steps as a figure into a folder.
func write(folder string, tables []viz.Table, rows []row) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Measured on %s, %d cores, %s, with `./scripts/bench`. Medians of alternating rounds.\n", cpu(), runtime.NumCPU(), time.Now().Format("2006-01-02"))
	for _, t := range tables {
		fmt.Fprintf(&b, "\n**%s**\n\n%s", t.Title, t.Markdown())
	}
	if err := os.WriteFile(filepath.Join(folder, "bench.md"), []byte(b.String()), 0o644); err != nil {
		return err
	}
	if f, ok := figure(rows); ok {
		return viz.Save(filepath.Join(folder, "bench.png"), f)
	}
	return nil
}

// figure draws how long a training step takes on all cores.
func figure(rows []row) (viz.Bars, bool) {
	all := runtime.NumCPU()
	f := viz.Bars{Title: fmt.Sprintf("One training step on %d cores", all), Y: "milliseconds, less is better", Note: cpu()}
	us, torch := viz.Series{Name: "inkling"}, viz.Series{Name: "PyTorch"}
	for _, r := range rows {
		if !strings.HasPrefix(r.name, "step") || r.time("torch", all) == 0 || strings.Contains(r.name, "cnn-c") {
			continue // CNN-C takes ten times as long as the others
		}
		f.Names = append(f.Names, strings.Replace(r.label, " step,", ",", 1))
		us.Y = append(us.Y, math.Round(1e5*r.time("inkling", all))/100)
		torch.Y = append(torch.Y, math.Round(1e5*r.time("torch", all))/100)
	}
	f.Series = []viz.Series{us, torch}
	return f, len(f.Names) > 0
}

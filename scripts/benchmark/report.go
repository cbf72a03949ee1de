package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"inkling/pkg/viz"
)

// heading says what was measured on what.
func (r *result) heading() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d cores, %s. Measured peak of multiply-adds:", r.CPU, r.Cores, r.Date)
	for i, p := range r.Peaks {
		if i > 0 {
			b.WriteString(";")
		}
		fmt.Fprintf(&b, " %s %.0f GFLOP/s on all", p.Name, p.All)
		if p.One > 0 {
			fmt.Fprintf(&b, ", %.0f on one", p.One)
		}
	}
	b.WriteString(".\n")
	taken, disturbed := 0, 0
	for _, x := range append(r.Rows, r.Scale...) {
		taken, disturbed = taken+x.Taken, disturbed+x.Disturbed
	}
	if disturbed > 0 {
		fmt.Fprintf(&b, "%d of %d times were disturbed by other processes in each of %d tries.\n", disturbed, taken, tries)
	}
	for _, c := range r.Contestants {
		fmt.Fprintf(&b, "- %s: %s\n", c.Name, c.About)
	}
	return b.String()
}

// best is the highest peak: what % of peak is a share of, where there is one
// column for it.
func (r *result) best() (p peak) {
	for _, x := range r.Peaks {
		if x.All > p.All {
			p = x
		}
	}
	return p
}

// tables are products, steps, company, whole processes; or the scale.
func (r *result) tables() []viz.Table {
	if r.Scale != nil {
		return []viz.Table{r.scaleTable()}
	}
	var tables []viz.Table
	counts := []int{1, cores}
	if cores == 1 {
		counts = counts[:1]
	}
	for _, n := range counts {
		what := fmt.Sprintf(", %d cores", n)
		if n == 1 {
			what = ", one core"
		}
		tables = append(tables, r.products(n, what), r.steps(n, what))
	}
	tables = append(tables, r.company(), r.wholes())
	var full []viz.Table
	for _, t := range tables {
		if len(t.Rows) > 0 {
			full = append(full, t)
		}
	}
	return full
}

func (r *result) products(n int, what string) viz.Table {
	t := *viz.NewTable("Matrix products in GFLOP/s"+what, "product m×n×k", "inkling|%.0f")
	t.Note = "OpenBLAS as numpy calls it."
	add := func(column, format string) {
		t.Columns, t.Formats = append(t.Columns, column), append(t.Formats, format)
	}
	for _, p := range r.Peaks {
		add("% of "+p.Name+" peak", "%.0f")
	}
	peers := []string{"avx2", "numpy", "torch", "torch-bf16", "gonum"}
	names := map[string]string{"avx2": "AVX2", "numpy": "OpenBLAS", "torch": "PyTorch", "torch-bf16": "PyTorch bf16", "gonum": "gonum"}
	var shown []string
	for _, p := range peers {
		for _, x := range r.Rows {
			if x.product() && x.time(p, n) > 0 {
				shown = append(shown, p)
				break
			}
		}
	}
	for _, p := range shown {
		add(names[p], "%.0f")
	}
	for _, p := range shown {
		add("× "+names[p], "%.2f")
	}
	ratios := map[string][]float64{}
	for _, x := range r.Rows {
		if !x.product() || x.time("inkling", n) == 0 {
			continue
		}
		rate := x.FLOP / 1e9 / x.time("inkling", n)
		cells := []any{x.Label, rate}
		for _, p := range r.Peaks {
			cells = append(cells, orDash(100*rate/p.on(n)))
		}
		for _, p := range shown {
			cells = append(cells, orDash(x.FLOP/1e9/x.time(p, n)))
		}
		for _, p := range shown {
			cells = append(cells, orDash(x.ratio(p, n)))
			ratios[p] = append(ratios[p], x.ratio(p, n))
		}
		t.Rows = append(t.Rows, cells)
	}
	if len(t.Rows) > 1 {
		mean := []any{"geometric mean of the ratios"}
		for range len(t.Columns) - 1 - len(shown) {
			mean = append(mean, "")
		}
		for _, p := range shown {
			mean = append(mean, orDash(geometricMean(ratios[p])))
		}
		t.Rows = append(t.Rows, mean)
	}
	return t
}

func (w workload) product() bool { return strings.HasPrefix(w.Name, "matmul") }

func (r *result) steps(n int, what string) viz.Table {
	t := *viz.NewTable("Milliseconds"+what, "work", "inkling|%.2f", "PyTorch|%.2f", "numpy|%.2f", "× PyTorch|%.2f", "× numpy|%.2f", "GFLOP/s|%.0f", "% of peak|%.0f")
	all := n == cores
	if all { // what is measured on all cores only
		t.Columns = append(t.Columns, "× AVX2", "× PyTorch bf16", "× compiled", "× onnxruntime")
		t.Formats = append(t.Formats, "%.2f", "%.2f", "%.2f", "%.2f")
	}
	for _, x := range r.Rows {
		s := x.time("inkling", n)
		if x.product() || s == 0 {
			continue
		}
		rate := x.FLOP / s / 1e9
		cells := []any{x.Label, 1000 * s, orDash(1000 * x.time("torch", n)), orDash(1000 * x.time("numpy", n)),
			orDash(x.ratio("torch", n)), orDash(x.ratio("numpy", n)), rate, orDash(100 * rate / r.best().on(n))}
		if all {
			cells = append(cells, orDash(x.ratio("avx2", n)), orDash(x.ratio("torch-bf16", n)), orDash(x.ratio("torch-compiled", n)), orDash(x.ratio("onnxruntime", n)))
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

func (r *result) company() viz.Table {
	t := *viz.NewTable("In company: mean milliseconds", "work", fmt.Sprintf("inkling, %d cores|%%.2f", cores), "inkling, one core|%.2f", "PyTorch|%.2f", "× one core|%.2f", "× PyTorch|%.2f")
	for _, x := range r.Company {
		t.Add(x.Label, orDash(1000*x.time("inkling", cores)), orDash(1000*x.time("inkling", 1)), orDash(1000*x.time("torch", cores)),
			orDash(ratio(x.Times[key("inkling", cores)], x.Times[key("inkling", 1)])), orDash(x.ratio("torch", cores)))
	}
	return t
}

func (r *result) wholes() viz.Table {
	t := viz.Table{Title: "Whole processes", Columns: []string{"", "inkling", "PyTorch"}}
	for _, w := range r.Processes {
		t.Rows = append(t.Rows, []any{w.Label, w.Inkling, orDash(w.Peer)})
	}
	return t
}

// orDash is v, or a dash for what was not measured.
func orDash(v float64) any {
	if !(v > 0) || v > 1e12 {
		return "–"
	}
	return v
}

// orNaN is v, or NaN for what was not measured.
func orNaN(v float64) float64 {
	if !(v > 0) {
		return math.NaN()
	}
	return v
}

func geometricMean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += math.Log(x)
	}
	return math.Exp(sum / float64(len(v)))
}

// write puts the tables as Markdown and a figure into a folder.
func (r *result) write(o options) error {
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	name, command := "bench", "./scripts/bench"
	if o.scale {
		name, command = "scale", command+" --scale"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Measured with `%s`: medians of alternating rounds. %s", command, r.heading())
	for _, t := range r.tables() {
		fmt.Fprintf(&b, "\n**%s**\n\n%s", t.Title, t.Markdown())
	}
	if err := os.WriteFile(filepath.Join(o.out, name+".md"), []byte(b.String()), 0o644); err != nil {
		return err
	}
	png := filepath.Join(o.out, name+".png")
	if o.scale {
		if f, ok := r.scaleFigure(); ok {
			return viz.Save(png, f)
		}
		return nil
	}
	if f, ok := r.figure(); ok {
		return viz.Save(png, f)
	}
	return nil
}

// note says below a figure where it was measured and with what.
func (r *result) note() string {
	parts := []string{r.CPU}
	for _, c := range r.Contestants {
		if c.Cores == cores && (c.Name == "inkling" || c.Name == "torch") {
			about, _, _ := strings.Cut(c.About, ",") // without the number of threads
			parts = append(parts, about)
		}
	}
	return strings.Join(append(parts, r.Date), ", ")
}

// figure draws how long a training step takes on all cores.
func (r *result) figure() (viz.Bars, bool) {
	f := viz.Bars{Title: fmt.Sprintf("One training step on %d cores", cores), Y: "milliseconds, less is better", Note: r.note()}
	us, torch := viz.Series{Name: "inkling"}, viz.Series{Name: "PyTorch"}
	for _, x := range r.Rows {
		if !strings.HasPrefix(x.Name, "step") || x.time("torch", cores) == 0 || strings.Contains(x.Name, "cnn-c") {
			continue // CNN-C takes ten times as long as the others
		}
		f.Names = append(f.Names, strings.Replace(x.Label, " step,", ",", 1))
		us.Y = append(us.Y, math.Round(1e5*x.time("inkling", cores))/100)
		torch.Y = append(torch.Y, math.Round(1e5*x.time("torch", cores))/100)
	}
	f.Series = []viz.Series{us, torch}
	return f, len(f.Names) > 0
}

// Command benchmark is scripts/bench: it measures inkling beside its peers in
// one run and writes a table and a figure.
//
// The way of the data: every contestant is a process that stays for the whole
// run and answers a line (workload, seconds) with the median time of one
// repetition. Rounds go through the contestants in turn, so that a machine
// whose speed drifts treats all alike; what is reported is the median over the
// rounds of each, and the median of the ratios round by round.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"inkling/pkg/viz"
)

func main() {
	rounds := flag.Int("rounds", 7, "rounds through all contestants")
	seconds := flag.Float64("seconds", 0.4, "how long a contestant repeats a workload in a round")
	only := flag.String("only", "", "workloads whose name contains this")
	out := flag.String("out", "", "folder for bench.md and bench.png; none if empty")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: ./scripts/bench [--rounds N] [--seconds S] [--only PART] [--out FOLDER]\n"+
			"INKLING_BENCH_PYTHON names a Python with torch and numpy; MNIST_DIR the data for the whole-process rows.")
		flag.PrintDefaults()
	}
	flag.Parse()
	if *rounds < 1 || !(*seconds > 0) || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "bench: want --rounds ≥ 1, --seconds > 0 and no further arguments")
		os.Exit(2)
	}
	if err := run(*rounds, *seconds, *only, *out); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(rounds int, seconds float64, only, out string) error {
	tmp, err := os.MkdirTemp("", "inkling-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	worker := filepath.Join(tmp, "worker")
	if b, err := exec.Command("go", "build", "-o", worker, "./pkg/nn/internal/bench").CombinedOutput(); err != nil {
		return fmt.Errorf("building the worker: %v\n%s", err, b)
	}
	fields := contestants(worker)
	defer func() {
		for _, c := range fields {
			c.stop()
		}
	}()
	peak := measurePeak()
	fmt.Printf("%s, %d cores; measured FMA peak: %.0f GFLOP/s on one core, %.0f on all\n", cpu(), runtime.NumCPU(), peak[0], peak[1])
	for _, c := range fields {
		fmt.Printf("  %-12s %s\n", c.name, c.about)
	}
	var rows []row
	for _, w := range workloads {
		if !strings.Contains(w.name, only) {
			continue
		}
		r := measure(w, fields, rounds, seconds)
		fmt.Fprintf(os.Stderr, "%s: %.3f ms\n", w.name, 1000*r.time("inkling", runtime.NumCPU()))
		rows = append(rows, r)
	}
	whole := wholeProcesses(worker, rounds, only)
	tables := report(rows, whole, peak)
	for _, t := range tables {
		viz.Show(t)
	}
	if out == "" {
		return nil
	}
	return write(out, tables, rows)
}

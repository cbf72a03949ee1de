// Command benchmark is scripts/bench: it measures inkling beside its peers in
// one run and writes tables, figures or JSON.
//
// The way of the data: every contestant is a process that stays for the whole
// run and answers a line (workload, seconds) with the median time of one
// repetition. Rounds go through the contestants in turn, so that a machine
// whose speed drifts treats all alike; what is reported is the median over the
// rounds of each, and the median of the ratios round by round.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"inkling/pkg/viz"
)

type options struct {
	rounds      int
	seconds     float64
	only, out   string
	scale, json bool
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 5, "rounds through all contestants")
	flag.Float64Var(&o.seconds, "seconds", 0.15, "how long a contestant repeats a workload in a round")
	flag.StringVar(&o.only, "only", "", "workloads whose name contains this")
	flag.BoolVar(&o.scale, "scale", false, "the MLP 784-W-W-10 at batches of 1 to 4,096 and widths of 64 to 4,096 instead")
	flag.BoolVar(&o.json, "json", false, "print all times as JSON instead of tables")
	flag.StringVar(&o.out, "out", "", "folder for bench.md and bench.png, or scale.md and scale.png; none if empty")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: ./scripts/bench [--scale] [--json] [--rounds N] [--seconds S] [--only PART] [--out FOLDER]\n"+
			"INKLING_BENCH_PYTHON names a Python with torch, numpy and onnxruntime; MNIST_DIR the data for the whole-process rows.")
		flag.PrintDefaults()
	}
	flag.Parse()
	if o.rounds < 1 || !(o.seconds > 0) || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "bench: want --rounds ≥ 1, --seconds > 0 and no further arguments")
		os.Exit(2)
	}
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// workloads are what is measured, in order.
func (o options) workloads() []workload {
	if o.scale {
		return scaleWorkloads()
	}
	return workloads
}

// names are what --only chooses among.
func (o options) names() (names []string) {
	for _, w := range o.workloads() {
		names = append(names, w.Name)
	}
	if !o.scale {
		names = append(names, "company", "process")
	}
	return names
}

func (o options) known() bool {
	return slices.ContainsFunc(o.names(), func(n string) bool { return strings.Contains(n, o.only) })
}

// A result is all that a run has measured; --json prints it.
type result struct {
	CPU         string
	Cores       int
	Date        string
	Peaks       []peak
	Contestants []*contestant
	Rows        []row   `json:",omitempty"`
	Company     []row   `json:",omitempty"`
	Scale       []row   `json:",omitempty"`
	Processes   []whole `json:",omitempty"`
}

func run(o options) error {
	if !o.known() {
		return fmt.Errorf("no workload has %q in its name; there are %s", o.only, strings.Join(o.names(), ", "))
	}
	tmp, err := os.MkdirTemp("", "inkling-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	worker := filepath.Join(tmp, "worker")
	if b, err := exec.Command("go", "build", "-o", worker, "./pkg/nn/internal/bench").CombinedOutput(); err != nil {
		return fmt.Errorf("building the worker: %v\n%s", err, b)
	}
	if b, err := exec.Command(worker, "onnx", tmp).CombinedOutput(); err != nil {
		return fmt.Errorf("writing the networks: %v\n%s", err, b)
	}
	r := &result{CPU: cpu(), Cores: cores, Date: time.Now().Format(time.DateOnly)}
	if o.scale {
		r.Contestants = scaleContestants(worker)
	} else {
		r.Contestants = contestants(worker)
	}
	defer func() {
		for _, c := range r.Contestants {
			c.stop()
		}
	}()
	r.Peaks = measurePeaks(r.Contestants)
	fmt.Fprintf(os.Stderr, "%s, %d cores\n", r.CPU, r.Cores)
	for _, c := range r.Contestants {
		fmt.Fprintf(os.Stderr, "  %-16s %s\n", c.Name, c.About)
	}
	list, into := o.workloads(), &r.Rows
	if o.scale {
		into = &r.Scale
	}
	for _, w := range list {
		if strings.Contains(w.Name, o.only) {
			*into = append(*into, measure(w, r.Contestants, o, limit/time.Duration(len(list))))
		}
	}
	if !o.scale {
		r.Company = inCompany(worker, r.Contestants, o)
		r.Processes = wholeProcesses(worker, o)
	}
	if o.json {
		b, err := json.MarshalIndent(r, "", " ")
		if err != nil {
			return err
		}
		fmt.Println(string(b))
	} else {
		fmt.Print(r.heading(), "\n")
		for _, t := range r.tables() {
			viz.Show(t)
		}
	}
	if o.out == "" {
		return nil
	}
	return r.write(o)
}

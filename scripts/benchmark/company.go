package main

import (
	"os/exec"
	"strings"
	"time"
)

// Company is a process that computes all the time, or half of it in bursts of 0.4
// ms. What a median hides, a mean shows: threads that wait for one that has lost
// its core.

var companyWorkloads = []workload{
	{"step:mlp/64", "MLP step, batch 64", mlpFlop(64)},
	{"step:mlp/256", "MLP step, batch 256", mlpFlop(256)},
}

// inCompany measures steps alone, beside a busy process and beside a bursty one:
// of inkling and PyTorch on all cores, and of inkling on one.
func inCompany(worker string, list []*contestant, o options) (rows []row) {
	if o.only != "" && !strings.Contains("company", o.only) {
		return nil
	}
	for _, mode := range []string{"alone", "busy", "bursty"} {
		stop, err := neighbour(worker, mode)
		if err != nil {
			continue
		}
		for _, w := range companyWorkloads {
			r := row{workload: w, Times: map[string][]float64{}}
			r.Label += map[string]string{"alone": ", alone", "busy": ", beside a busy process", "bursty": ", beside a bursty one"}[mode]
			for range o.rounds {
				for _, c := range list {
					if c.Name != "inkling" && (c.Name != "torch" || c.Cores != cores) {
						continue
					}
					if a := c.time(w.Name, o.seconds); a.Mean > 0 {
						r.Times[key(c.Name, c.Cores)] = append(r.Times[key(c.Name, c.Cores)], a.Mean/1e9)
					}
				}
			}
			rows = append(rows, r)
		}
		stop()
	}
	return rows
}

// neighbour starts the company, if there shall be any.
func neighbour(worker, mode string) (stop func(), err error) {
	if mode == "alone" {
		return func() {}, nil
	}
	cmd := exec.Command(worker, mode)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	time.Sleep(50 * time.Millisecond)
	return func() { in.Close(); cmd.Wait() }, nil
}

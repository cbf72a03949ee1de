package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// workload is one thing that is timed. FLOP is the number of floating-point
// operations of a repetition, multiplications and additions of the products
// and convolutions only; 0 if no rate is worth telling.
type workload struct {
	Name, Label string
	FLOP        float64
}

// mlpFlop is a training step of 784-512-256-10: forward and weight gradients of
// every layer, input gradients of all but the first.
func mlpFlop(batch int) float64 {
	return 2 * float64(batch) * (3*(784*512+512*256+256*10) - 784*512)
}

var workloads = slices.Concat(
	products(64), products(256),
	[]workload{
		{"step:mlp/32", "MLP step, batch 32", mlpFlop(32)},
		{"step:mlp/64", "MLP step, batch 64", mlpFlop(64)},
		{"step:mlp/256", "MLP step, batch 256", mlpFlop(256)},
		{"step:cnn-a/64", "CNN-A step, batch 64", 2 * 64 * (2*9*16*676 + 3*(10816*256+2560))},
		{"step:cnn-b/64", "CNN-B step, batch 64", 2 * 64 * (2*9*16*676 + 3*(2704*256+2560))},
		{"step:cnn-c/128", "CNN-C step, batch 128", 2 * 128 * (2*9*32*784 + 3*9*32*32*784 + 3*9*(32*64+64*64)*196 + 3*(3136*128+1280))},
		{"single:mlp", "MLP, 1,000 images one by one", 2 * 1000 * (784*512 + 512*256 + 2560)},
		{"infer:mlp", "MLP, 10,000 images", 2 * 10000 * (784*512 + 512*256 + 2560)},
		{"infer:cnn-b", "CNN-B, 10,000 images", 2 * 10000 * (9*16*676 + 2704*256 + 2560)},
	})

// products are the six large matrix products of a step of 784-512-256-10.
func products(batch int) []workload {
	var list []workload
	for _, p := range []struct {
		layout, what string
		m, n, k      int
	}{
		{"NT", "forward 1", batch, 512, 784}, {"NT", "forward 2", batch, 256, 512},
		{"TN", "dW 1", 512, 784, batch}, {"TN", "dW 2", 256, 512, batch},
		{"NN", "dX 2", batch, 512, 256}, {"NN", "dX 3", batch, 256, 10},
	} {
		list = append(list, workload{
			Name:  fmt.Sprintf("matmul:%s/%dx%dx%d", p.layout, p.m, p.n, p.k),
			Label: fmt.Sprintf("%s, %d×%d×%d", p.what, p.m, p.n, p.k),
			FLOP:  2 * float64(p.m) * float64(p.n) * float64(p.k),
		})
	}
	return list
}

// row is a workload with the times of every contestant, round by round.
type row struct {
	workload
	Times map[string][]float64 // seconds, by key(name, cores); empty if missing

	Taken, Disturbed int // times of any contestant, and those that other processes disturbed in every try
}

func key(name string, cores int) string { return fmt.Sprintf("%s/%d", name, cores) }

// takesPart says whether a contestant is one in this workload. gonum and AVX2 are
// peers in products, and AVX2 in the steps on all cores; elsewhere the network is
// ours on both sides.
func (w workload) takesPart(c *contestant) bool {
	product := strings.HasPrefix(w.Name, "matmul")
	return product || c.Name != "gonum" && (c.Name != "avx2" || c.Cores == cores)
}

// limit is how long the rounds of a whole run may take: on a machine that has
// other work, rows have fewer.
const limit = 300 * time.Second

func measure(w workload, list []*contestant, o options, share time.Duration) row {
	r := row{workload: w, Times: map[string][]float64{}}
	for begin, i := time.Now(), 0; i < o.rounds && (i == 0 || time.Since(begin) < share); i++ {
		for _, c := range list {
			if !w.takesPart(c) {
				continue
			}
			if a, disturbed := c.timeAlone(w.Name, o.seconds); a.NS > 0 {
				if r.Taken++; disturbed {
					r.Disturbed++
				}
				r.Times[key(c.Name, c.Cores)] = append(r.Times[key(c.Name, c.Cores)], a.NS/1e9)
			}
		}
	}
	fmt.Fprintf(os.Stderr, "%s: %.3f ms\n", w.Name, 1000*r.time("inkling", cores))
	return r
}

// time is the median over the rounds, 0 if there is none.
func (r row) time(name string, cores int) float64 { return median(r.Times[key(name, cores)]) }

// ratio is how many times faster inkling is: the median of peer/inkling, round
// by round.
func (r row) ratio(peer string, cores int) float64 {
	return ratio(r.Times[key("inkling", cores)], r.Times[key(peer, cores)])
}

func ratio(ours, theirs []float64) float64 {
	if len(ours) != len(theirs) {
		return 0
	}
	var ratios []float64
	for i := range ours {
		ratios = append(ratios, theirs[i]/ours[i])
	}
	return median(ratios)
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

// whole is a figure of a whole process: seconds or megabytes.
type whole struct {
	Label         string
	Inkling, Peer float64
}

// wholeProcesses times what only a whole process shows: the first step after a
// start from nothing, and the memory of an epoch.
func wholeProcesses(worker string, o options) []whole {
	if o.only != "" && !strings.Contains("process", o.only) {
		return nil
	}
	if os.Getenv("MNIST_DIR") == "" {
		fmt.Fprintln(os.Stderr, "whole-process rows left out: MNIST_DIR is not set")
		return nil
	}
	var startUs, startThem, memUs, memThem []float64
	for range min(o.rounds, 3) {
		s, _ := process(cores, worker, "start")
		startUs = append(startUs, s)
		s, _ = process(cores, python(), "scripts/benchmark/peer.py", "torch", "start")
		startThem = append(startThem, s)
		_, m := process(cores, worker, "train")
		memUs = append(memUs, m)
	}
	_, m := process(cores, python(), "scripts/benchmark/peer.py", "torch", "train")
	memThem = append(memThem, m)
	return []whole{
		{"process start to first step, MNIST read, s", median(startUs), median(startThem)},
		{"peak memory of an epoch of the MLP, MB", median(memUs), median(memThem)},
	}
}

// A peak is the rate of multiply-adds of one instruction set, GFLOP/s on one core
// and on all.
type peak struct {
	Name     string
	One, All float64
}

func (p peak) on(n int) float64 {
	if n == 1 {
		return p.One
	}
	return p.All
}

// measurePeaks takes the best of some rounds: what the machine can do when it is
// left alone. The narrowest set comes first, that of inkling's kernels last.
func measurePeaks(list []*contestant) []peak {
	var peaks []peak
	for _, set := range []string{"NEON", "AVX2", "AVX-512"} {
		p := peak{Name: set}
		for _, c := range list {
			if c.Name != "inkling" {
				continue
			}
			best := 0.0
			for range 8 {
				if a := c.time("peak:"+set, 0.1); a.Best > 0 {
					best = max(best, a.FLOP/a.Best)
				}
			}
			if c.Cores == cores {
				p.All = best
			}
			if c.Cores == 1 {
				p.One = best
			}
		}
		if p.All > 0 {
			peaks = append(peaks, p)
		}
	}
	return peaks
}

// cpu is the name of the processor, where Linux tells it.
func cpu() string {
	b, _ := os.ReadFile("/proc/cpuinfo")
	for line := range bytes.Lines(b) {
		if name, value, ok := strings.Cut(string(line), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

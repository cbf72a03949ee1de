package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// workload is one thing that is timed. flop is the number of floating-point
// operations of a repetition, multiplications and additions of the products
// and convolutions only; 0 if no rate is worth telling.
type workload struct {
	name, label string
	flop        float64
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
			name:  fmt.Sprintf("matmul:%s/%dx%dx%d", p.layout, p.m, p.n, p.k),
			label: fmt.Sprintf("%s, %d×%d×%d", p.what, p.m, p.n, p.k),
			flop:  2 * float64(p.m) * float64(p.n) * float64(p.k),
		})
	}
	return list
}

// row is a workload with the times of every contestant, round by round.
type row struct {
	workload
	times map[string][]float64 // by key(name, cores); empty if missing
}

func key(name string, cores int) string { return fmt.Sprintf("%s/%d", name, cores) }

func measure(w workload, list []*contestant, rounds int, seconds float64) row {
	r := row{w, map[string][]float64{}}
	for range rounds {
		for _, c := range list {
			if c.name == "gonum" && !strings.HasPrefix(w.name, "matmul") {
				continue // a peer in products; the network is ours on both sides
			}
			if t := c.time(w.name, seconds); t > 0 {
				r.times[key(c.name, c.cores)] = append(r.times[key(c.name, c.cores)], t)
			}
		}
	}
	return r
}

// time is the median over the rounds, 0 if there is none.
func (r row) time(name string, cores int) float64 { return median(r.times[key(name, cores)]) }

// ratio is how many times faster inkling is: the median of peer/inkling, round
// by round.
func (r row) ratio(peer string, cores int) float64 {
	ours, theirs := r.times[key("inkling", cores)], r.times[key(peer, cores)]
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
	label         string
	inkling, peer float64
}

// wholeProcesses times what only a whole process shows: the first step after a
// start from nothing, and the memory of an epoch.
func wholeProcesses(worker string, rounds int, only string) []whole {
	if only != "" && !strings.Contains("process", only) {
		return nil
	}
	if os.Getenv("MNIST_DIR") == "" {
		fmt.Println("whole-process rows left out: MNIST_DIR is not set")
		return nil
	}
	var startUs, startThem, memUs, memThem []float64
	for range min(rounds, 5) {
		s, _ := process(runtime.NumCPU(), worker, "start")
		startUs = append(startUs, s)
		s, _ = process(runtime.NumCPU(), python(), "scripts/benchmark/peer.py", "torch", "start")
		startThem = append(startThem, s)
		_, m := process(runtime.NumCPU(), worker, "train")
		memUs = append(memUs, m)
	}
	_, m := process(runtime.NumCPU(), python(), "scripts/benchmark/peer.py", "torch", "train")
	memThem = append(memThem, m)
	return []whole{
		{"process start to first step, MNIST read, s", median(startUs), median(startThem)},
		{"peak memory of an epoch of the MLP, MB", median(memUs), median(memThem)},
	}
}

// measurePeak asks the kernels' own benchmark for the fused multiply-add peak,
// on one core and on all, in GFLOP/s.
func measurePeak() [2]float64 {
	var peak [2]float64
	for i, cores := range []int{1, runtime.NumCPU()} {
		cmd := exec.Command("go", "test", "-run", "-", "-bench", "Peak", "-benchtime", "300ms", "-count", "3", "-cpu", strconv.Itoa(cores), "./pkg/nn/internal/f32")
		out, _ := cmd.Output()
		for _, m := range rate.FindAllSubmatch(out, -1) {
			if v, err := strconv.ParseFloat(string(m[1]), 64); err == nil {
				peak[i] = max(peak[i], v)
			}
		}
	}
	return peak
}

var rate = regexp.MustCompile(`([0-9.]+) GFLOP/s`)

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

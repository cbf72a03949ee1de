// Command bench runs the work that scripts/bench times, in a process of its
// own for every set of kernels and number of cores.
//
// It prints "ready", then reads lines of a workload's name and a number of
// seconds, repeats the work for about that long and answers each line with the
// median time of one repetition, and the mean, as JSON:
// {"ns":1234567,"mean":1240000,"n":310}. A workload it does not know is answered
// with {"missing":true}. The Python peers speak the same.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/internal/f32"
	"inkling/pkg/nn/onnx"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

func main() {
	if len(os.Args) > 1 {
		if what := os.Args[1]; what == "busy" || what == "bursty" {
			go neighbour(what == "bursty")
			os.Stdin.Read(make([]byte, 1)) // until it is closed
		} else if what == "onnx" && len(os.Args) > 2 {
			writeONNX(os.Args[2])
		} else {
			once(what)
		}
		return
	}
	fmt.Println("ready", nn.Kernels())
	built := map[string]func(){}
	var large string // the last workload of a scale: only one is kept
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		name, seconds, _ := strings.Cut(lines.Text(), " ")
		limit, err := strconv.ParseFloat(seconds, 64)
		if err != nil {
			fmt.Fprintf(os.Stderr, "bench: line %q, want a workload and seconds\n", lines.Text())
			os.Exit(2)
		}
		if _, ok := built[name]; !ok {
			if strings.HasPrefix(name, "scale:") {
				delete(built, large)
				large = name
			}
			built[name] = build(name)
		}
		answer(name, built[name], limit)
	}
}

// enough is how many seconds a workload may take whose repetitions are long; the
// others make three at least.
const enough = 2

// answer times work and prints the median.
func answer(name string, work func(), seconds float64) {
	out := json.NewEncoder(os.Stdout)
	if work == nil {
		out.Encode(map[string]bool{"missing": true})
		return
	}
	work()
	var times []time.Duration
	var sum time.Duration
	for start := time.Now(); ; {
		t := time.Now()
		work()
		times = append(times, time.Since(t))
		sum += times[len(times)-1]
		if all := time.Since(start).Seconds(); all >= seconds && (len(times) >= 3 || all >= enough) {
			break
		}
	}
	slices.Sort(times)
	told := map[string]int64{"ns": times[len(times)/2].Nanoseconds(), "mean": sum.Nanoseconds() / int64(len(times)), "n": int64(len(times))}
	for _, p := range f32.Peaks() {
		if name == "peak:"+p.Name { // the best the machine can do, and how much that was
			told["best"], told["flop"] = times[0].Nanoseconds(), int64(p.FLOP())
		}
	}
	out.Encode(told)
}

// build makes the work of that name ready, nil if there is none.
func build(name string) func() {
	kind, size, _ := strings.Cut(name, ":")
	switch kind {
	case "matmul":
		return product(size)
	case "peak":
		for _, p := range f32.Peaks() {
			if p.Name == size {
				return p.Run
			}
		}
	case "infer":
		return inference(models[size], 10000, 500)
	case "single":
		return inference(models[size], 1000, 1)
	case "scale":
		var batch, width int
		if _, err := fmt.Sscanf(size, "%dx%d", &batch, &width); err == nil {
			return step(nn.MLP([]int{width, width}, nn.ReLU{}, 10, 0), batch)
		}
	case "step":
		model, batch, _ := strings.Cut(size, "/")
		n, err := strconv.Atoi(batch)
		if err == nil && models[model] != nil {
			return step(models[model], n)
		}
	}
	return nil
}

// models are the networks that the benchmark compares.
var models = map[string][]nn.Layer{
	"mlp": nn.MLP([]int{512, 256}, nn.ReLU{}, 10, 0),
	"cnn-a": {
		nn.Conv2D{Filters: 16, Kernel: 3}, nn.ReLU{},
		nn.Linear{Out: 256}, nn.ReLU{}, nn.Linear{Out: 10, Init: nn.LeCun},
	},
	"cnn-b": {
		nn.Conv2D{Filters: 16, Kernel: 3}, nn.ReLU{}, nn.MaxPool2D{Kernel: 2},
		nn.Linear{Out: 256}, nn.ReLU{}, nn.Linear{Out: 10, Init: nn.LeCun},
	},
	"cnn-c": {
		nn.Conv2D{Filters: 32, Kernel: 3, Padding: 1}, nn.BatchNorm{}, nn.ReLU{},
		nn.Conv2D{Filters: 32, Kernel: 3, Padding: 1}, nn.BatchNorm{}, nn.ReLU{}, nn.MaxPool2D{Kernel: 2},
		nn.Conv2D{Filters: 64, Kernel: 3, Padding: 1}, nn.BatchNorm{}, nn.ReLU{},
		nn.Conv2D{Filters: 64, Kernel: 3, Padding: 1}, nn.BatchNorm{}, nn.ReLU{}, nn.MaxPool2D{Kernel: 2},
		nn.Linear{Out: 128}, nn.ReLU{}, nn.Dropout{P: 0.5}, nn.Linear{Out: 10, Init: nn.LeCun},
	},
}

// writeONNX writes the networks for runtimes that read ONNX.
func writeONNX(folder string) {
	for name, layers := range models {
		m, err := nn.New(1, nn.CHW(1, 28, 28), layers...)
		if err == nil {
			err = onnx.Save(filepath.Join(folder, name+".onnx"), m, nil)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
	}
}

// step is a whole training step on a batch that stays the same: forward, loss,
// backward, momentum SGD with weight decay.
func step(layers []nn.Layer, batch int) func() {
	m, err := nn.New(1, nn.CHW(1, 28, 28), layers...)
	if err != nil {
		panic(err)
	}
	opt, err := optim.SGD{Momentum: 0.9, Decay: 5e-4}.New(m.Params())
	if err != nil {
		panic(err)
	}
	x, labels := examples(batch)
	var dy nn.Tensor
	n := 0
	return func() {
		y := m.Forward(x, nn.Pass{Train: true, Seed: 1, Step: n})
		nn.CrossEntropy{}.Eval(&dy, y, labels)
		m.Backward(&dy)
		opt.Step(n, 0.01)
		n++
	}
}

// inference classifies so many images in batches.
func inference(layers []nn.Layer, images, batch int) func() {
	m, err := nn.New(1, nn.CHW(1, 28, 28), layers...)
	if err != nil {
		panic(err)
	}
	x, _ := examples(images)
	return func() {
		for i := 0; i < x.N; i += batch {
			m.Forward(&nn.Tensor{N: batch, Shape: x.Shape, Data: x.Data[i*784 : (i+batch)*784]}, nn.Pass{})
		}
	}
}

// examples are images of noise in [0,1] and labels: how long a step takes does
// not depend on what it learns.
func examples(n int) (*nn.Tensor, []uint16) {
	rng := rand.New(rand.NewPCG(1, 2))
	x, labels := nn.NewTensor(n, nn.CHW(1, 28, 28)), make([]uint16, n)
	for i := range x.Data {
		x.Data[i] = rng.Float32()
	}
	for i := range labels {
		labels[i] = uint16(rng.IntN(10))
	}
	return x, labels
}

// product is C = op(A)·op(B): "NT/64x512x784" with m, n, k.
func product(spec string) func() {
	layout, size, _ := strings.Cut(spec, "/")
	var m, n, k int
	if _, err := fmt.Sscanf(size, "%dx%dx%d", &m, &n, &k); err != nil {
		return nil
	}
	a, b, c := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
	rng := rand.New(rand.NewPCG(1, 2))
	for _, s := range [][]float32{a, b} {
		for i := range s {
			s[i] = rng.Float32() - 0.5
		}
	}
	multiply := map[string]func(c, a, b []float32, m, n, k int, e f32.Epilogue){
		"NN": f32.MatMul, "NT": f32.MatMulTB, "TN": f32.MatMulTA,
	}[layout]
	return func() { multiply(c, a, b, m, n, k, f32.Epilogue{}) }
}

// neighbour computes all the time, or half of it in bursts: company for others.
func neighbour(bursts bool) {
	const burst = 400 * time.Microsecond
	for {
		for start := time.Now(); time.Since(start) < burst; {
		}
		if bursts {
			time.Sleep(burst)
		}
	}
}

// once is work that is timed as a whole process: "start", from nothing to the
// first training step on the data of MNIST_DIR, or "train", an epoch of it.
func once(what string) {
	l, err := lab.Open(context.Background(), "bench")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	steps := map[string]int{"start": 1, "train": l.Steps(64)}[what]
	work := train.Config{Layers: models["mlp"], Optimizer: optim.SGD{Momentum: 0.9}, Schedule: optim.Constant(0.01), Batch: 64, Epochs: 1, Seed: 1}
	m, err := nn.New(1, l.In(), work.Layers...)
	if err != nil {
		panic(err)
	}
	loader := &data.Loader{Set: l.Train, Batch: work.Batch, Seed: work.Seed, Shuffle: true}
	work.LogEvery, work.DevEvery = 1, 1<<20
	for e, err := range train.Run(context.Background(), work, m, loader.Epoch, train.InOrder(l.Dev)) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if e.Step >= steps {
			break
		}
	}
	fmt.Println("done")
}

// Command bench runs the work that scripts/bench times, in a process of its
// own for every set of kernels and number of cores.
//
// It prints "ready", then reads lines of a workload's name and a number of
// seconds, repeats the work for about that long and answers each line with the
// median time of one repetition as JSON: {"ns":1234567,"n":310}. A workload it
// does not know is answered with {"missing":true}. The Python peers speak the
// same.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/internal/f32"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

func main() {
	if len(os.Args) > 1 {
		once(os.Args[1])
		return
	}
	fmt.Println("ready", nn.Kernels())
	built := map[string]func(){}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		name, seconds, _ := strings.Cut(lines.Text(), " ")
		limit, err := strconv.ParseFloat(seconds, 64)
		if err != nil {
			fmt.Fprintf(os.Stderr, "bench: line %q, want a workload and seconds\n", lines.Text())
			os.Exit(2)
		}
		if _, ok := built[name]; !ok {
			built[name] = build(name)
		}
		answer(built[name], limit)
	}
}

// answer times work and prints the median.
func answer(work func(), seconds float64) {
	out := json.NewEncoder(os.Stdout)
	if work == nil {
		out.Encode(map[string]bool{"missing": true})
		return
	}
	work()
	var times []time.Duration
	for start := time.Now(); time.Since(start).Seconds() < seconds || len(times) < 3; {
		t := time.Now()
		work()
		times = append(times, time.Since(t))
	}
	slices.Sort(times)
	out.Encode(map[string]int64{"ns": times[len(times)/2].Nanoseconds(), "n": int64(len(times))})
}

// build makes the work of that name ready, nil if there is none.
func build(name string) func() {
	kind, size, _ := strings.Cut(name, ":")
	switch kind {
	case "matmul":
		return product(size)
	case "infer":
		return inference(models[size])
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

// inference classifies 10,000 images in batches of 500.
func inference(layers []nn.Layer) func() {
	m, err := nn.New(1, nn.CHW(1, 28, 28), layers...)
	if err != nil {
		panic(err)
	}
	x, _ := examples(10000)
	return func() {
		for i := 0; i < x.N; i += 500 {
			m.Forward(&nn.Tensor{N: 500, Shape: x.Shape, Data: x.Data[i*784 : (i+500)*784]}, nn.Pass{})
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

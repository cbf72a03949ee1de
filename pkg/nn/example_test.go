package nn_test

import (
	"fmt"
	"os"
	"path/filepath"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
)

// A network is a list of layers, which are plain values. Shapes are inferred; an
// error names the layer that does not fit.
func Example() {
	model, err := nn.New(1, nn.CHW(1, 28, 28),
		nn.Conv2D{Filters: 8, Kernel: 5}, nn.ReLU{}, nn.MaxPool2D{Kernel: 2},
		nn.Linear{Out: 10},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(nn.Outline(model.Layers), "puts out", model.Out(), "by", model.Weights(), "weights")
	for _, p := range model.Params() {
		fmt.Println(p.Name, p.Dims)
	}

	_, err = nn.New(1, nn.CHW(1, 28, 28), nn.Conv2D{Filters: 8, Kernel: 5}, nn.MaxPool2D{Kernel: 30})
	fmt.Println(err)
	// Output:
	// conv8-pool-10 puts out 10 by 11738 weights
	// 0.conv2d.W [8 1 5 5]
	// 0.conv2d.b [8]
	// 3.linear.W [10 1152]
	// 3.linear.b [10]
	// nn: layer 1 (maxpool2d, input 8×24×24): Kernel 30 does not fit 24×24 with Padding 0
}

// Training by hand: forward, loss, backward, step. Backward sets the gradients,
// so there is nothing to zero, and every random draw is a function of a seed.
func ExampleModel_Backward() {
	digits := data.Synthetic("digits", 1, 0, 200)
	model, err := nn.New(1, nn.CHW(1, digits.H, digits.W), nn.MLP([]int{32}, nn.ReLU{}, 10, 0)...)
	if err != nil {
		fmt.Println(err)
		return
	}
	rule, err := optim.SGD{Momentum: 0.9}.New(model.Params())
	if err != nil {
		fmt.Println(err)
		return
	}
	loader := data.Loader{Set: digits, Batch: 50, Seed: 1, Shuffle: true}
	var dy nn.Tensor
	step, first, last := 0, 0.0, 0.0
	for epoch := range 10 {
		for batch := range loader.Epoch(epoch) {
			x := &nn.Tensor{N: batch.Len(), Shape: model.In, Data: batch.X}
			y := model.Forward(x, nn.Pass{Train: true, Seed: 1, Step: step})
			last = nn.CrossEntropy{}.Eval(&dy, y, batch.Labels)
			model.Backward(&dy)
			rule.Step(step, 0.1)
			if step == 0 {
				first = last
			}
			step++
		}
	}
	fmt.Printf("%d steps, the loss began at %.1f\n", step, first)
	fmt.Println("fell to less than a fifth:", last < first/5)
	// Output:
	// 40 steps, the loss began at 2.3
	// fell to less than a fifth: true
}

// Weights, architecture and notes in one safetensors file, which Python opens
// too.
func ExampleModel_Save() {
	dir, err := os.MkdirTemp("", "model")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "model.safetensors")

	model, err := nn.New(1, nn.Vec(4), nn.Linear{Out: 3}, nn.ReLU{}, Gain{Start: 0.5}, nn.Linear{Out: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := model.Save(path, map[string]string{"trained on": "nothing yet"}); err != nil {
		fmt.Println(err)
		return
	}
	again, notes, err := nn.Load(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(nn.Outline(again.Layers), "in layers", len(again.Layers), "trained on", notes["trained on"])

	x := nn.NewTensor(1, nn.Vec(4))
	x.Data[0] = 1
	first := append([]float32(nil), model.Forward(x, nn.Pass{}).Data...)
	fmt.Println("same outputs:", fmt.Sprint(first) == fmt.Sprint(again.Forward(x, nn.Pass{}).Data))
	// Output:
	// 3-2 in layers 4 trained on nothing yet
	// same outputs: true
}

// An architecture as text, for files and flags.
func ExampleEncodeLayers() {
	text, err := nn.EncodeLayers([]nn.Layer{nn.Flatten{}, nn.Linear{Out: 600, Init: nn.Torch}, nn.ReLU{}, nn.Linear{Out: 10}})
	fmt.Println(string(text), err)

	_, err = nn.DecodeLayers([]byte(`[{"linear":{"outputs":600}}]`))
	fmt.Println(err)
	// Output:
	// [{"flatten":{}},{"linear":{"out":600,"init":{"scheme":"torch"}}},{"relu":{}},{"linear":{"out":10}}] <nil>
	// nn: architecture: layer 0 (linear): json: unknown field "outputs", known: out, no_bias, init (scheme, std), decay
}

// Layers between a shortcut: y = body(x) + x.
func ExampleResidual() {
	model, err := nn.New(1, nn.CHW(8, 7, 7),
		nn.Residual{Body: []nn.Layer{
			nn.Conv2D{Filters: 8, Kernel: 3, Padding: 1, NoBias: true}, nn.BatchNorm{}, nn.ReLU{},
		}},
		nn.GlobalAvgPool{}, nn.Linear{Out: 10})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(model.Out(), model.Weights(), "weights,", model.FLOPs(), "FLOPs for an image")
	// Output:
	// 10 682 weights, 57784 FLOPs for an image
}

// What a network would cost, before anything is allocated for it.
func ExampleNewDraft() {
	draft, err := nn.NewDraft(nn.CHW(1, 28, 28), nn.MLP([]int{512, 256}, nn.ReLU{}, 10, 0.2)...)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(draft.Weights, "weights, out", draft.Out)
	// Output:
	// 535818 weights, out 10
}

// A model in memory and back, as Save and Load do with a file.
func ExampleFromFile() {
	model, err := nn.New(1, nn.Vec(4), nn.Linear{Out: 2, Init: nn.Xavier}, nn.Tanh{})
	if err != nil {
		fmt.Println(err)
		return
	}
	file, err := model.File(map[string]string{"by": "an example"})
	if err != nil {
		fmt.Println(err)
		return
	}
	again, err := nn.FromFile(file)
	fmt.Println(again.Layers, err)
	// Output:
	// [{2 false {xavier 0} 0} {}] <nil>
}

// Convolutions, pooling, normalization and blocks are layers like any other.
func ExampleBottleneck() {
	model, err := nn.New(1, nn.CHW(1, 28, 28),
		nn.Conv2D{Filters: 8, Kernel: 3, Padding: 1, NoBias: true}, nn.BatchNorm{}, nn.LeakyReLU{Slope: 0.1},
		nn.AvgPool2D{Kernel: 2},
		nn.Bottleneck{Mid: 4, Out: 16, Stride: 2}, nn.Dropout{P: 0.2, Spatial: true},
		nn.GlobalAvgPool{}, nn.Linear{Out: 10}, nn.Softmax{},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	x := nn.NewTensor(1, model.In)
	model.ForwardTo(x, func(name string, y *nn.Tensor) { fmt.Println(name, y.Shape) })
	// Output:
	// 0.conv2d 8×28×28
	// 1.batchnorm 8×28×28
	// 2.leakyrelu 8×28×28
	// 3.avgpool2d 8×14×14
	// 4.bottleneck 16×7×7
	// 5.dropout 16×7×7
	// 6.globalavgpool 16
	// 7.linear 10
	// 8.softmax 10
}

// What may stand behind a Linear, by the names of flags, and how the weights
// before it are drawn.
func ExampleActivation() {
	for _, a := range []nn.Activation{nn.ReLU{}, nn.GELU{}, nn.SiLU{}, nn.Logistic{}, nn.Tanh{}} {
		fmt.Printf("%T %s\n", a, a.WeightInit().Scheme)
	}
	// Output:
	// nn.ReLU he
	// nn.GELU he
	// nn.SiLU he
	// nn.Logistic xavier
	// nn.Tanh xavier
}

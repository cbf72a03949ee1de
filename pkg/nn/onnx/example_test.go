package onnx_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"inkling/pkg/nn"
	"inkling/pkg/nn/onnx"
)

// A network as an ONNX file, for any runtime.
func ExampleWrite() {
	model, err := nn.New(1, nn.CHW(1, 28, 28), nn.Linear{Out: 32}, nn.ReLU{}, nn.Linear{Out: 10})
	if err != nil {
		fmt.Println(err)
		return
	}
	var file bytes.Buffer
	if err := onnx.Write(&file, model, map[string]string{"trained on": "nothing"}); err != nil {
		fmt.Println(err)
		return
	}
	weights := 4 * model.Weights()
	fmt.Println(file.Len() > weights, file.Len() < weights+2000)
	// Output:
	// true true
}

// A file, and back; weights that lie in files of their own are found beside it.
func ExampleLoad() {
	folder, err := os.MkdirTemp("", "onnx")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	model, err := nn.New(1, nn.Vec(4), nn.Linear{Out: 3}, nn.Softmax{})
	if err != nil {
		fmt.Println(err)
		return
	}
	path := filepath.Join(folder, "model.onnx")
	if err := onnx.Save(path, model, map[string]string{"trained on": "nothing"}); err != nil {
		fmt.Println(err)
		return
	}
	read, meta, err := onnx.Load(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(read.In, read.Out(), meta["trained on"])
	// Output:
	// 4 3 nothing
}

// What was written, or what another framework wrote, is a model of ours again.
func ExampleDecode() {
	model, err := nn.New(1, nn.CHW(1, 28, 28), nn.Conv2D{Filters: 8, Kernel: 3}, nn.GELU{}, nn.MaxPool2D{Kernel: 2}, nn.Dropout{P: 0.2}, nn.Linear{Out: 10})
	if err != nil {
		fmt.Println(err)
		return
	}
	var file bytes.Buffer
	if err := onnx.Write(&file, model, nil); err != nil {
		fmt.Println(err)
		return
	}
	read, _, err := onnx.Decode(file.Bytes())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range read.Layers {
		fmt.Printf("%T ", l)
	}
	fmt.Println()
	// Output:
	// nn.Conv2D nn.GELU nn.MaxPool2D nn.Linear
}

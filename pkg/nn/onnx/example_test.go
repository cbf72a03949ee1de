package onnx_test

import (
	"bytes"
	"fmt"

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

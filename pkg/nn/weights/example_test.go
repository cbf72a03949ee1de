package weights_test

import (
	"fmt"
	"os"
	"path/filepath"

	"inkling/pkg/nn"
	"inkling/pkg/nn/safetensors"
	"inkling/pkg/nn/weights"
)

// A network that Keras trained: its matrices are [in, out], and it flattens an image
// of rows, columns and then planes.
func Example() {
	dir, err := os.MkdirTemp("", "weights")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "keras.safetensors")
	theirs := safetensors.File{Tensors: []safetensors.Tensor{
		{Name: "sequential/dense/bias", Dims: []int{2}, Data: []float32{0, 100}},
		{Name: "sequential/dense/kernel", Dims: []int{4, 2}, Data: []float32{1, 10, 2, 20, 3, 30, 4, 40}},
	}}
	if err := theirs.Save(path); err != nil {
		fmt.Println(err)
		return
	}

	from := weights.From{Framework: weights.Keras}
	model, told, err := from.Load(path, nn.CHW(2, 1, 2), nn.Flatten{}, nn.Linear{Out: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(told)
	fmt.Println(model.Param("1.linear.W").Data)

	// What does not fit is told, with what would.
	_, _, err = weights.From{Framework: weights.PyTorch}.Load(path, nn.CHW(2, 1, 2), nn.Linear{Out: 2})
	fmt.Println(filepath.Base(err.Error()))
	// Output:
	// 1.linear.W  [4 2]  sequential/dense/kernel  transposed, HWC to CHW of 2×1×2
	// 1.linear.b  [2]    sequential/dense/bias
	// [1 3 2 4 10 30 20 40]
	// kernel" has shape [4 2], 0.linear.W wants [2 4]: it would fit as keras lays it out, [4 2]
}

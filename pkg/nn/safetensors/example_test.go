package safetensors_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"

	"inkling/pkg/nn/safetensors"
)

// Named arrays to a file and back. safetensors.numpy.load_file of Python reads
// the same file.
func Example() {
	dir, err := os.MkdirTemp("", "weights")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "weights.safetensors")

	file := safetensors.File{
		Meta:    map[string]string{"trained on": "synthetic digits"},
		Tensors: []safetensors.Tensor{{Name: "0.linear.W", Dims: []int{2, 3}, Data: []float32{1, 2, 3, 4, 5, 6}}},
	}
	if err := file.Save(path); err != nil {
		fmt.Println(err)
		return
	}
	read, err := safetensors.Load(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	w := read.Tensor("0.linear.W")
	fmt.Println(w.Dims, w.Data)
	fmt.Println(read.Meta["trained on"])
	// Output:
	// [2 3] [1 2 3 4 5 6]
	// synthetic digits
}

// Bytes in memory, for what travels otherwise than as a file. A file that was
// written by Encode notices a changed bit.
func ExampleDecode() {
	file := safetensors.File{Tensors: []safetensors.Tensor{{Name: "b", Dims: []int{2}, Data: []float32{0.5, 0.25}}}}
	encoded, err := file.Encode()
	if err != nil {
		fmt.Println(err)
		return
	}
	decoded, err := safetensors.Decode(encoded)
	fmt.Println(decoded.Tensors[0].Data, err)

	encoded[len(encoded)-1] ^= 1
	_, err = safetensors.Decode(encoded)
	fmt.Println("changed:", err)
	// Output:
	// [0.5 0.25] <nil>
	// changed: safetensors: SHA-256 of the contents 5bc9580107aa…, the metadata says "d72022ec7572"…: changed on purpose with content_sha256 and checksum left in its metadata, or the file is damaged
}

// One array of a file, without the others. What another program wrote may be of
// another type: its values are converted as they are read.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "weights")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "theirs.safetensors")
	header := `{"fc.bias":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"steps":{"dtype":"I64","shape":[],"data_offsets":[4,12]}}`
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	file = append(append(file, header...), 0, 0x3c, 0, 0xc0, 7, 0, 0, 0, 0, 0, 0, 0)
	if err := os.WriteFile(path, file, 0o600); err != nil {
		fmt.Println(err)
		return
	}

	r, err := safetensors.Open(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	for _, a := range r.Arrays {
		fmt.Println(a.Name, a.DType, a.Dims)
	}
	bias := make([]float32, 2)
	values, err := r.Values(r.Arrays[0])
	if err == nil {
		err = values.Read(bias)
	}
	fmt.Println(bias, err)
	// Output:
	// fc.bias F16 [2]
	// steps I64 []
	// [1 -2] <nil>
}

package weights

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"inkling/pkg/nn"
	"inkling/pkg/nn/safetensors"
)

// An .npz of arrays, taken into a small network: no bytes panic, take more memory
// than their own four times, a megabyte and what unpacking takes for each array, or
// give weights that are not finite.
//
//	go test -run XXX -fuzz FuzzNPZ -fuzzminimizetime 1x ./pkg/nn/weights
func FuzzNPZ(f *testing.F) {
	layers := []nn.Layer{nn.BatchNorm{}, nn.Linear{Out: 2}}
	in := nn.CHW(2, 1, 2)
	arrays := []safetensors.Tensor{
		{Name: "bn/gamma", Dims: []int{2}, Data: []float32{1, 2}}, {Name: "bn/beta", Dims: []int{2}, Data: []float32{3, 4}},
		{Name: "bn/moving_mean", Dims: []int{2}, Data: []float32{5, 6}}, {Name: "bn/moving_variance", Dims: []int{2}, Data: []float32{7, 8}},
		{Name: "dense/kernel", Dims: []int{4, 2}, Data: []float32{1, 2, 3, 4, 5, 6, 7, 8}}, {Name: "dense/bias", Dims: []int{2}, Data: []float32{9, 0}},
	}
	for _, fortran := range []bool{false, true} {
		for _, big := range []bool{false, true} {
			b, err := os.ReadFile(saveNPZ(f, arrays, fortran, big))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	from := From{Framework: Keras}
	f.Fuzz(func(t *testing.T, b []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		var m *nn.Model
		src, err := readNPZ(z)
		if err == nil {
			src.file = io.NopCloser(nil)
			m, _, err = from.load(src, in, layers)
		}
		runtime.ReadMemStats(&after)
		if used, most := after.TotalAlloc-before.TotalAlloc, uint64(4*len(b)+1<<20+len(z.File)*(256<<10)); used > most {
			t.Fatalf("%d bytes allocated for a file of %d with %d arrays", used, len(b), len(z.File))
		}
		if err != nil {
			if strings.Contains(err.Error(), "\n") || len(err.Error()) > 4000 {
				t.Fatalf("not one line: %q", err)
			}
			return
		}
		if err := m.CheckFinite(); err != nil {
			t.Fatalf("accepted: %v", err)
		}
	})
}

package nn

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/internal/memory"
	"inkling/pkg/nn/safetensors"
)

// Weights and states that are not finite are refused when they are loaded, with
// file, tensor and place, and when they are saved.
func TestWeightsThatAreNotFinite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.safetensors")
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for _, name := range []string{"0.conv2d.W", "1.batchnorm.running_var", "3.residual.shortcut.0.conv2d.b"} {
			m, _ := used(t)
			f, err := m.File(nil)
			if err != nil {
				t.Fatal(err)
			}
			data := f.Tensor(name).Data // the model's own
			last := len(data) - 1
			data[last] = float32(bad)
			if err := f.Save(path); err != nil {
				t.Fatal(err)
			}
			_, _, err = Load(path)
			for _, want := range []string{path, name, "nn: value", "want finite numbers"} {
				if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("loading %v in %s: %v, want %q", bad, name, err, want)
				}
			}
			if err := m.Save(path+"2", nil); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "not saved") {
				t.Errorf("saving %v in %s: %v", bad, name, err)
			}
			if _, err := os.Stat(path + "2"); err == nil {
				t.Errorf("saved %v in %s", bad, name)
			}
			clean, _ := used(t)
			before := slices.Clone(clean.slab)
			if err := clean.Restore(f); err == nil || !slices.Equal(clean.slab, before) {
				t.Errorf("restoring %v in %s: %v, want an error and the model as it was", bad, name, err)
			}
		}
	}
}

// pretend makes the machine one of so many bytes.
func pretend(t testing.TB, total, free int64) {
	old := memory.Machine
	memory.Machine = func() (int64, int64, bool) { return total, free, true }
	t.Cleanup(func() { memory.Machine = old })
}

// A model that memory cannot hold is refused before anything is allocated: its
// weights by New, its activations at evaluation when a stranger's file asks for
// them.
func TestMemory(t *testing.T) {
	pretend(t, 2e9, 1e9)
	measured := func(f func() error) (uint64, error) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := f()
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc, err
	}
	used, err := measured(func() error {
		_, err := New(1, Vec(200_000), Linear{Out: 1000})
		return err
	})
	if err == nil || err.Error() != "nn: the model needs about 1.6 GB of memory (weights and gradients 1.6 GB); the machine has 2.0 GB, 1.0 GB of it free, of which a tenth is left to others" || used > 1<<20 {
		t.Errorf("New: %v, %d bytes allocated", err, used)
	}
	// 80 KB of weights, and 15.7 GB of activations in batches of 250.
	wide := []Layer{Conv2D{Filters: 20000, Kernel: 1}, GlobalAvgPool{}, Linear{Out: 1}}
	arch, err := EncodeLayers(wide)
	if err != nil {
		t.Fatal(err)
	}
	f := &safetensors.File{Meta: map[string]string{
		"format": "inkling", "version": formatVersion, "seed": "1", "architecture": string(arch), "input": `{"C":1,"H":28,"W":28}`,
	}}
	for _, x := range []safetensors.Tensor{
		{Name: "0.conv2d.W", Dims: []int{20000, 1, 1, 1}}, {Name: "0.conv2d.b", Dims: []int{20000}},
		{Name: "2.linear.W", Dims: []int{1, 20000}}, {Name: "2.linear.b", Dims: []int{1}},
	} {
		n, _ := sizeOf(x.Dims)
		x.Data = make([]float32, n)
		f.Tensors = append(f.Tensors, x)
	}
	used, err = measured(func() error {
		_, err := FromFile(f)
		return err
	})
	want := "nn: the model needs about 15.7 GB of memory (activations at evaluation, 250 examples at a time, 15.7 GB, weights and gradients 0.5 MB); the machine has 2.0 GB, 1.0 GB of it free, of which a tenth is left to others"
	if err == nil || err.Error() != want || used > 1<<20 {
		t.Errorf("FromFile: %v, %d bytes allocated, want %q", err, used, want)
	}
	pretend(t, 64e9, 32e9)
	if _, err := FromFile(f); err != nil {
		t.Errorf("FromFile with enough memory: %v", err)
	}
}

// The file of a model, read by Decode and built by FromFile: no bytes panic or
// take more memory than four times their own and a megabyte, and what is accepted
// computes. The corpus in testdata holds what a run of the fuzzer found.
//
//	go test -run XXX -fuzz FuzzWeightsFile -fuzzminimizetime 1x .
//
// Without the last flag Go spends up to a minute on making each new input
// smaller, in which it counts no executions: it tries to leave out every part of
// it, which for a file of 2,000 bytes are two million.
func FuzzWeightsFile(f *testing.F) {
	for _, layers := range [][]Layer{
		{Linear{Out: 3}, ReLU{}, Linear{Out: 2}},
		{Conv2D{Filters: 2, Kernel: 2}, BatchNorm{}, ReLU{}, MaxPool2D{Kernel: 2}, Linear{Out: 2}},
		{Residual{Body: []Layer{Conv2D{Filters: 1, Kernel: 1}, BatchNorm{}}}, GlobalAvgPool{}},
		{Bottleneck{Mid: 1, Out: 2, Stride: 2}, Dropout{P: 0.5}, AvgPool2D{Kernel: 1}, Softmax{}},
	} {
		m, err := New(1, CHW(1, 4, 4), layers...)
		if err != nil {
			f.Fatal(err)
		}
		file, err := m.File(map[string]string{"name": "fuzz"})
		if err != nil {
			f.Fatal(err)
		}
		b, err := file.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		// Without its checksum, so that a change is not just damage.
		f.Add(unsigned(f, b))
	}
	const most = 1 << 30
	pretend(f, most, most)
	f.Fuzz(func(t *testing.T, b []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		file, err := safetensors.Decode(b)
		if err != nil {
			return
		}
		m, err := FromFile(file)
		runtime.ReadMemStats(&after)
		if used, limit := after.TotalAlloc-before.TotalAlloc, uint64(4*len(b)+1<<20); used > limit {
			t.Fatalf("%d bytes allocated for a file of %d", used, len(b))
		}
		if err != nil {
			if strings.Contains(err.Error(), "\n") || len(err.Error()) > 2000 {
				t.Fatalf("not one line: %v", err)
			}
			return
		}
		if err := m.CheckFinite(); err != nil {
			t.Fatalf("accepted: %v", err)
		}
		if d := m.Draft(); d.Pass > 1<<20 || m.FLOPs() > 1<<24 || m.In.Size() > 1<<16 {
			return
		}
		if y := m.Forward(NewTensor(2, m.In), Pass{}); y.Shape != m.Out() {
			t.Fatalf("%v gives %v, Build said %v", m.Layers, y.Shape, m.Out())
		}
	})
}

// unsigned are the bytes of a file without the entries of the checksum, as
// another program would write it.
func unsigned(f *testing.F, b []byte) []byte {
	f.Helper()
	file, err := safetensors.Decode(b)
	if err != nil {
		f.Fatal(err)
	}
	header := map[string]any{"__metadata__": file.Meta}
	var data []byte
	for _, x := range file.Tensors {
		from := len(data)
		for _, v := range x.Data {
			u := math.Float32bits(v)
			data = append(data, byte(u), byte(u>>8), byte(u>>16), byte(u>>24))
		}
		header[x.Name] = map[string]any{"dtype": "F32", "shape": x.Dims, "data_offsets": []int{from, len(data)}}
	}
	h, err := json.Marshal(header)
	if err != nil {
		f.Fatal(err)
	}
	n := len(h)
	return append(append([]byte{byte(n), byte(n >> 8), byte(n >> 16), 0, 0, 0, 0, 0}, h...), data...)
}

// A model to be filled holds nothing but zeros, states too, and is otherwise the one
// that New builds.
func TestBlank(t *testing.T) {
	m, err := Blank(CHW(1, 8, 7), savedLayers...)
	if err != nil {
		t.Fatal(err)
	}
	drawn, x := used(t)
	f, err := drawn.File(nil)
	if err == nil {
		err = m.Restore(f)
	}
	if err != nil {
		t.Fatal(err)
	}
	if want := slices.Clone(drawn.Forward(x, Pass{}).Data); !slices.Equal(m.Forward(x, Pass{}).Data, want) {
		t.Error("filled, it gives other outputs")
	}
	m, err = Blank(CHW(1, 8, 7), savedLayers...)
	if err != nil {
		t.Fatal(err)
	}
	if f, err = m.File(nil); err != nil {
		t.Fatal(err)
	}
	for _, a := range f.Tensors {
		if slices.ContainsFunc(a.Data, func(v float32) bool { return v != 0 }) {
			t.Errorf("%s is not all 0", a.Name)
		}
	}
}

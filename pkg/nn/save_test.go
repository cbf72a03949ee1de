package nn

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/nn/safetensors"
)

var savedLayers = []Layer{
	Conv2D{Filters: 4, Kernel: 3, Init: Normal(0.1), Decay: 0.01}, BatchNorm{Momentum: 0.3}, LeakyReLU{Slope: 0.2},
	Residual{
		Body:     []Layer{Conv2D{Filters: 6, Kernel: 3, Padding: 1, NoBias: true}, BatchNorm{}},
		Shortcut: []Layer{Conv2D{Filters: 6, Kernel: 1}},
	},
	Bottleneck{Mid: 2, Out: 8, Stride: 2}, Dropout{P: 0.25}, Linear{Out: 10, Init: Torch},
}

// used is a model whose running statistics have moved.
func used(t *testing.T) (*Model, *Tensor) {
	m := build(t, 1<<63+5, CHW(1, 8, 7), savedLayers...)
	x := noise(newRand(1), 3, m.In)
	m.Forward(x, Pass{Train: true})
	return m, x
}

func TestSaveAndLoad(t *testing.T) {
	m, x := used(t)
	path := filepath.Join(t.TempDir(), "best.safetensors")
	meta := map[string]string{"scores": "dev 98.1 %", "version": "mine", "format": "mine"}
	if err := m.Save(path, meta); err != nil {
		t.Fatal(err)
	}
	if meta["version"] != "mine" {
		t.Error("Save changed the caller's metadata")
	}
	got, gotMeta, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if gotMeta["scores"] != meta["scores"] || gotMeta["format"] != "inkling" || gotMeta["version"] != formatVersion {
		t.Errorf("metadata %v", gotMeta)
	}
	if !reflect.DeepEqual(got.Layers, m.Layers) || got.In != m.In || got.Seed != m.Seed {
		t.Errorf("%v, want %v", got, m)
	}
	if !slices.Equal(got.slab, m.slab) || !reflect.DeepEqual(got.states, m.states) {
		t.Error("other weights or states")
	}
	want := slices.Clone(m.Forward(x, Pass{}).Data)
	if !slices.Equal(got.Forward(x, Pass{}).Data, want) {
		t.Error("other outputs")
	}
	// The same seed gives the same dropout, so a resumed run continues bit for bit.
	want = slices.Clone(m.Forward(x, Pass{Train: true, Seed: 3, Step: 9}).Data)
	if !slices.Equal(got.Forward(x, Pass{Train: true, Seed: 3, Step: 9}).Data, want) {
		t.Error("other outputs in training")
	}
	if _, _, err := Load(path + "x"); !os.IsNotExist(err) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// What a file says that cannot be loaded, and how.
func TestLoadRefuses(t *testing.T) {
	m, _ := used(t)
	path := filepath.Join(t.TempDir(), "a.safetensors")
	for name, c := range map[string]struct {
		change func(f *safetensors.File)
		want   []string
	}{
		"not ours":            {func(f *safetensors.File) { delete(f.Meta, "format") }, []string{`format ""`, "want inkling"}},
		"newer version":       {func(f *safetensors.File) { f.Meta["version"] = "2" }, []string{`version "2"`, "reads 1"}},
		"no version":          {func(f *safetensors.File) { delete(f.Meta, "version") }, []string{`version ""`}},
		"unknown layer":       {func(f *safetensors.File) { f.Meta["architecture"] = `[{"conv3d":{}}]` }, []string{`unknown kind "conv3d"`, "conv2d"}},
		"unknown field":       {func(f *safetensors.File) { f.Meta["architecture"] = `[{"relu":{"slope":1}}]` }, []string{"layer 0 (relu)", "slope"}},
		"no architecture":     {func(f *safetensors.File) { delete(f.Meta, "architecture") }, []string{"architecture"}},
		"no layers":           {func(f *safetensors.File) { f.Meta["architecture"] = `[]` }, []string{"no layers"}},
		"no input":            {func(f *safetensors.File) { delete(f.Meta, "input") }, []string{"input shape"}},
		"input of 0":          {func(f *safetensors.File) { f.Meta["input"] = `{"C":0,"H":1,"W":1}` }, []string{"input shape 0, want positive"}},
		"input that wraps":    {func(f *safetensors.File) { f.Meta["input"] = `{"C":4294967296,"H":4294967296,"W":1}` }, []string{"at most"}},
		"two inputs":          {func(f *safetensors.File) { f.Meta["input"] = `{"C":1,"H":1,"W":1}{}` }, []string{"more than one"}},
		"seed":                {func(f *safetensors.File) { f.Meta["seed"] = "x" }, []string{"seed"}},
		"a tensor is missing": {func(f *safetensors.File) { f.Tensors = f.Tensors[1:] }, []string{"conv2d.W"}},
		"a state is missing": {func(f *safetensors.File) {
			f.Tensors = slices.DeleteFunc(f.Tensors, func(x safetensors.Tensor) bool { return x.Name == "1.batchnorm.running_var" })
		}, []string{`"1.batchnorm.running_var"`}},
		"a tensor too many": {func(f *safetensors.File) {
			f.Tensors = append(f.Tensors, safetensors.Tensor{Name: "9.linear.W", Dims: []int{2}, Data: make([]float32, 2)})
		}, []string{`unexpected "9.linear.W" [2]`}},
		"a tensor of another name": {func(f *safetensors.File) {
			f.Tensors[0].Name = "0.conv.W"
		}, []string{`missing "0.conv2d.W" [4 1 3 3] (nearest: "0.conv.W" [4 1 3 3])`}},
		"a tensor turned": {func(f *safetensors.File) {
			x := f.Tensor("6.linear.W")
			x.Dims = []int{x.Dims[1], x.Dims[0]}
		}, []string{`"6.linear.W" has shape`, "transposed it would fit"}},
		"a tensor of another shape": {func(f *safetensors.File) {
			f.Tensors[0].Dims = []int{f.Tensors[0].Dims[0], len(f.Tensors[0].Data) / f.Tensors[0].Dims[0]}
		}, []string{`"0.conv2d.W"`, "[4 9]", "[4 1 3 3]"}},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := m.File(nil)
			if err != nil {
				t.Fatal(err)
			}
			f.Meta = maps.Clone(f.Meta)
			c.change(f)
			if err := f.Save(path); err != nil {
				t.Fatal(err)
			}
			_, _, err = Load(path)
			if err == nil {
				t.Fatal("loaded")
			}
			for _, want := range append(c.want, path) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v, want %q in it", err, want)
				}
			}
			if strings.Contains(err.Error(), "\n") || len(err.Error()) > 700 {
				t.Errorf("not one line: %v", err)
			}
		})
	}
	t.Run("other dtype", func(t *testing.T) {
		f, err := m.File(nil)
		if err != nil {
			t.Fatal(err)
		}
		f.Converted = map[string]string{"0.conv2d.W": "F16"} // as Decode tells of a file that somebody cast
		if _, err := FromFile(f); err == nil || !strings.Contains(err.Error(), `"0.conv2d.W" is F16, want F32`) {
			t.Errorf("%v", err)
		}
	})
}

func TestRestoreOfAnotherArchitecture(t *testing.T) {
	m := build(t, 1, Vec(4), Linear{Out: 3})
	other := build(t, 2, Vec(4), Linear{Out: 5})
	deeper := build(t, 2, Vec(4), Linear{Out: 3}, ReLU{}, Linear{Out: 3})
	before := slices.Clone(m.slab)
	for _, src := range []*Model{other, deeper} {
		f, err := src.File(nil)
		if err != nil {
			t.Fatal(err)
		}
		target, want := m, `[{"linear":{"out":3}}]`
		if src == deeper { // has all that m wants; the other way round something is missing
			if f, err = m.File(nil); err != nil {
				t.Fatal(err)
			}
			target, want = deeper, `{"relu":{}}`
		}
		err = target.Restore(f)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), f.Meta["architecture"]) {
			t.Errorf("%v, want both architectures in it", err)
		}
	}
	if !slices.Equal(m.slab, before) {
		t.Error("a Restore that failed changed the model")
	}
}

// A few bytes of architecture must not make the reader allocate gigabytes.
func TestHostileArchitectures(t *testing.T) {
	wide := `{"conv2d":{"filters":16777216,"kernel":1}}`
	for name, c := range map[string]struct{ arch, input, want string }{
		"wide linear":            {`[{"linear":{"out":16777216}}]`, `{"C":1,"H":28,"W":28}`, "more than"},
		"too wide linear":        {`[{"linear":{"out":1000000000}}]`, `{"C":1,"H":28,"W":28}`, "want 1 to"},
		"batchnorm of 2²⁴":       {`[` + wide + `,{"batchnorm":{}}` + strings.Repeat(`,{"batchnorm":{}}`, 50) + `]`, `{"C":1,"H":1,"W":1}`, "more than"},
		"wide output":            {`[` + wide + `]`, `{"C":1,"H":28,"W":28}`, "output 16777216×28×28, want"},
		"weights that wrap":      {`[{"conv2d":{"filters":1,"kernel":4294967296,"padding":4294967295,"stride":9}}]`, `{"C":1,"H":1,"W":1}`, "Kernel 4294967296, want"},
		"kernel and channels":    {`[{"conv2d":{"filters":1,"kernel":16384,"padding":16383,"stride":9}}]`, `{"C":268435456,"H":1,"W":1}`, "want at most"},
		"pool of 2⁴⁰":            {`[{"maxpool2d":{"kernel":1099511627776,"padding":549755813888}}]`, `{"C":1,"H":1,"W":1}`, "Kernel"},
		"bottleneck of 2²⁴":      {`[{"bottleneck":{"mid":16777216,"out":16777216}}]`, `{"C":1,"H":1,"W":1}`, "more than"},
		"nested 100 deep":        {strings.Repeat(`[{"residual":{"body":`, 100) + `[]` + strings.Repeat(`,"shortcut":[]}}]`, 100), `{"C":1,"H":1,"W":1}`, "deeper than 32 brackets"},
		"1,001 layers":           {`[{"relu":{}}` + strings.Repeat(`,{"relu":{}}`, 1000) + `]`, `{"C":1,"H":1,"W":1}`, "at most 1000"},
		"JSON nested 20,000":     {`[{"relu":` + strings.Repeat(`[`, 20000), `{"C":1,"H":1,"W":1}`, "architecture"},
		"two kinds in one layer": {`[{"relu":{},"tanh":{}}]`, `{"C":1,"H":1,"W":1}`, "has 2 kinds"},
		"null layer":             {`[null]`, `{"C":1,"H":1,"W":1}`, "has 0 kinds"},
		"residual of nothing":    {`[{"residual":{}}]`, `{"C":1,"H":1,"W":1}`, "layer 0 (residual): no body, want"},
		"null residual":          {`[{"residual":null}]`, `{"C":1,"H":1,"W":1}`, "layer 0 (residual)"},
		"negative width":         {`[{"linear":{"out":-1}}]`, `{"C":1,"H":1,"W":1}`, "Out -1"},
		"not a list":             {`{"relu":{}}`, `{"C":1,"H":1,"W":1}`, "architecture"},
	} {
		t.Run(name, func(t *testing.T) {
			f := &safetensors.File{Meta: map[string]string{
				"format": "inkling", "version": formatVersion, "seed": "1", "architecture": c.arch, "input": c.input,
			}}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := FromFile(f)
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
				t.Errorf("allocated %d bytes", used)
			}
		})
	}
}

func TestEncodeLayersRefuses(t *testing.T) {
	for _, c := range []struct {
		layers []Layer
		want   string
	}{
		{[]Layer{ReLU{}, foreign{}}, "layer 1: a nn.foreign cannot be written to a file: register its type where it is declared, var _ = nn.Register(nn.foreign{})"},
		{[]Layer{Residual{Body: []Layer{foreign{}}}}, "nn.foreign"},
		{[]Layer{nil}, "layer 0: a <nil> cannot be written to a file: there is no layer"},
	} {
		if _, err := EncodeLayers(c.layers); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.layers, err, c.want)
		}
	}
	m := build(t, 1, Vec(2), foreign{})
	if err := m.Save(filepath.Join(t.TempDir(), "x"), nil); err == nil {
		t.Error("a layer of somebody else was saved")
	}
	if !strings.Contains(fmt.Sprint(kindNames()), "conv2d") {
		t.Error("conv2d is not a known kind")
	}
}

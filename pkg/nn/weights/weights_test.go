package weights

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/nn"
	"inkling/pkg/nn/safetensors"
)

// network has all that a layout concerns, with planes, rows and columns of
// different sizes and two layers of each sort that are alike.
var (
	input   = nn.CHW(3, 9, 8)
	network = []nn.Layer{
		nn.Conv2D{Filters: 4, Kernel: 3, Padding: 1}, nn.BatchNorm{}, nn.ReLU{}, nn.MaxPool2D{Kernel: 2},
		nn.Conv2D{Filters: 4, Kernel: 3, NoBias: true}, nn.BatchNorm{}, nn.ReLU{}, nn.Dropout{P: 0.5},
		nn.Flatten{}, nn.BatchNorm{}, nn.Linear{Out: 16}, nn.ReLU{}, nn.Linear{Out: 16}, nn.ReLU{}, nn.Linear{Out: 5, NoBias: true}}
)

// trained is the network with values in all of its arrays.
func trained(t *testing.T, layers ...nn.Layer) *nn.Model {
	t.Helper()
	if len(layers) == 0 {
		layers = network
	}
	m, err := nn.New(1, input, layers...)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, a := range file(t, m).Tensors {
		for i := range a.Data {
			a.Data[i] = rng.Float32() + 0.1
		}
	}
	return m
}

func file(t *testing.T, m *nn.Model) *safetensors.File {
	t.Helper()
	f, err := m.File(nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// theirs is m as f lays it out, each value put where the definition says, with the
// names that the framework gives.
func theirs(t *testing.T, m *nn.Model, f Framework) []safetensors.Tensor {
	t.Helper()
	words := map[string][]string{ // W, b, gamma, beta, mean, variance
		"pytorch": {"weight", "bias", "weight", "bias", "running_mean", "running_var"},
		"mlx":     {"weight", "bias", "weight", "bias", "running_mean", "running_var"},
		"keras":   {"kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance"},
		"flax":    {"kernel", "bias", "scale", "bias", "mean", "var"},
	}[f.Name]
	roleOf := []string{"W", "b", "gamma", "beta", "running_mean", "running_var"}
	const c, h, w = 4, 2, 2   // what is flattened
	flat := func(i int) int { // where the i-th of ours stands in theirs
		if f.Flatten == "CHW" {
			return i
		}
		plane, row, column := i/(h*w), i/w%h, i%w
		return (row*w+column)*c + plane
	}
	var all []safetensors.Tensor
	for _, a := range file(t, m).Tensors {
		parts := strings.Split(a.Name, ".")
		layer, kind, role := parts[0], parts[1], parts[2]
		name := map[string]string{
			"pytorch": fmt.Sprintf("features.%s.%s", layer, words[slices.Index(roleOf, role)]),
			"mlx":     fmt.Sprintf("layers.%s.%s", layer, words[slices.Index(roleOf, role)]),
			"keras":   fmt.Sprintf("sequential/%s_%s/%s", kind, layer, words[slices.Index(roleOf, role)]),
			"flax":    fmt.Sprintf("params/%s_%s/%s", kind, layer, words[slices.Index(roleOf, role)]),
		}[f.Name]
		if f.Name == "flax" && strings.HasPrefix(role, "running") {
			name = strings.Replace(name, "params", "batch_stats", 1)
		}
		x := safetensors.Tensor{Name: name, Dims: a.Dims, Data: slices.Clone(a.Data)}
		switch {
		case role == "W" && len(a.Dims) == 4:
			o, in, k := a.Dims[0], a.Dims[1], a.Dims[2]
			at := func(of, ic, kh, kw int) int { return ((of*in+ic)*k+kh)*k + kw }
			switch f.Conv {
			case "HWIO":
				x.Dims = []int{k, k, in, o}
				at = func(of, ic, kh, kw int) int { return ((kh*k+kw)*in+ic)*o + of }
			case "OHWI":
				x.Dims = []int{o, k, k, in}
				at = func(of, ic, kh, kw int) int { return ((of*k+kh)*k+kw)*in + ic }
			}
			i := 0
			for of := range o {
				for ic := range in {
					for kh := range k {
						for kw := range k {
							x.Data[at(of, ic, kh, kw)] = a.Data[i]
							i++
						}
					}
				}
			}
		case role == "W":
			o, in := a.Dims[0], a.Dims[1]
			if f.Linear == "IO" {
				x.Dims = []int{in, o}
			}
			for of := range o {
				for i := range in {
					from := i
					if layer == "10" { // behind the flatten
						from = flat(i)
					}
					to := of*in + from
					if f.Linear == "IO" {
						to = from*o + of
					}
					x.Data[to] = a.Data[of*in+i]
				}
			}
		case layer == "9": // normalizes what was flattened
			for i, v := range a.Data {
				x.Data[flat(i)] = v
			}
		}
		all = append(all, x)
		if role == "running_var" && f.Name == "pytorch" {
			all = append(all, safetensors.Tensor{Name: fmt.Sprintf("features.%s.num_batches_tracked", layer), Data: []float32{7}})
		}
	}
	return all
}

func save(t *testing.T, tensors []safetensors.Tensor) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "theirs.safetensors")
	slices.SortFunc(tensors, func(a, b safetensors.Tensor) int { return strings.Compare(a.Name, b.Name) })
	if err := (&safetensors.File{Tensors: tensors}).Save(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// saveNPZ writes arrays in an archive, in Fortran's order and big-endian if asked to.
func saveNPZ(t testing.TB, tensors []safetensors.Tensor, fortran, big bool) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "theirs.npz")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	z := zip.NewWriter(out)
	for _, x := range tensors {
		w, err := z.Create(x.Name + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		var dims []string
		for _, d := range x.Dims {
			dims = append(dims, fmt.Sprint(d))
		}
		shape, descr, word := strings.Join(dims, ", "), "<f4", "False"
		var order binary.ByteOrder = binary.LittleEndian
		if len(dims) == 1 {
			shape += ","
		}
		if big {
			descr, order = ">f4", binary.BigEndian
		}
		data := x.Data
		if fortran {
			word = "True"
			data = make([]float32, len(x.Data))
			index := make([]int, len(x.Dims))
			for _, v := range x.Data {
				at := 0
				for i := range slices.Backward(index) {
					at = at*x.Dims[i] + index[i]
				}
				data[at] = v
				for i := len(index) - 1; i >= 0; i-- {
					if index[i]++; index[i] < x.Dims[i] {
						break
					}
					index[i] = 0
				}
			}
		}
		header := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }\n", descr, word, shape)
		b := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
		b = append(b, header...)
		for _, v := range data {
			var four [4]byte
			order.PutUint32(four[:], math.Float32bits(v))
			b = append(b, four[:]...)
		}
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// same says where two models of the same layers differ.
func same(t *testing.T, got, want *nn.Model) {
	t.Helper()
	a, b := file(t, got), file(t, want)
	for i, x := range b.Tensors {
		if !slices.Equal(a.Tensors[i].Data, x.Data) {
			t.Errorf("%s is not what it was", x.Name)
		}
	}
}

// Every layout of every framework, in every sort of file, comes back as it was.
func TestLayouts(t *testing.T) {
	m := trained(t)
	for _, f := range []Framework{PyTorch, MLX, Keras, Flax} {
		arrays := theirs(t, m, f)
		paths := map[string]string{"safetensors": save(t, slices.Clone(arrays)),
			"npz": saveNPZ(t, arrays, false, false), "fortran": saveNPZ(t, arrays, true, false), "big": saveNPZ(t, arrays, false, true)}
		unnamed := slices.DeleteFunc(slices.Clone(arrays), func(x safetensors.Tensor) bool { return strings.Contains(x.Name, "tracked") })
		for i := range unnamed { // in the order of the layers, as get_weights has them
			unnamed[i].Name = fmt.Sprint("arr_", i)
		}
		if f.Name == "keras" {
			unnamed = inKerasOrder(t, arrays)
			paths["list"] = saveNPZ(t, unnamed, false, false)
		}
		for kind, path := range paths {
			got, report, err := From{Framework: f}.Load(path, input, network...)
			if err != nil {
				t.Errorf("%s, %s: %v", f.Name, kind, err)
				continue
			}
			same(t, got, m)
			if len(report.Pairs) != len(file(t, m).Tensors) {
				t.Errorf("%s, %s: %d arrays told of", f.Name, kind, len(report.Pairs))
			}
		}
	}
}

// inKerasOrder are arrays as get_weights gives them, layer by layer.
func inKerasOrder(t *testing.T, arrays []safetensors.Tensor) (list []safetensors.Tensor) {
	t.Helper()
	number := func(x safetensors.Tensor) (n int) {
		layer, _ := cutLast(x.Name, "/")
		_, digits := cutLast(layer, "_")
		fmt.Sscan(digits, &n)
		return n
	}
	list = slices.Clone(arrays)
	slices.SortStableFunc(list, func(a, b safetensors.Tensor) int { return number(a) - number(b) })
	for i := range list {
		list[i].Name = fmt.Sprint("arr_", i)
	}
	return list
}

// Matrices that are longer or wider than what is held at a time.
func TestFill(t *testing.T) {
	for _, c := range []struct{ rows, n int }{{1, 1}, {3, 200}, {200, 3}, {block + 7, 3}, {3, block + 7}, {block/8 + 1, 17}, {70, 130}, {0, 5}, {5, 0}} {
		for _, lead := range []bool{true, false} {
			for _, columns := range [][]axis{{{c.n, 1}}, spread(c.n)} {
				src := make([]float32, c.rows*c.n)
				for i := range src {
					src[i] = float32(i)
				}
				dst := make([]float32, len(src))
				if err := fill(dst, &given32{src}, c.rows, c.n, lead, columns); err != nil {
					t.Fatal(err)
				}
				to := odometer{columns: columns, index: make([]int, len(columns))}
				for i := range c.n {
					for r := range c.rows {
						want := src[r*c.n+i]
						if !lead {
							want = src[i*c.rows+r]
						}
						if got := dst[r*c.n+to.at]; got != want {
							t.Fatalf("%d×%d, %v, %v: %v at row %d, column %d, want %v", c.rows, c.n, lead, columns, got, r, i, want)
						}
					}
					to.next()
				}
			}
		}
	}
}

// spread are two axes whose product is n, turned; one axis if there are no such.
func spread(n int) []axis {
	for d := 2; d < n; d++ {
		if n%d == 0 {
			return []axis{{n / d, 1}, {d, n / d}}
		}
	}
	return []axis{{n, 1}}
}

type given32 struct{ left []float32 }

func (g *given32) Read(dst []float32) error {
	if len(dst) > len(g.left) {
		return fmt.Errorf("%d values asked for, %d are there", len(dst), len(g.left))
	}
	copy(dst, g.left)
	g.left = g.left[len(dst):]
	return nil
}

// What does not fit, or could be meant in two ways, is told.
func TestRefuses(t *testing.T) {
	of := func(name string, dims ...int) safetensors.Tensor {
		n := 1
		for _, d := range dims {
			n *= d
		}
		return safetensors.Tensor{Name: name, Dims: dims, Data: make([]float32, n)}
	}
	small := []nn.Layer{nn.Linear{Out: 4}, nn.ReLU{}, nn.Linear{Out: 4}}
	in := nn.Vec(6)
	big := of("pad", 1000) // so that it is not too few values that are told
	for name, c := range map[string]struct {
		from   From
		arrays []safetensors.Tensor
		want   []string
	}{
		"a layer missing":    {From{}, []safetensors.Tensor{of("a.0.weight", 4, 6), of("a.0.bias", 4), big}, []string{"missing 2.linear.W [4 4], 2.linear.b [4]", `unexpected "pad" [1000]`}},
		"a layer too many":   {From{}, []safetensors.Tensor{of("1.weight", 4, 6), of("1.bias", 4), of("2.weight", 4, 4), of("2.bias", 4), of("3.weight", 4, 4), of("3.bias", 4)}, []string{`unexpected "3.weight" [4 4], "3.bias" [4]`}},
		"transposed":         {From{}, []safetensors.Tensor{of("1.weight", 6, 4), of("1.bias", 4), of("2.weight", 4, 4), of("2.bias", 4)}, []string{`"1.weight" has shape [6 4], 0.linear.W wants [4 6]: it would fit as keras lays it out`}},
		"a bias missing":     {From{}, []safetensors.Tensor{of("1.weight", 4, 6), of("1.bias", 4), of("2.weight", 4, 4), big}, []string{`missing 2.linear.b [4]: "2" has no bias, want no_bias`}},
		"alike":              {From{Framework: Keras}, []safetensors.Tensor{of("up/kernel", 4, 4), of("up/bias", 4), of("down/kernel", 4, 4), of("down/bias", 4)}, []string{`0.linear could be "down" or "up"`, "--map=0.linear=down"}},
		"a name too many":    {From{Names: map[string]string{"7.linear": "x"}}, []safetensors.Tensor{big}, []string{`a name for "7.linear", want one of 0.linear, 2.linear`}},
		"a name of nothing":  {From{Names: map[string]string{"0.linear": "x"}}, []safetensors.Tensor{big}, []string{`0.linear is to be "x", and 0 layers have such a name; the file has none`}},
		"a name misspelt":    {From{Names: map[string]string{"0.linear": "uo"}}, []safetensors.Tensor{of("up.weight", 4, 6), of("down.weight", 4, 4), big}, []string{`have such a name; the file has "down", "up"`}},
		"an array not there": {From{Names: map[string]string{"0.linear.W": "x"}}, []safetensors.Tensor{big}, []string{`0.linear.W is to be "x", and there is no such array`}},
		"one array of all":   {From{}, []safetensors.Tensor{of("1.weight", 4, 6)}, []string{`missing 0.linear.b [4]: "1" has no bias`, "missing 2.linear.W [4 4], 2.linear.b [4]"}},
		"a layout of none":   {From{Framework: Framework{Name: "mine", Linear: "OI", Conv: "HOWI", Flatten: "CHW"}}, []safetensors.Tensor{big}, []string{`"HOWI"`, "O first or last"}},
	} {
		t.Run(name, func(t *testing.T) {
			if c.from.Name == "" {
				c.from.Framework = PyTorch
			}
			layers, in := small, in
			if name == "alike" {
				in = nn.Vec(4)
			}
			path := save(t, c.arrays)
			_, _, err := c.from.Load(path, in, layers...)
			if err == nil {
				t.Fatal("loaded")
			}
			for _, want := range append(c.want, path) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v, want %q in it", err, want)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("not one line: %v", err)
			}
		})
	}
}

// Names, layers that are called otherwise, and arrays that are nobody's.
func TestNames(t *testing.T) {
	m := trained(t, nn.Flatten{}, nn.Linear{Out: 4}, nn.ReLU{}, nn.Linear{Out: 4}, nn.ReLU{}, nn.Linear{Out: 4})
	arrays := slices.Clone(file(t, m).Tensors)
	for i, name := range []string{"in.weight", "in.bias", "zeta.weight", "zeta.bias", "alpha.w", "alpha.b"} {
		arrays[i].Name = name
	}
	arrays = append(arrays, safetensors.Tensor{Name: "ema.in.weight", Dims: []int{1}, Data: []float32{1}})
	path := save(t, arrays)
	from := From{Framework: PyTorch, Names: map[string]string{"3.linear": "zeta", "5.linear.W": "alpha.w", "5.linear.b": "alpha.b"}, Ignore: []string{"ema"}}
	got, _, err := from.Load(path, input, m.Layers...)
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, m)
	from.Ignore = nil
	if _, _, err := from.Load(path, input, m.Layers...); err == nil || !strings.Contains(err.Error(), `unexpected "ema.in.weight"`) {
		t.Errorf("%v", err)
	}
}

// What normalizes without a scale or a shift has ones and zeros, which is told.
func TestBatchNormWithoutScale(t *testing.T) {
	m := trained(t, nn.BatchNorm{}, nn.Linear{Out: 2})
	var arrays []safetensors.Tensor
	for _, x := range file(t, m).Tensors {
		if !strings.HasSuffix(x.Name, "gamma") && !strings.HasSuffix(x.Name, "beta") {
			arrays = append(arrays, x)
		}
	}
	for i := range arrays {
		arrays[i].Name = strings.NewReplacer("0.batchnorm.", "bn.", "1.linear.", "fc.").Replace(arrays[i].Name)
	}
	_, _, err := From{Framework: Keras}.Load(save(t, arrays), input, nn.BatchNorm{}, nn.Linear{Out: 2})
	if err == nil || !strings.Contains(err.Error(), `"fc.W" has shape [2 216]`) {
		t.Errorf("%v", err)
	}
	got, report, err := From{Framework: PyTorch}.Load(save(t, arrays), input, nn.BatchNorm{}, nn.Linear{Out: 2})
	if err != nil {
		t.Fatal(err)
	}
	if gamma := got.Param("0.batchnorm.gamma").Data; !slices.Equal(gamma, []float32{1, 1, 1}) {
		t.Errorf("gamma %v", gamma)
	}
	if text := report.String(); !strings.Contains(text, "0.batchnorm.gamma is not in the file") || !strings.Contains(text, "all 1\n") {
		t.Errorf("%s", text)
	}
	for i := range arrays {
		if arrays[i].Name == "bn.running_var" {
			arrays = slices.Delete(arrays, i, i+1)
			break
		}
	}
	if _, _, err := (From{Framework: PyTorch}).Load(save(t, arrays), input, nn.BatchNorm{}, nn.Linear{Out: 2}); err == nil || !strings.Contains(err.Error(), "missing 0.batchnorm.running_var") {
		t.Errorf("%v", err)
	}
}

// A file of ours that lost its metadata, with the layers given; and one that has
// them, without.
func TestOurs(t *testing.T) {
	m := trained(t)
	f := file(t, m)
	path := filepath.Join(t.TempDir(), "m.safetensors")
	for _, layers := range [][]nn.Layer{nil, network} {
		if layers != nil {
			f.Meta = nil
		}
		if err := f.Save(path); err != nil {
			t.Fatal(err)
		}
		got, _, err := From{Framework: Inkling}.Load(path, input, layers...)
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, m)
	}
	if _, _, err := (From{Framework: Inkling}).Load(path, nn.Shape{}); err == nil || !strings.Contains(err.Error(), "names no layers") {
		t.Errorf("%v", err)
	}
}

// Archives that are none of arrays.
func TestRefusesArchives(t *testing.T) {
	one := []safetensors.Tensor{{Name: "x", Dims: []int{2}, Data: []float32{1, 2}}}
	for name, c := range map[string]struct {
		change func(b []byte) []byte
		names  []string
		want   string
	}{
		"another file":  {names: []string{"a.txt"}, want: `holds "a.txt"`},
		"a line break":  {names: []string{"x\ny.npy"}, want: "printable signs"},
		"empty":         {names: []string{}, want: "holds no arrays"},
		"no array":      {names: []string{"x.npy"}, want: `"x": begins with "content `},
		"a changed bit": {change: func(b []byte) []byte { b[len(b)/2] ^= 1; return b }, want: "zip: "},
	} {
		path := saveNPZ(t, one, false, false)
		if c.names != nil {
			out, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			z := zip.NewWriter(out)
			for _, n := range c.names {
				w, err := z.Create(n)
				if err != nil {
					t.Fatal(err)
				}
				w.Write([]byte("content of a file"))
			}
			if err := errors.Join(z.Close(), out.Close()); err != nil {
				t.Fatal(err)
			}
		}
		if c.change != nil { // stored as numpy stores it, so that it is a value that changes
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, c.change(b), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, _, err := From{Framework: Keras, Names: map[string]string{"0.batchnorm.gamma": "x"}}.Load(path, nn.Vec(2), nn.BatchNorm{})
		if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		} else if c.change == nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// An archive of another kind is told by what it is, and how to come by one that is read.
func TestArchivesOfOtherKinds(t *testing.T) {
	for member, want := range map[string]string{
		"model/data.pkl": "looks like a PyTorch file (torch.save), want a safetensors file: safetensors.torch.save_file(",
		"config.json":    "looks like a Keras model, want a safetensors file: numpy.savez(",
		"notes.txt":      `holds "notes.txt", want arrays of numpy (.npy) only`,
	} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		if _, err := z.Create(member); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "weights")
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := (From{}).Load(path, nn.Vec(6), nn.Linear{Out: 4}); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", member, err, want)
		}
	}
}
